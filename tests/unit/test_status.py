"""`congvu status`: what each state of a host comes to, and that nothing that is down hides the rest."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fix_database import POLICY, Database

from congvu import clock, policy
from congvu.services import cli, condition, hoststate, status
from congvu.services.condition import Level, Line

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def shown(name: str, state: str = "active", load: str = "loaded", since: int = 1764000000) -> dict[str, str]:
    return {"Id": name, "LoadState": load, "ActiveState": state, "ActiveEnterTimestamp": f"@{since}"}


@pytest.mark.parametrize(
    ("state", "level"),
    [
        ("active", Level.FINE),
        ("activating", Level.ATTENTION),
        ("inactive", Level.BROKEN),
        ("failed", Level.BROKEN),
    ],
)
def test_a_unit_says_how_it_is(state: str, level: Level) -> None:
    (line,) = condition.units([shown("postfix.service", state)], ["postfix.service"], NOW)
    assert (line.topic, line.level) == ("postfix", level)
    assert (line.cure == "") is (level is Level.FINE)


def test_a_unit_that_is_not_on_the_host_or_masked_is_no_line() -> None:
    units = [shown("nginx.service", load="not-found"), shown("clamav-freshclam.service", load="masked")]
    assert condition.units(units, ["nginx.service", "clamav-freshclam.service"], NOW) == []


def test_a_strange_unit_shows_only_when_it_failed() -> None:
    units = [shown("cron.service"), shown("logrotate.service", "failed")]
    assert [(line.topic, line.level) for line in condition.units(units, [], NOW)] == [
        ("logrotate.service", Level.ATTENTION)
    ]


def message(age: timedelta, reason: str = "connection refused") -> dict[str, Any]:
    recipient = {"address": "a@congdan.test", "delay_reason": reason}
    return {"arrival_time": int((NOW - age).timestamp()), "recipients": [recipient]}


@pytest.mark.parametrize(
    ("messages", "level", "text"),
    [
        ([], Level.FINE, "empty"),
        ([message(HOUR / 2)], Level.FINE, "1 waiting, the oldest for 30 min"),
        (
            [message(HOUR / 2), message(HOUR)],
            Level.ATTENTION,
            "2 waiting, the oldest for 1 h 00 min; mostly:",
        ),
        ([message(HOUR / 60)] * 99, Level.FINE, "99 waiting"),
        ([message(HOUR / 60)] * 100, Level.ATTENTION, "connection refused"),
    ],
)
def test_the_queue_is_judged_by_age_and_length(messages: list[Any], level: Level, text: str) -> None:
    line = condition.queue(messages, NOW)
    assert line.level is level
    assert text in line.text
    assert line.values["messages"] == len(messages)


@pytest.mark.parametrize(
    ("used", "inodes", "level"),
    [
        (84, 0, Level.FINE),
        (85, 0, Level.ATTENTION),
        (95, 0, Level.BROKEN),
        (1, 85, Level.ATTENTION),
        (1, 95, Level.BROKEN),
    ],
)
def test_a_disk_is_judged_by_bytes_and_inodes(used: int, inodes: int, level: Level) -> None:
    assert condition.space("/var", used * 2**30, 100 * 2**30, inodes).level is level


def quota(percents: dict[str, int]) -> list[dict[str, str]]:
    return [
        {"username": name, "type": kind, "value": "2048", "percent": str(percent)}
        for name, percent in percents.items()
        for kind in ("STORAGE", "MESSAGE")
    ]


def test_mailboxes_are_summed_and_the_full_ones_named() -> None:
    assert condition.mailboxes(quota({"a": 1, "b": 89}), 90).text == "2 with 4 MiB, none above 90 %"
    line = condition.mailboxes(quota({"e": 90, "d": 91, "c": 92, "b": 93, "a": 0}), 90)
    assert line.level is Level.ATTENTION
    assert line.text.endswith("above 90 %: b, c, d and 1 more")


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (timedelta(days=21), Level.FINE),
        (timedelta(days=20), Level.ATTENTION),
        (timedelta(0), Level.BROKEN),
        (-timedelta(days=9), Level.BROKEN),
    ],
)
def test_a_certificate_warns_in_time(left: timedelta, level: Level) -> None:
    assert condition.certificate(NOW + left, NOW).level is level


@pytest.mark.parametrize(
    ("official", "own", "fetching", "level"),
    [
        (HOUR, None, True, Level.FINE),
        (72 * HOUR, None, True, Level.ATTENTION),
        (None, HOUR, True, Level.BROKEN),
        (None, HOUR, False, Level.FINE),
        (None, 91 * 24 * HOUR, False, Level.ATTENTION),
        (None, None, False, Level.BROKEN),
    ],
)
def test_signatures_grow_old(
    official: timedelta | None, own: timedelta | None, fetching: bool, level: Level
) -> None:
    moments = [NOW - age if age else None for age in (official, own)]
    assert condition.signatures(*moments, fetching, NOW).level is level


def test_accounts_are_counted_by_state() -> None:
    given = [
        ("person", "active", "a"),
        ("person", "due", "b"),
        ("person", "active", "c"),
        ("unit", "box", "d"),
        ("unit", "closed", "e"),
    ]
    counted = condition.accounts(given, 0)
    assert (counted.text, counted.level) == ("2 active, 1 due; 1 boxes", Level.FINE)
    assert condition.accounts(given, 3).text.endswith("; 3 passwords without a fingerprint yet")
    assert condition.accounts([("office", "box", "d")], 0).level is Level.ATTENTION


@pytest.mark.parametrize("state", ["revoked", "lapsed"])
def test_who_needs_a_new_password_is_named(state: str) -> None:
    line = condition.accounts([("person", state, name) for name in "dcba"] + [("person", "active", "x")], 0)
    text = f"1 active, 4 {state}; 0 boxes; ended: a, b, c and 1 more"
    assert (line.level, line.text) == (Level.ATTENTION, text)
    assert "accounts_reset" in line.cure


@pytest.mark.parametrize(
    ("in_force", "level"),
    [(("2026.1", "aa"), Level.FINE), (("2026.1", "bb"), Level.BROKEN), (None, Level.BROKEN)],
)
def test_the_policy_on_the_host_is_the_one_in_force(in_force: Any, level: Level) -> None:
    assert condition.policy(("2026.1", "aa"), in_force).level is level


@pytest.mark.parametrize(
    ("at", "not_met", "unobserved", "level"),
    [
        (NOW - HOUR, [], 0, Level.FINE),
        (NOW - HOUR, ["d5.s3"], 0, Level.ATTENTION),
        (NOW - HOUR, [], 2, Level.ATTENTION),
        (None, [], 0, Level.ATTENTION),
    ],
)
def test_the_last_audit_is_judged(
    at: datetime | None, not_met: list[str], unobserved: int, level: Level
) -> None:
    assert condition.audit(at, not_met, unobserved, NOW).level is level


@pytest.mark.parametrize(
    ("load", "ended", "triggered", "result", "level"),
    [
        ("not-found", 0, 0, "success", Level.FINE),
        ("loaded", 0, 0, "success", Level.ATTENTION),
        ("loaded", 0, 2, "success", Level.FINE),  # the host was started since
        ("loaded", 0, 37, "success", Level.ATTENTION),
        ("loaded", 2, 2, "success", Level.FINE),
        ("loaded", 37, 2, "success", Level.ATTENTION),
        ("loaded", 2, 2, "exit-code", Level.BROKEN),
    ],
)
def test_the_last_backup_is_judged(load: str, ended: int, triggered: int, result: str, level: Level) -> None:
    at = f"@{int((NOW - ended * HOUR).timestamp())}" if ended else ""
    unit = {"LoadState": load, "ExecMainExitTimestamp": at, "Result": result}
    began = NOW - triggered * HOUR if triggered else None
    assert condition.backup(unit, began, NOW).level is level


@pytest.mark.parametrize(
    ("hour", "unsealed", "level"),
    [
        (10, [], Level.FINE),
        (0, [24], Level.FINE),  # just after midnight
        (1, [24], Level.ATTENTION),
        (0, [23, 24], Level.ATTENTION),
    ],
)
def test_a_day_without_a_seal_is_named(hour: int, unsealed: list[int], level: Level) -> None:
    now = datetime(2026, 11, 25, hour, 30, tzinfo=clock.TIMEZONE)
    line = condition.seals(date(2026, 11, 22), [date(2026, 11, day) for day in unsealed], now)
    assert line.level is level
    assert (str(date(2026, 11, unsealed[0])) in line.text) if level is Level.ATTENTION else "22" in line.text


@pytest.mark.parametrize(
    ("due", "waiting", "level"),
    [(False, 0, Level.FINE), (True, 0, Level.ATTENTION), (False, 2, Level.ATTENTION)],
)
def test_a_report_that_was_not_made_or_not_sent_is_told(due: bool, waiting: int, level: Level) -> None:
    assert condition.report("2026-Q3", due, waiting).level is level


def test_updates_and_reboots_are_due() -> None:
    plain = "Inst nginx [1.26.3-3] (1.26.3-4 Debian:13.8/stable [amd64])"
    security = "Inst nginx [1.26.3-3] (1.26.3-4 Debian-Security:13/stable-security [amd64])"
    assert condition.updates([plain], None).level is Level.FINE
    assert condition.updates([plain, security], None).level is Level.ATTENTION
    assert condition.updates([], ["linux-image-amd64"]).text.endswith("a reboot is due for linux-image-amd64")


def test_the_worst_line_gives_the_exit_status() -> None:
    fine, attention, broken = (Line("x", level, "") for level in Level)
    assert [condition.status(each) for each in ([fine], [fine, attention], [fine, attention, broken])] == [
        0,
        3,
        2,
    ]


def test_the_head_of_a_signature_file_tells_its_age() -> None:
    head = b"ClamAV-VDB:25 Nov 2026 07-26 +0000:27836:2074345:90:X:X:svc:1764055560" + b" " * 400
    assert hoststate.built(head) == datetime(2026, 11, 25, 7, 26, tzinfo=UTC)
    assert hoststate.built(b"\0" * 512) is None


def test_a_tool_that_fails_or_is_missing_says_so() -> None:
    with pytest.raises(hoststate.Unreadable, match="ls: "):
        hoststate.output("ls", "/nowhere/at/all")
    with pytest.raises(hoststate.Unreadable, match="no-such-tool"):
        hoststate.output("no-such-tool")


@pytest.fixture
def source(database: Database, tmp_path: Path) -> list[str]:
    """Options that lead to the test's own database and policy."""
    carried = policy.load(POLICY, "default", datetime.now(UTC).date())
    (tmp_path / "policy.json").write_text(json.dumps(policy.dump(carried)), "utf-8")
    (tmp_path / "fingerprint.key").write_bytes(bytes(32))
    options = {"policy": tmp_path / "policy.json", "host": database.host, "database": database.name}
    options["fingerprint-key"] = tmp_path / "fingerprint.key"
    return [word for name, value in options.items() for word in (f"--{name}", str(value))]


