"""The people's page in a browser: a clerk, a head, the Office; at a desk, on a phone, without scripts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect
from portal import PAGE, Portal

if TYPE_CHECKING:
    from conftest import Demo, Person

ROOT = Path(__file__).resolve().parents[2]
# Of the demo's organisation: who heads the Office, its clerk, and who heads the archive.
OFFICE, CLERK, HEAD = "SNV005", "SNV007", "SNV055"


def person(demo: Demo, staff_id: str) -> Person:
    address = next(each["address"] for each in demo.accounts if each["staff_id"] == staff_id)
    return next(each for each in demo.people("active") if each.address == address)


@pytest.fixture
def plain(chromium: Browser, demo: Demo) -> Iterator[Portal]:
    """A browser that runs no scripts."""
    context = chromium.new_context(java_script_enabled=False, locale="vi-VN")
    context.set_default_timeout(15_000)
    yield Portal(context.new_page(), f"https://{demo.name}", ROOT / "build" / "e2e")
    context.close()


def test_the_entrance(demo: Demo, portal: Portal) -> None:
    portal.page.goto(portal.url + PAGE)
    assert portal.path == f"{PAGE}/dang-nhap"
    assert portal.barriers() == []
    portal.picture("portal-entrance")
    portal.enter(person(demo, HEAD).address, "Không-phải-123!")
    expect(portal.page.get_by_role("alert")).to_contain_text("Chưa đăng nhập được")
    assert portal.barriers() == []
    portal.picture("portal-refused")


def test_must_change_is_led_to_the_password_page(demo: Demo, portal: Portal) -> None:
    expired = demo.people("expired")[0]
    portal.enter(expired.address, expired.password)
    assert (portal.path, portal.query) == ("/mat-khau", "ly-do=het-han")
    assert "__Host-trang-cua-toi" not in portal.cookies


def test_a_person_sees_what_concerns_them_and_acknowledges(demo: Demo, portal: Portal) -> None:
    for someone in demo.people("due"):  # whoever an earlier run has not let acknowledge
        portal.page.context.clear_cookies()
        portal.enter(someone.address, someone.password)
        assert portal.path == PAGE
        told = portal.text()
        if "Bạn chưa xác nhận đã đọc" in told:
            break
    assert re.search(r"Dùng được đến hết ngày \d\d/\d\d/\d{4} \(còn \d+ ngày\)", told)
    assert "Đã đến hạn đổi" in told
    assert someone.address in told
    assert portal.barriers() == []
    portal.picture("portal-home")
    assert not portal.page.get_by_role("link", name="Xác nhận hằng quý").count()

    portal.open("Quy chế")
    assert portal.barriers() == []
    portal.picture("portal-regulation")
    portal.page.get_by_label("Tôi đã đọc").check()
    portal.send_form("Xác nhận")
    expect(portal.page.get_by_role("status")).to_contain_text("Đã ghi nhận")
    portal.open("Trang của tôi")
    assert "Bạn đã xác nhận đã đọc phiên bản" in portal.text()

    portal.open("Dữ liệu về tôi")
    assert "Xác nhận đã đọc quy định" in portal.text()
    assert portal.barriers() == []
    portal.picture("portal-records")
    portal.send_form("Đăng xuất")
    portal.page.goto(portal.url + PAGE)
    assert portal.path == f"{PAGE}/dang-nhap"


def test_a_head_vouches_without_scripts(demo: Demo, plain: Portal) -> None:
    head = person(demo, HEAD)
    plain.enter(head.address, head.password)
    plain.open("Xác nhận hằng quý")
    plain.page.get_by_role("link", name="người đứng đầu").first.click()
    plain.state("d8.k1", "no")
    plain.state("d6.k3.1", "yes")
    plain.send_form("Ký xác nhận")
    expect(plain.page.locator("#faults-d8\\.k1")).to_have_text("Hãy nêu lý do hoặc việc còn phải làm.")
    plain.picture("portal-statements-fault")
    plain.state("d8.k1", "no", "Hai người mới về, đến tuần sau mới phổ biến.")
    plain.send_form("Ký xác nhận")
    expect(plain.page.get_by_role("status")).to_contain_text("Đã ghi nhận")
    plain.state("d8.k1", "yes", "Đã phổ biến tại cuộc họp đơn vị.")
    plain.send_form("Ký xác nhận")
    assert "ghi nhận: “Xác nhận như trên”" in plain.text()


def test_the_office_vouches_and_answers_what_a_clerk_reports(demo: Demo, portal: Portal) -> None:
    clerk, office, word = person(demo, CLERK), person(demo, OFFICE), f"Vướng mắc {secrets.token_hex(4)}"
    portal.enter(clerk.address, clerk.password)
    portal.open("Khó khăn, vướng mắc")
    portal.page.select_option("#provision", "d4.k3.f")
    portal.page.fill("#body", f"{word}: đi công tác cả ngày thì kiểm tra hộp thư thế nào?")
    portal.send_form("Gửi")
    assert word in portal.text()
    assert "Chưa có trả lời" in portal.text()
    portal.send_form("Đăng xuất")

    portal.enter(office.address, office.password)
    assert "Việc cần làm" in portal.text()
    portal.picture("portal-office")
    portal.open("Khó khăn, vướng mắc")
    assert portal.barriers() == []
    report = portal.page.locator("article", has_text=word)
    report.get_by_label("Trả lời").fill("Kiểm tra bằng điện thoại, hoặc nhờ người làm thay.")
    with portal.page.expect_navigation():
        report.get_by_role("button", name="Ghi nhận trả lời").click()
    portal.picture("portal-difficulties")

    portal.open("Xác nhận hằng quý")
    portal.page.get_by_role("link", name="với vai trò Văn phòng Sở").first.click()
    assert portal.barriers() == []
    portal.picture("portal-statements")
    portal.state("d8.k3.1", "yes", "Đã tiếp nhận và trả lời.")
    portal.send_form("Ký xác nhận")
    expect(portal.page.get_by_role("status")).to_contain_text("Đã ghi nhận")


def test_the_webmail_leads_there(demo: Demo, portal: Portal) -> None:
    someone = demo.people("active")[1]
    portal.login(someone.address, someone.password)
    portal.page.goto(f"{portal.url}/?_task=settings")
    with portal.page.expect_navigation(url=f"{portal.url}{PAGE}/dang-nhap"):
        portal.page.get_by_role("button", name="Trang của tôi").click()
