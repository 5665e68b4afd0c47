"""The stricter national norm on the same host: a profile, and nothing but that. It goes back at the end."""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_regulation import ROOT, Doors, governed, somebody
from testinfra.host import Host

PROFILE = "tcvn-14423"


@pytest.fixture(scope="module")
def folder() -> Path:
    return ROOT / "build" / "norm"


@pytest.fixture(scope="module", autouse=True)
def stricter(ansible: Callable[..., Any], demo: dict[str, Any], folder: Path) -> Iterator[None]:
    """The host under the profile, audited and reported on; not everything is met in the demo."""
    assert demo
    extra: dict[str, object] = {"audit_directory": str(folder), "audit_fail_on_not_met": False}
    with governed(ansible, extra, CONGVU_POLICY_PROFILE=PROFILE):
        yield


def test_the_report_names_the_norm_behind_each_number(host: Host, folder: Path) -> None:
    (path,) = folder.glob("reports/*/report.json")
    rows = {row["id"]: row for row in json.loads(path.read_text("utf-8"))["provisions"]}
    assert "Độ dài tối thiểu của mật khẩu: 14 ký tự (theo TCVN 14423:2026)" in rows["d5.s2"]["expected"]
    beside = "Độ dài tối thiểu của mật khẩu khi đã bật xác thực hai lớp: 8 ký tự (theo TCVN 14423:2026)"
    assert beside in rows["d5.s2"]["expected"]
    assert "Mật khẩu hết hạn sau: 6 tháng (theo Quy chế)" in rows["d5.s5"]["expected"]
    assert rows["d5.s2"]["status"] == "met"
    assert json.loads(host.file("/etc/congvu/policy.json").content_string)["profile"] == PROFILE


def test_thirteen_characters_are_refused_where_fourteen_would_do(demo: dict[str, Any]) -> None:
    doors, person = Doors(demo), somebody(demo, "active")[0]
    page, cookie = doors._web("GET", "/mat-khau")
    assert "dài từ 14 đến 128 ký tự" in page.text
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token
    strong = "V7#q" + secrets.token_hex(8)
    for new, refused in ((strong[:13], True), (strong[:14] + "\a", False)):  # neither can be set
        form = {"token": token[1], "login": person["address"], "present": person["password"]}
        answer, _ = doors._web("POST", "/mat-khau", {**form, "new": new, "repeat": new}, cookie)
        assert answer.status == 422
        said = "Mật khẩu phải có ít nhất 14 ký tự (mới có 13)." in html.unescape(answer.text)
        assert said == refused


def test_whoever_has_a_shorter_password_still_comes_in(demo: dict[str, Any]) -> None:
    """Nobody knows its length; it goes with the next change."""
    who = somebody(demo, "active")[0]
    assert Doors(demo).imap(who["address"], who["password"]).open
