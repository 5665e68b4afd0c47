"""The evidence in the database: who adds it and reads it, what is forgotten when, what is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from fix_database import Database
from journals import BEGAN, DOMAIN
from psycopg import errors

from congvu.events import Event
from congvu.services import reconcile
from congvu.store import StoreError, events

AT = datetime.fromtimestamp(BEGAN / 1e6, UTC)
ME, BOX = f"annv@{DOMAIN}", f"vp@{DOMAIN}"


def event(kind: str = "login", **fields: object) -> Event:
    return Event(AT, "mail", kind, **fields)  # type: ignore[arg-type]


def add(database: Database, *what: Event) -> None:
    with database.store("congvu_collector") as db:
        events.add(db, what)


def kinds(database: Database) -> list[str]:
    return [row[0] for row in database.ask("congvu_owner", "select kind from event order by id")]


def test_the_collector_adds_and_reads_and_changes_nothing(database: Database) -> None:
    add(database, event(door="imaps", login=ME, peer="203.0.113.9", detail={"session": "S'1\\"}))
    (row,) = database.ask("congvu_admin", "select happened_at, host, kind, door, login, detail from event")
    assert row == (AT, "mail", "login", "imaps", ME, {"session": "S'1\\"})
    for statement in (
        "select kind from event",
        "delete from event",
        "update event set login = ''",
        "truncate event",
        "insert into event (happened_at, host, kind, taken_at) values (now(), 'x', 'act', 'epoch')",
        "delete from event_cursor",
        "insert into audit_record (actor, verb, subject) values ('x', 'y', 'z')",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            database.ask("congvu_collector", statement)


@pytest.mark.parametrize("role", ["congvu_owner", "congvu_admin"])
def test_nobody_changes_an_event_and_only_its_time_ends_it(database: Database, role: str) -> None:
    add(database, event())
    with pytest.raises((errors.InsufficientPrivilege, errors.IntegrityError)):
        database.ask(role, "update event set login = ''")
    with pytest.raises(errors.InsufficientPrivilege):
        database.ask("congvu_admin", "delete from event")
    with pytest.raises(errors.InsufficientPrivilege):
        database.ask(
            "congvu_admin", "insert into event (happened_at, host, kind) values (now(), 'x', 'login')"
        )
    with pytest.raises(errors.InsufficientPrivilege):
        database.ask("congvu_admin", "select expire_events()")


def test_an_unknown_kind_is_refused(database: Database) -> None:
    with pytest.raises(StoreError, match="kind_known"):
        add(database, event("gossip"))


def test_the_cursor_moves_from_where_it_was(database: Database) -> None:
    with database.store("congvu_collector") as db:
        events.keep_cursor(db, "mail", events.Step("a", AT))
        events.keep_cursor(db, "mail", events.Step("b", AT, before="a", not_understood=2))
        events.keep_cursor(db, "mail", events.Step("c", AT, before="b", not_understood=1))

    def late() -> None:
        with database.store("congvu_collector") as db:
            events.add(db, [event()])
            events.keep_cursor(db, "mail", events.Step("d", AT, before="b"))

    with pytest.raises(StoreError, match="second collector"):
        late()
    with database.store() as db:
        (progress,) = events.progress(db)
        cursor = events.cursor(db, "mail")
    assert (cursor and cursor.cursor, progress.not_understood, kinds(database)) == ("c", 3, [])


def test_conduct_is_forgotten_soon_and_the_rest_when_the_policy_says(database: Database) -> None:
    rows = [
        event("opened", login=ME, mailbox=ME),
        event("read", login=ME, mailbox=ME),
        event("opened", login=ME, mailbox=BOX),
        event("login", login=ME),
    ]
    for months in (13, 11, 0):
        database.set_now(f"{2026 - months // 12}-{12 - months % 12:02}-15 23:59:59+07")
        add(database, *rows)
    database.set_now("2026-12-15 12:00+07")

    def expire() -> int:
        with database.store("congvu_collector") as db:
            return events.expire(db)

    assert expire() == 4 + 2
    assert kinds(database) == ["opened", "login", "opened", "read", "opened", "login"]
    (record,) = database.ask(
        "congvu_admin", "select actor, verb, detail from audit_record where verb like 'event.%'"
    )
    assert record[:2] == ("congvu collect", "event.expire")
    assert record[2] == {"count": 6, "conduct_before": "2026-09-06", "security_before": "2025-12-15"}
    assert expire() == 0


def test_a_day_that_is_kept_is_kept_whole(database: Database) -> None:
    database.set_now("2026-01-10 00:00+07")
    add(database, event("login"))
    database.set_now("2026-01-09 23:59:59+07")
    add(database, event("act"))
    database.set_now("2027-01-10 23:59+07")
    with database.store("congvu_collector") as db:
        events.expire(db)
    assert kinds(database) == ["login"]


@pytest.mark.parametrize(("role", "told"), [("congvu_admin", 1), ("congvu_owner", 0)])
def test_whoever_reads_the_evidence_by_hand_is_in_the_servers_log(
    database: Database, role: str, told: int
) -> None:
    add(database, event(), event(), event())
    before = database.log().count("the evidence was read")
    database.ask(role, "select count(*) from event where login is null")
    assert database.log().count("the evidence was read") - before == told


# -- two sources -------------------------------------------------------------------------------------


def line(
    milliseconds: int, message: str, unit: str = "postfix.service", name: str = "postfix/qmgr"
) -> dict[str, str]:
    at = str(BEGAN + 1000 * milliseconds)
    return {"__REALTIME_TIMESTAMP": at, "MESSAGE": message, "_SYSTEMD_UNIT": unit, "SYSLOG_IDENTIFIER": name}


LOGGED_IN = "imap-login: Logged in: user=<{}>, method=PLAIN, rip=203.0.113.9, TLS, session=<{}>"
SEEN = [
    line(-1, LOGGED_IN.format(ME, "S0"), "dovecot.service", "dovecot"),  # compared before
    line(0, LOGGED_IN.format(ME, "S1"), "dovecot.service", "dovecot"),
    line(1, LOGGED_IN.format(ME, "S2"), "dovecot.service", "dovecot"),
    line(
        1,
        json.dumps({"event": "password", "verb": "check", "answer": "open", "login": ME}),
        "congvu-password.service",
    ),
    line(2, LOGGED_IN.format(ME, "webmail-0a1b"), "dovecot.service", "dovecot"),
    line(3, "4jZrM32P9rzQXTr: from=<>, size=2997, nrcpt=1 (queue active)"),
    line(4, "4jZrNW6YqlzQWgn: from=<an@x.test>, size=1560, nrcpt=1 (queue active)"),
    line(5, "4jZrNb688RzQWjy: from=<>, size=2997, nrcpt=1 (queue active)"),
    line(6, "4jZrNW6YqlzQWgn: sender non-delivery notification: 4jZrNb688RzQWjy", name="postfix/bounce"),
    line(6, "indexer: x notification: 4jZrM32P9rzQXTr", "dovecot.service", "dovecot"),
    line(7, "4jZrM32P9rzQXTr: removed"),
    line(8, "4jZrNW6YqlzQWgn: removed", name="postfix/postsuper"),
]


def gaps(database: Database) -> list[Event]:
    with database.store("congvu_collector") as db:
        return reconcile.gaps(
            reconcile.seen(SEEN, AT),
            lambda what, seen: events.missing(db, what, seen, AT - timedelta(1)),
            "mail",
        )


def test_what_one_source_saw_and_the_evidence_lacks_is_a_gap(database: Database) -> None:
    add(
        database,
        event("login", login=ME, door="imaps", detail={"session": "S1"}),
        event("received", detail={"queue_id": "4jZrNW6YqlzQWgn"}),
        event("login_refused", login=ME, detail={"session": "S2"}),
    )
    found = gaps(database)
    told = [(each.detail["source"], each.detail["examples"]) for each in found]
    assert told == [("dovecot", ["S2"]), ("rspamd", ["4jZrM32P9rzQXTr"]), ("postfix", ["4jZrM32P9rzQXTr"])]
    assert found[0].detail["from"] == "2026-11-26T09:09:38.001000+00:00"


def test_where_both_sources_agree_nothing_is_missing(database: Database) -> None:
    add(
        database,
        event("login", detail={"session": "S1"}),
        event("login", detail={"session": "S2"}),
        event("spam", detail={"queue_id": "4jZrM32P9rzQXTr"}),
        event("submitted", detail={"queue_id": "4jZrNW6YqlzQWgn"}),
        event("deferred", detail={"queue_id": "4jZrM32P9rzQXTr"}),
    )
    assert gaps(database) == []


MINUTE = 60_000  # as `line` counts
LOGIN, ANOTHER, FULL = "login", "another", "full"


def webmail(*happened: tuple[int, str]) -> dict[str, datetime]:
    """Of a person's webmail, minute by minute: a login, a session by its name, what journald says."""
    entries = []
    for minute, what in happened:
        at = minute * MINUTE
        if what in (LOGIN, ANOTHER):
            told = {
                "event": "password",
                "verb": "check",
                "answer": "open",
                "login": ME if what == LOGIN else BOX,
            }
            entries.append(line(at, json.dumps(told), "congvu-password.service"))
        elif what == FULL:
            entries.append(line(at, "Failed to write entry (9 items)", "systemd-journald.service"))
        else:
            told_session = LOGGED_IN.format(ME.upper(), f"webmail-{what}")
            entries.append(line(at, told_session, "dovecot.service", "dovecot"))
    return reconcile.seen(entries, AT).webmail


