"""No page of ours, in no state, has a barrier that axe can see: WCAG 2.2 AA, at a desk and on a phone.

What a story leads through anyway (the entrance, one's own page, the second factor) is looked at there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from conftest import in_the_directory, on_host
from portal import PAGE, Portal
from test_portal import CLERK, HEAD, OFFICE, person

from congvu import clock
from congvu.report.period import Period, last_over, period_at

if TYPE_CHECKING:
    from conftest import Demo

NOBODY = {"login": f"khongcoai-{secrets.token_hex(4)}"}
MANY = 6  # more than may fail


@dataclass(frozen=True)
class State:
    """How a page comes to be in a state. `said`: what only this state says; `who`: logged in as.

    `later`: the collector brings it, seconds after the login.
    """

    path: str
    said: str
    who: str = ""
    link: str = ""  # followed first
    choose: str = ""  # a radio button
    fields: dict[str, str] = field(default_factory=dict)
    button: str = ""
    times: int = 1
    later: bool = False

    def reach(self, portal: Portal, **known: str) -> None:
        """Go there. `known`: words that the path and the fields may hold in braces."""
        portal.page.goto(portal.url + self.path.format(**known))
        if self.link:
            portal.page.get_by_role("link", name=self.link).first.click()
        for _ in range(self.times):
            if self.choose:
                portal.page.check(self.choose)
            for name, value in self.fields.items():
                portal.page.fill(f"#{name}", value.format(**known))
            if self.button:
                portal.send_form(self.button)
            else:
                portal.page.keyboard.press("Tab")  # what was typed is looked at as soon as the field is left


_WRONG = {**NOBODY, "present": "sai", **dict.fromkeys(("new", "repeat"), "Suong-mu 5%")}
_SHORT = {"login": "{address}", "present": "{password}", **dict.fromkeys(("new", "repeat"), "ngan")}
_CHANGE, _ENTER = "Đổi mật khẩu", "Đăng nhập"
STATES = {
    "password": State("/mat-khau", "Mật khẩu mới phải"),
    "password-first": State("/mat-khau?ly-do=lan-dau", "lần đăng nhập đầu tiên"),
    "password-expired": State("/mat-khau?ly-do=het-han", "Mật khẩu đã hết hạn"),
    "password-reset": State("/mat-khau?ly-do=cap-lai", "Cần đặt mật khẩu mới"),
    "password-empty": State("/mat-khau", "Hãy nhập mật khẩu hiện tại.", button=_CHANGE),
    "password-wrong": State(
        "/mat-khau", "mật khẩu hiện tại không đúng", fields=_WRONG, button=_CHANGE
    ),
    "password-wait": State(
        "/mat-khau", "Đã nhập sai quá nhiều lần", fields=_WRONG, button=_CHANGE, times=MANY
    ),
    "password-faults": State(
        "/mat-khau", "ít nhất 8 ký tự", CLERK, fields=_SHORT, button=_CHANGE
    ),
    "password-differs": State(
        "/mat-khau", "không giống nhau", fields={"new": "Suong-mu 5%", "repeat": "khac"}
    ),
    "password-done": State("/mat-khau/xong", "Mật khẩu mới đã có hiệu lực"),
    "entrance-ended": State(f"{PAGE}/dang-nhap?ly-do=het-phien", "Phiên làm việc đã kết thúc"),
    "entrance-empty": State(f"{PAGE}/dang-nhap", "Hãy nhập địa chỉ thư.", button=_ENTER),
    "entrance-wait": State(
        f"{PAGE}/dang-nhap", "Đã nhập sai quá nhiều lần", fields={**NOBODY, "password": "sai"},
        button=_ENTER, times=MANY,
    ),
    "logins": State(f"{PAGE}/dang-nhap-gan-day", "Trang của tôi, đổi mật khẩu", HEAD, later=True),
    "checks": State(f"{PAGE}/kiem-tra-thu", "Chưa có ngày nào được ghi", OFFICE),
    "checks-of-a-unit": State(f"{PAGE}/kiem-tra-thu", "chưa đạt mức", HEAD),
    "statements-of-none": State(f"{PAGE}/xac-nhan-quy", "không giữ vai trò người đứng đầu", CLERK),
    "statements-fault": State(
        f"{PAGE}/xac-nhan-quy", "Hãy nêu lý do hoặc việc còn phải làm.", HEAD, link="người đứng đầu",
        choose="[id='no-d8.k1']", button="Ký xác nhận",
    ),
    "statements-of-others": State(f"{PAGE}/xac-nhan-quy?vai=head", "không thuộc thẩm quyền", CLERK),
    "difficulties-empty": State(f"{PAGE}/vuong-mac", "Hãy chọn quy định liên quan.", CLERK, button="Gửi"),
    "reports": State(f"{PAGE}/kiem-toan", "Mỗi lần mở báo cáo đều được ghi lại", OFFICE),
    "reports-unknown": State(f"{PAGE}/kiem-toan/1999-Q1", "Không có báo cáo của quý này", OFFICE),
    "reports-of-others": State(f"{PAGE}/kiem-toan", "dành cho người được giao kiểm tra", HEAD),
    "report": State(PAGE + "/kiem-toan/{quarter}", "Sở Nội vụ", OFFICE),
}  # fmt: skip

# What only months bring: a report of the last quarter, somebody to read it, a unit that let its mail lie.
_GIVEN = """
insert into observation values ('firewall', 'e2e', '{at}', jsonb_build_object('control', 'firewall',
  'observed_at', '{at}', 'checked', 1, 'exceptions', '[]'::jsonb, 'numerator', null, 'denominator', null,
  'figure', null, 'evidence', '[]'::jsonb), repeat('0', 64));
insert into auditor (staff_id, warrant, until) values ('{auditor}', 'e2e', congvu_today() + 9);
insert into mail_check (day, staff_id, unit, morning, morning_why, afternoon, afternoon_why, correction)
  select '{day}', staff_id, unit, false, '', null, 'leave', false from person
   where unit = (select unit from person where staff_id = '{head}');
"""
_FORGET = """
delete from report_copy; delete from report_issue; delete from auditor where warrant = 'e2e';
delete from observation where host = 'e2e'; delete from mail_check where day = '{day}';
"""


@pytest.fixture(scope="module")
def quarter() -> Iterator[str]:
    """The last quarter, of which there is a report; nothing of it stays."""
    now = clock.now()
    last: Period = last_over(now, "nd09")
    known = {"at": f"{period_at(now, 'nd09').starts - timedelta(hours=1)}", "auditor": OFFICE, "head": HEAD,
             "day": f"{clock.day(now) - timedelta(days=30)}"}  # fmt: skip
    in_the_directory(_FORGET.format(**known) + _GIVEN.format(**known))
    on_host("systemctl", "start", "congvu-issue.service")
    yield last.quarter
    in_the_directory(_FORGET.format(**known))


@pytest.mark.parametrize("name", STATES)
def test_no_barriers(demo: Demo, portal: Portal, quarter: str, name: str) -> None:
    state = STATES[name]
    known = {"quarter": quarter}
    if state.who:
        someone = person(demo, state.who)
        known |= {"address": someone.address, "password": someone.password}
        portal.enter(someone.address, someone.password)
    state.reach(portal, **known)
    for _ in range(30 if state.later else 0):
        if state.said in portal.text():
            break
        portal.page.wait_for_timeout(1000)
        portal.page.reload()
    assert state.said in portal.text()
    portal.page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    assert portal.barriers() == []
    portal.picture(f"barriers-{name}")
