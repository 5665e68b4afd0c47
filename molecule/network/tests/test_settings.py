"""The settings that mail programs are told: asked for by HTTPS, parsed, and followed to the letter."""

from __future__ import annotations

import imaplib
import plistlib
import smtplib
import socket
from email.parser import BytesParser
from http.client import HTTPResponse
from typing import Any
from xml.etree import ElementTree

import pytest
from doors import Doors

AUTODISCOVER = "http://schemas.microsoft.com/exchange/autodiscover/"
OUTLOOK = f"{{{AUTODISCOVER}outlook/responseschema/2006a}}"
QUESTION = f"""<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="{AUTODISCOVER}outlook/requestschema/2006"><Request>
<EMailAddress>%s</EMailAddress>
<AcceptableResponseSchema>{AUTODISCOVER}outlook/responseschema/2006a</AcceptableResponseSchema>
</Request></Autodiscover>"""
# (host name, port, login) for reading and for sending
Settings = tuple[tuple[str, int, str], tuple[str, int, str]]


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


@pytest.fixture(scope="module")
def person(demo: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = next(
        a for a in demo["accounts"] if a["kind"] == "person" and a["state"] == "active"
    )
    return found


def ask(doors: Doors, name: str, request: str, body: str = "") -> tuple[HTTPResponse, bytes]:
    """Ask by HTTPS under a name, which the certificate has to hold."""
    content = body.encode()
    lines = [f"{request} HTTP/1.0", f"Host: {name}", "Content-Type: text/xml"]
    head = "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""])
    with (
        socket.create_connection((doors.address, doors.ports["https"]), 30) as plain,
        doors.tls.wrap_socket(plain, server_hostname=name) as secure,
    ):
        secure.sendall(head.encode() + content)
        response = HTTPResponse(secure)
        response.begin()
        return response, response.read()


def parse(body: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(body)  # noqa: S314  (from our own host)


def follow(doors: Doors, password: str, settings: Settings) -> None:
    """Log in to read and to send, exactly as told."""
    (reading, port, login), (sending, submissions, sender) = settings

    class ByAddress(imaplib.IMAP4_SSL):
        def _create_socket(self, timeout: float | None) -> socket.socket:
            plain = socket.create_connection((doors.address, self.port), timeout)
            return doors.tls.wrap_socket(plain, server_hostname=reading)

    class SendByAddress(smtplib.SMTP_SSL):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            plain = socket.create_connection((doors.address, port), timeout)
            return doors.tls.wrap_socket(plain, server_hostname=host)

    with ByAddress(reading, port, ssl_context=doors.tls, timeout=30) as imap:
        assert imap.login(login, password)[0] == "OK"
    with SendByAddress(sending, submissions, "client.test", context=doors.tls, timeout=30) as smtp:
        assert smtp.login(sender, password)[0] == 235


@pytest.mark.parametrize("path", ["/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"])
def test_thunderbird(doors: Doors, demo: dict[str, Any], person: dict[str, str], path: str) -> None:
    domain = demo["domain"]
    response, body = ask(doors, f"autoconfig.{domain}", f"GET {path}?emailaddress=%22%3E%3Cx%3E%40{domain}")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/xml")
    provider = parse(body).find("emailProvider")
    assert provider is not None
    assert provider.findtext("domain") == domain
    told = []
    for direction in ("incoming", "outgoing"):
        server = provider.find(f"{direction}Server")
        assert server is not None
        assert server.findtext("socketType") == "SSL"
        assert server.findtext("authentication") == "password-cleartext"
        login = str(server.findtext("username")).replace("%EMAILADDRESS%", person["address"])
        told.append((str(server.findtext("hostname")), int(str(server.findtext("port"))), login))
    follow(doors, person["password"], (told[0], told[1]))


@pytest.mark.parametrize("path", ["/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"])
def test_outlook(doors: Doors, demo: dict[str, Any], person: dict[str, str], path: str) -> None:
    name = f"autodiscover.{demo['domain']}"
    response, body = ask(doors, name, f"POST {path}", QUESTION % person["address"].upper())
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/xml")
    told = {}
    for protocol in parse(body).iter(f"{OUTLOOK}Protocol"):
        say = {element.tag.removeprefix(OUTLOOK): str(element.text) for element in protocol}
        assert (say["SSL"], say["Encryption"], say["SPA"], say["AuthRequired"]) == ("on", "SSL", "off", "on")
        told[say["Type"]] = (say["Server"], int(say["Port"]), say["LoginName"])
    assert set(told) == {"IMAP", "SMTP"}
    follow(doors, person["password"], (told["IMAP"], told["SMTP"]))


@pytest.mark.parametrize(
    "address",
    ["an@elsewhere.test", "an@{domain}.elsewhere.test", "&lt;b&gt;@{domain}", '"><x/>@{domain}', ""],
)
def test_nothing_strange_comes_back(doors: Doors, demo: dict[str, Any], address: str) -> None:
    asked = address.format(domain=demo["domain"])
    name = f"autodiscover.{demo['domain']}"
    response, body = ask(doors, name, "POST /autodiscover/autodiscover.xml", QUESTION % asked)
    assert response.status == 400
    assert b"600" in body
    assert not asked or asked.encode() not in body
    parse(body)


def test_outlook_is_told_of_nobody(doors: Doors, demo: dict[str, Any]) -> None:
    """An address that nobody has gets the same answer: nobody learns here who works in the house."""
    asked = f"khongcoai@{demo['domain']}"
    name = f"autodiscover.{demo['domain']}"
    assert ask(doors, name, "POST /autodiscover/autodiscover.xml", QUESTION % asked)[0].status == 200


def test_apple(doors: Doors, person: dict[str, str]) -> None:
    response, body = ask(doors, doors.name, "GET /thu-cong-vu.mobileconfig")
    assert response.headers["Content-Type"].startswith("application/x-apple-aspen-config")
    profile = plistlib.loads(body)
    (account,) = profile["PayloadContent"]
    assert account["PayloadType"] == "com.apple.mail.managed"
    assert profile["PayloadUUID"] != account["PayloadUUID"]
    assert "Thư công vụ" in profile["PayloadDisplayName"]
    told = []
    for direction in ("Incoming", "Outgoing"):
        assert account[f"{direction}MailServerUseSSL"] is True
        assert account[f"{direction}MailServerAuthentication"] == "EmailAuthPassword"
        host, port = account[f"{direction}MailServerHostName"], account[f"{direction}MailServerPortNumber"]
        told.append((host, port, person["address"]))
    follow(doors, person["password"], (told[0], told[1]))


def test_mta_sts(doors: Doors, demo: dict[str, Any]) -> None:
    response, body = ask(doors, f"mta-sts.{demo['domain']}", "GET /.well-known/mta-sts.txt")
    assert (response.status, response.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    policy = BytesParser().parsebytes(body)  # the same form: a name, a colon, a value
    assert (policy["version"], policy["mx"]) == ("STSv1", doors.name)
    assert policy["mode"] in ("testing", "enforce")
    assert int(policy["max_age"]) >= 86400


@pytest.mark.parametrize("name", ["autoconfig", "autodiscover", "mta-sts"])
@pytest.mark.parametrize(
    "path", ["/", "/index.php", "/mat-khau", "/thu-cong-vu.mobileconfig", "/config-v1.1.xml"]
)
def test_these_names_serve_one_thing_each(doors: Doors, demo: dict[str, Any], name: str, path: str) -> None:
    assert ask(doors, f"{name}.{demo['domain']}", f"GET {path}")[0].status == 404