def levels(source: list[str]) -> dict[str, Level]:
    args = cli.parser(["status"]).parse_args(["status", *source])
    return {
        line.topic: line.level for line in status.guarded("directory", lambda: status.directory(args, NOW))
    }


def test_the_directory_tells_policy_accounts_and_audit(source: list[str]) -> None:
    assert levels(source) == {
        "policy": Level.FINE,
        "calendar": Level.FINE,
        "accounts": Level.ATTENTION,
        "logins": Level.FINE,
        "evidence": Level.BROKEN,
        "access": Level.FINE,
        "seals": Level.FINE,
        "report": Level.FINE,
        "audit": Level.ATTENTION,
    }


def test_odd_logins_need_a_look_on_the_day_they_were_found() -> None:
    found = [("networks", "an@x", NOW - timedelta(days=days)) for days in (0.5, 2, 9)]
    line = condition.logins(found, NOW)
    assert (line.level, line.text) == (Level.ATTENTION, "2 odd ones in 7 days, new: networks an@x")
    assert condition.logins(found[1:], NOW).level is Level.FINE
    assert condition.logins([], NOW).text == "nothing odd"


@pytest.mark.parametrize(
    ("late", "gap", "level"),
    [
        (timedelta(minutes=1), None, Level.FINE),
        (timedelta(minutes=1), timedelta(days=3), Level.FINE),
        (timedelta(minutes=1), HOUR, Level.ATTENTION),
        (HOUR, None, Level.BROKEN),
    ],
)
def test_evidence_that_is_late_or_lacks_something_is_told(
    late: timedelta, gap: timedelta | None, level: Level
) -> None:
    hosts = [("mail1", NOW - late, 2), ("mail2", NOW, 1)]
    line = condition.evidence(hosts, (NOW - gap, "suppressed") if gap else None, NOW)
    assert line.level is level
    assert ("mail1 1 h 00 min behind" in line.text) is (late == HOUR)
    assert "3 lines not understood" in line.text
    assert (line.cure == "") is (level is Level.FINE)


