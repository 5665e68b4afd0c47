"""Slips: what stands on them, and who can open them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from congvu.errors import UserError
from congvu.services import slips
from congvu.services.envelope import seal
from congvu.services.slips import Letter, Slip

LETTER = Letter(
    "Sở Nội vụ tỉnh Bình Định", "Ban Thư ký", "https://mail.snv.binhdinh.test/mat-khau", date(2026, 12, 2)
)
SLIPS = [
    Slip("SNV006", "Nguyễn Hoàng Phương Linh", "Văn phòng Sở", "linhnhp@snv.binhdinh.test", "aK4#mQ7%wCx9?T"),
    Slip("SNV007", "Lê <b>Hoà</b>", "Phòng A & B", "hoal@snv.binhdinh.test", "pR3*nH6!vWd7%E"),
]


def test_each_person_has_a_page_of_their_own() -> None:
    pages = slips.to_html(SLIPS, LETTER).split("<section")[1:]
    assert len(pages) == 2
    for slip, page in zip(SLIPS, pages, strict=True):
        assert slip.address in page
        assert slip.password in page
        assert LETTER.page in page
        assert "02/12/2026" in page
        assert "báo ngay cho Ban Thư ký để" in page
    assert SLIPS[0].password not in pages[1]
    assert "Lê &lt;b&gt;Hoà&lt;/b&gt;" in pages[1]


def test_the_slip_of_a_device_is_for_its_owner_and_tells_how_to_set_it_up() -> None:
    device = replace(SLIPS[0], address="mayquet@snv.binhdinh.test", device="Máy quét", ends=date(2027, 6, 30))
    page = slips.to_html([device], LETTER)
    assert "PHIẾU CẤP MẬT KHẨU TÀI KHOẢN DỊCH VỤ" in page
    for said in (
        device.full_name,
        device.device,
        device.address,
        "30/06/2027",
        "mail.snv.binhdinh.test, cổng",
    ):
        assert said in page
    assert "mat-khau" not in page  # its password is not replaced
    assert "02/12/2026" not in page


def test_the_outside_does_not_tell_the_password() -> None:
    page = slips.to_html(SLIPS[:1], LETTER)
    outside, inside = page.split('<div class="third second">')
    assert SLIPS[0].full_name in outside
    assert SLIPS[0].password not in outside
    assert SLIPS[0].password in inside
    assert SLIPS[0].password not in repr(SLIPS)


def test_without_weasyprint_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UserError, match="install weasyprint and fonts-liberation"):
        slips.to_pdf(SLIPS, LETTER)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the Office's key and certificate."""
    folder = tmp_path_factory.mktemp("office")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-subj", "/CN=office"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*request, *files], check=True, capture_output=True)
    return folder


def test_only_the_key_of_the_certificate_opens_it(office: Path) -> None:
    sealed = seal(b"%PDF aK4#mQ7%wCx9?T", office / "certificate.pem")
    assert b"aK4#" not in sealed
    opening = ["openssl", "cms", "-decrypt", "-binary", "-inform", "PEM", "-inkey"]
    opened = subprocess.run([*opening, office / "key.pem"], input=sealed, check=True, capture_output=True)
    assert opened.stdout == b"%PDF aK4#mQ7%wCx9?T"


def test_a_certificate_that_is_none_is_refused(office: Path) -> None:
    with pytest.raises(UserError, match=r"key\.pem: openssl does not encrypt for it"):
        seal(b"x", office / "key.pem")
