"""The door for browsers, seen from outside."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Demo

WEBMAIL, PASSWORD_PAGE = "/", "/mat-khau"


def get(demo: Demo, path: str, **headers: str) -> http.client.HTTPResponse:
    """Ask by HTTPS; the certificate is verified. Header names are written with `_`."""
    connection = http.client.HTTPSConnection(demo.host, context=demo.tls(), timeout=30)
    sent = {"Host": demo.name} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def agreed_cipher(demo: Demo, version: ssl.TLSVersion, ciphers: str) -> str | None:
    """Return the cipher of a handshake with this version alone; None if there is no such handshake."""
    context = demo.tls()
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection((demo.host, 443), 30) as plain, context.wrap_socket(plain) as secure:
            agreed = secure.cipher()
            return agreed[0] if agreed else None
    except (ssl.SSLError, ConnectionError):
        return None


def test_http_leads_to_https(demo: Demo) -> None:
    connection = http.client.HTTPConnection(demo.host, timeout=30)
    connection.request("GET", "/mat-khau?ly-do=het-han", headers={"Host": "elsewhere.test"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 308
    assert answer.headers["Location"] == f"https://{demo.name}/mat-khau?ly-do=het-han"


def test_only_one_name_is_served(demo: Demo) -> None:
    answer = get(demo, "/", Host="elsewhere.test")
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{demo.name}/")


@pytest.mark.parametrize("path", [WEBMAIL, PASSWORD_PAGE])
def test_headers(demo: Demo, path: str) -> None:
    headers = get(demo, path, Accept_Encoding="gzip").headers
    assert headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert len(headers.get_all("X-Frame-Options", [])) == 1
    assert len(headers.get_all("Content-Security-Policy", [])) == 1
    assert "Content-Encoding" not in headers  # BREACH
    assert "X-Powered-By" not in headers
    assert headers["Server"] == "nginx"
    assert all("secure" in cookie.lower() for cookie in headers.get_all("Set-Cookie", []))


def test_modern_tls_alone(demo: Demo) -> None:
    ciphers = "ALL:COMPLEMENTOFALL"
    assert agreed_cipher(demo, ssl.TLSVersion.TLSv1_3, ciphers)
    assert agreed_cipher(demo, ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM")
    assert agreed_cipher(demo, ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256:AES256-SHA:ECDHE+SHA") is None


@pytest.mark.parametrize(
    "path",
    [
        "/config/config.inc.php",
        "/plugins/congvu/congvu.php",
        "/plugins/congvu/localization/vi_VN.inc",
        "/skins/elastic/meta.json",
        "/installer/",
        "/logs/errors.log",
        "/.htaccess",
        "/index.php/x",
    ],
)
def test_nothing_but_the_webmail_is_handed_out(demo: Demo, path: str) -> None:
    assert get(demo, path).status == 404