def test_no_evidence_at_all_is_told() -> None:
    assert condition.evidence([], None, NOW).level is Level.BROKEN


@pytest.mark.parametrize(
    ("today", "known", "level", "text"),
    [
        (date(2026, 11, 30), {2026: "decided"}, Level.FINE, "2026 is decided"),
        (date(2026, 11, 30), {2026: "estimated"}, Level.FINE, "2026 is estimated"),
        (date(2026, 12, 1), {2026: "decided"}, Level.ATTENTION, "2027 is missing"),
        (date(2026, 12, 31), {2026: "decided", 2027: "estimated"}, Level.ATTENTION, "2027 is estimated"),
        (date(2026, 12, 31), {2026: "decided", 2027: "decided"}, Level.FINE, "2027 is decided"),
        (date(2027, 1, 1), {2026: "decided"}, Level.ATTENTION, "2027 is missing"),
    ],
)
def test_the_calendar_of_the_next_year_has_to_be_decided_in_december(
    today: date, known: dict[int, str], level: Level, text: str
) -> None:
    line = condition.calendar(known, today)
    assert (line.level, line.text) == (level, text)
    assert ("policy/calendar/2027.yml" in line.cure) is (level is Level.ATTENTION)


def test_an_open_mailbox_is_shown_and_no_fault() -> None:
    line = condition.opened(["an@x"])
    assert (line.level, line.text) == (Level.FINE, "open to another person: an@x")


def test_a_directory_that_is_down_is_one_line_and_no_traceback(source: list[str]) -> None:
    source[3] = "/nowhere"
    assert levels(source) == {"directory": Level.BROKEN}


def test_the_screen_says_what_to_do() -> None:
    lines = [condition.fine("queue", "empty"), Line("nginx", Level.BROKEN, "failed", "systemctl start nginx")]
    screen = status.screen(lines, NOW, 80)
    assert screen[2:4] == ["   queue  empty", "!! nginx  failed"]
    assert screen[-1] == "!! nginx: systemctl start nginx"
    assert status.screen(lines[:1], NOW, 80)[-1] == "Everything is fine."
    assert status.document(lines, NOW)["status"] == "broken"