@pytest.mark.parametrize(
    ("happened", "untold"),
    [
        ([(1, LOGIN), (1, "a"), (1, "b"), (50, "c"), (109, "d"), (168, "e")], []),
        ([(1, "a"), (2, "b"), (3, "c")], ["a"]),  # the first of many
        ([(1, ANOTHER), (1, "a")], ["a"]),
        ([(1, LOGIN), (1, "a"), (90, "b"), (91, "c")], ["b"]),  # the page was closed in between
        ([(1, LOGIN), (1, "a"), (90, LOGIN), (90, "b")], []),
        ([(1, "a"), (100, "b")], ["a", "b"]),
        ([(1, "a"), (2, LOGIN)], []),  # journald was slow
        ([(1, "a"), (3, LOGIN)], ["a"]),
        ([(-40, "a"), (10, "b")], []),  # told of when those lines were compared, if it was to be told
        ([(-70, LOGIN), (-70, "a"), (10, "b")], ["b"]),
        ([(1, FULL), (30, "a")], []),  # that lines are missing is known
    ],
)
def test_a_visit_by_the_webmail_of_which_no_login_was_told_is_a_gap(
    happened: list[tuple[int, str]], untold: list[str]
) -> None:
    found = webmail(*happened)
    assert sorted(found) == [f"webmail-{each}" for each in untold]
    (*gone,) = reconcile.gaps(reconcile.Seen({}, {}, {}, found), lambda *_: set(), "mail")
    assert [each.detail["source"] for each in gone] == ["password"] * bool(untold)
