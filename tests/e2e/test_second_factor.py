"""A second factor from end to end: codes at the webmail, app passwords at the doors of mail programs."""

from __future__ import annotations

import re
import time
from io import BytesIO
from smtplib import SMTP
from typing import TYPE_CHECKING

import pyotp
import zxingcpp
from listeners import DOORS, sends, submission
from PIL import Image
from playwright.sync_api import Page, expect
from portal import Portal

if TYPE_CHECKING:
    from conftest import Demo, Person


class Phone:
    """An authenticator; each code is shown once, as a person waits for the next."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)
        self.last = 0

    @classmethod
    def of(cls, page: Page) -> Phone:
        """One whose camera was held before the page."""
        seen = Image.open(BytesIO(page.locator("#qr").screenshot()))
        (read,) = zxingcpp.read_barcodes(seen)
        secret = pyotp.parse_uri(read.text).secret
        assert secret == re.sub(r"\s", "", page.locator("#secret").inner_text())
        return cls(secret)

    def code(self) -> str:
        if (left := 30 - time.time() % 30) < 8:  # an old one has to be good until it was typed
            time.sleep(left)
        step = max(int(time.time()) // 30 - 1, self.last + 1)
        while step > time.time() // 30 + 1:  # the service allows for one step of difference between clocks
            time.sleep(1)
        self.last = step
        return self.totp.generate_otp(step)


def doors(demo: Demo, person: Person, password: str) -> dict[int, bool]:
    return {port: opens(demo.host, demo.tls(), person.address, password) for port, opens in DOORS.items()}


def shut(demo: Demo, person: Person, password: str, held: SMTP) -> bool:
    """The password opens nothing, and where it was in before nothing goes on."""
    code = sends(held, person.address)
    held.close()
    return code == 521 and not any(doors(demo, person, password).values())


def test_a_second_factor_and_what_it_shuts(demo: Demo, portal: Portal) -> None:
    someone = demo.people("active")[3]
    assert all(doors(demo, someone, someone.password).values())
    by_password = submission(demo.host, demo.tls(), someone.address, someone.password)
    phone = turned_on(portal, someone)
    assert shut(demo, someone, someone.password, by_password)
    app = app_password(portal, "Điện thoại")
    by_app = submission(demo.host, demo.tls(), someone.address, app)
    assert all(doors(demo, someone, app).values())
    assert not any(doors(demo, someone, app[:-1] + ("a" if app[-1] != "a" else "b")).values())
    assert not any(doors(demo, demo.people("active")[4], app).values())  # nobody else's name goes with it

    # The webmail: the password alone is not enough, and with a code reading and sending work.
    enter_the_webmail(portal, someone, phone, word=demo.deliver(someone.address))
    portal.send(demo.people("active")[1].address, "Trả lời", "Đã nhận.", "Ghi chú.txt")

    # The people's page asks, too; there the device is revoked and all of it turned off.
    enter_the_page(portal, someone, phone)
    portal.send_form("Thu hồi Điện thoại")
    assert shut(demo, someone, app, by_app)
    portal.page.fill("#end-code", phone.code())
    portal.send_form("Tắt")
    assert "Bắt đầu" in portal.text()
    assert all(doors(demo, someone, someone.password).values())


def turned_on(portal: Portal, someone: Person) -> Phone:
    """Turn the factor on; the telephone that shows its codes."""
    portal.enter(someone.address, someone.password)
    portal.open("Xác thực hai lớp")
    assert portal.barriers() == []
    portal.picture("factor-begin")
    portal.send_form("Bắt đầu")
    assert portal.barriers() == []
    portal.picture("factor-secret")
    phone = Phone.of(portal.page)
    portal.page.fill("#code", phone.code())
    portal.send_form("Bật xác thực hai lớp")
    assert "Đã bật lúc" in portal.text()
    return phone


def app_password(portal: Portal, device: str) -> str:
    portal.page.fill("#label", device)
    portal.send_form("Tạo mật khẩu ứng dụng")
    assert portal.barriers() == []
    portal.picture("factor-app-password")
    return portal.page.locator("#app-password").inner_text()


def enter_the_webmail(portal: Portal, someone: Person, phone: Phone, word: str) -> None:
    portal.page.context.clear_cookies()
    portal.login(someone.address, someone.password)
    assert "xác thực hai lớp" in portal.message()
    portal.picture("factor-webmail")
    portal.page.goto(f"{portal.url}/?_task=login")
    portal.page.fill("#congvu-code", phone.code())
    portal.page.fill("#rcmloginuser", someone.address)
    portal.page.fill("#rcmloginpwd", someone.password)
    with portal.page.expect_navigation():
        portal.page.click("#rcmloginsubmit")
    assert word in portal.open_message(word)


def enter_the_page(portal: Portal, someone: Person, phone: Phone) -> None:
    portal.page.context.clear_cookies()
    portal.enter(someone.address, someone.password)
    expect(portal.page.get_by_role("alert")).to_contain_text("Cần mã xác thực")
    portal.page.fill("#password", someone.password)
    portal.page.fill("#code", phone.code())
    portal.send_form("Đăng nhập")
    portal.open("Xác thực hai lớp")
