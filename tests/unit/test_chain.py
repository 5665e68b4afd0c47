"""The chain on a real database: what is sealed and when, and that a day that is sealed takes no more."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fix_chain import DAYS, FIRST, LAST, NAME, SECOND, Chained, Packed, as_intruder, verified
from fix_database import Database
from psycopg import errors

from congvu.chain import Seal
from congvu.services import cli

RECORD = "insert into audit_record (at, actor, verb, subject) values (%s, 'x', 'x', 'late')"
LATE = "select congvu_day(at) from audit_record where subject = 'late'"


def heads(host: Chained) -> list[tuple[Any, ...]]:
    return host.database.ask("congvu_admin", "select day, head from seal order by day")


def seal_text(host: Chained, day: object) -> Seal:
    ((body,),) = host.database.ask("congvu_admin", "select body from seal where day = %s", day)
    found = Seal.read(body)
    assert found is not None
    return found


def test_a_bundle_is_as_it_was_sealed(packed: Packed) -> None:
    for given in (packed.archive, packed.folder):
        status, (said,) = verified(given, packed.copies)
        assert status == 0
        assert f"{DAYS[1]} to {LAST}" in said
        assert "Open window: 0 hours" in said


def test_the_evidence_names_nobody(packed: Packed) -> None:
    everything = b"".join(path.read_bytes() for path in packed.folder.glob("evidence/*.jsonl"))
    assert b"nguoi" not in everything
    assert b"@" not in everything
    assert b"CB1" not in everything
    assert b'"unit":"vp"' in everything
    people = [json.loads(line)["login"] for path in packed.folder.glob("evidence/*-event.jsonl")
              for line in path.read_text().splitlines() if '"login_refused"' in line]  # fmt: skip
    assert len(set(people)) == 4  # the same person has the same pseudonym on each day
    assert len(people) == 4 * (len(DAYS) - 1)


def test_the_report_of_a_bundle_has_the_pseudonyms_of_the_evidence(packed: Packed) -> None:
    report = (packed.folder / "report.json").read_text()
    look = json.loads((packed.folder / f"evidence/{LAST}-look.jsonl").read_text())
    assert "CB1" not in report
    assert "an@x.vn" not in report
    rows = [each for row in json.loads(report)["provisions"] for each in row["evidence"]]
    assert look["body"]["exceptions"] in [each["exceptions"] for each in rows]


def test_a_day_that_was_sealed_with_the_former_lines_still_fits_its_seal(
    chained: Chained, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("congvu.store.chain.SEALED", ("acknowledgement", "observation"))
        chained.write(SECOND)
        chained.seal(f"{DAYS[2]} 00:10+07")
    chained.write(DAYS[2])
    chained.seal(f"{DAYS[3]} 00:10+07")
    assert chained.bundle(chained.folder / "out") == 0
    assert verified(chained.folder / "out" / f"{NAME}.tar.gz")[0] == 0
    assert {*seal_text(chained, SECOND).segments} == {"acknowledgement", "observation"}
    later = {*seal_text(chained, DAYS[2]).segments}
    assert "look" in later
    assert "observation" not in later


def test_the_same_evidence_gives_the_same_bytes_and_its_export_is_on_record(chained: Chained) -> None:
    for day in DAYS[:2]:
        chained.write(day)
    chained.seal(f"{DAYS[2]} 00:10+07")
    first, second = chained.folder / "a", chained.folder / "b"
    assert chained.bundle(first) == chained.bundle(second) == 0
    name = f"{NAME}.tar.gz"
    assert (first / name).read_bytes() == (second / name).read_bytes()
    found = chained.database.ask(
        "congvu_admin", "select subject from audit_record where verb = 'evidence.export'"
    )
    assert found == [(NAME,), (NAME,)]


def test_a_missed_day_is_made_up_for_and_a_sealed_one_stays(chained: Chained) -> None:
    chained.write(FIRST)
    assert chained.seal(f"{SECOND} 00:10+07") == 0
    before = heads(chained)
    assert chained.seal(f"{SECOND} 23:50+07") == 0
    assert heads(chained) == before
    chained.write(DAYS[2])
    assert chained.seal(f"{DAYS[4]} 09:00+07") == 0
    assert [day for day, _ in heads(chained)] == DAYS[:4]
    assert seal_text(chained, SECOND).segments["event"].lines == 0
    assert seal_text(chained, DAYS[2]).segments["event"].lines == 7


def test_the_first_seal_holds_everything_that_was_before_it(chained: Chained) -> None:
    chained.write(FIRST)
    chained.write(SECOND)
    chained.seal(f"{DAYS[2]} 00:10+07")
    assert [day for day, _ in heads(chained)] == [SECOND]
    assert seal_text(chained, SECOND).segments["event"].lines == 14
    assert seal_text(chained, SECOND).previous == "0" * 64


def test_a_record_belongs_to_the_day_that_took_it_in_whatever_it_says(chained: Chained) -> None:
    chained.seal(f"{SECOND} 00:10+07")
    chained.database.set_now(f"{SECOND} 10:00+07")
    chained.event(FIRST - timedelta(days=300), "login", "x", {}, 1)
    chained.seal(f"{DAYS[2]} 00:10+07")
    assert seal_text(chained, SECOND).segments["event"].lines == 1


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("congvu_admin", RECORD),
        ("congvu_owner", RECORD),
        (
            "congvu_owner",
            "insert into event (taken_at, happened_at, host, kind, detail) "
            "values (%s, now(), 'mail', 'login', '{}')",
        ),
        (
            "congvu_admin",
            "insert into observation (taken_at, control, host, observed_at, body, policy_sha256) "
            "values (%s, 'x', 'x', now(), '{}', 'x')",
        ),
        *(
            ("congvu_owner", each)
            for each in (
                "insert into check_day (at, day, estimated, off, counts, policy_sha256) "
                "select at, at::date - 400, false, 'x', '{}', '' from (select %s::timestamptz as at) x",
                "insert into mail_check (at, day, staff_id, unit, morning_why, afternoon_why, correction) "
                f"values (%s, '{FIRST}', 'CB1', 'vp', 'leave', 'leave', false)",
                "insert into box_check (at, day, box, visits, longest, still_open) "
                f"values (%s, '{FIRST}', 'box-vp@snv.example', 0, 0, 0)",
                "insert into incident (at, number, kind, provision, found_on) "
                "select at, at::text, 'spam', 'd3.k4.2', '2026-06-01' from (select %s::timestamptz as at) x",
            )
        ),
    ],
)
def test_nothing_gets_into_a_sealed_day(chained: Chained, role: str, statement: str) -> None:
    chained.write(FIRST)
    chained.seal(f"{SECOND} 00:10+07")
    chained.write(SECOND)
    chained.seal(f"{DAYS[2]} 00:10+07")
    chained.database.change(role, statement, f"{SECOND} 12:00+07")
    chained.database.change(role, statement, f"{FIRST - timedelta(days=40)} 12:00+07")
    assert chained.bundle(chained.folder / "out") == 0


def test_without_a_sealed_day_of_the_quarter_there_is_no_bundle(
    chained: Chained, capsys: pytest.CaptureFixture[str]
) -> None:
    chained.seal(f"{SECOND} 00:10+07")  # the day before the quarter
    assert chained.bundle(chained.folder / "out") == 1
    assert "no day of 2026-Q3 is sealed yet" in capsys.readouterr().err


class Writer(threading.Thread):
    """A transaction that began before midnight writes and ends when it is told to."""

    def __init__(self, database: Database, moment: str) -> None:
        super().__init__(daemon=True)
        self.database, self.moment = database, moment
        self.written, self.go_on = threading.Event(), threading.Event()

    def run(self) -> None:
        with psycopg.connect(
            host=self.database.host, dbname=self.database.name, user="congvu_admin"
        ) as connection:
            connection.execute(RECORD, (self.moment,))
            self.written.set()
            self.go_on.wait(30)

    def __enter__(self) -> Writer:
        self.start()
        assert self.written.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.join(10)


def test_a_day_waits_for_whoever_still_writes_into_it(chained: Chained) -> None:
    sealing = threading.Thread(target=chained.seal, args=(f"{SECOND} 00:10+07",))
    with Writer(chained.database, f"{FIRST} 23:59:59+07") as writer:
        sealing.start()
        time.sleep(1)
        assert heads(chained) == []
        writer.go_on.set()
        sealing.join(20)
    assert [day for day, _ in heads(chained)] == [FIRST]
    # the late one, and the three that the fixture and the migrations made before
    late = chained.database.ask(
        "congvu_admin", "select count(*) from audit_record where congvu_day(at) <= %s", FIRST
    )
    assert seal_text(chained, FIRST).segments["audit_record"].lines == late[0][0]
    assert chained.database.ask("congvu_admin", LATE) == [(FIRST,)]


def test_whoever_writes_today_neither_waits_nor_is_waited_for(chained: Chained) -> None:
    chained.database.set_now(f"{SECOND} 00:10+07")
    with Writer(chained.database, f"{SECOND} 00:09+07"):
        assert chained.seal(f"{SECOND} 00:10+07") == 0
        assert [day for day, _ in heads(chained)] == [FIRST]
    assert chained.database.ask("congvu_admin", LATE) == [(SECOND,)]


def test_who_comes_too_late_is_not_lost_but_of_the_next_day(chained: Chained) -> None:
    chained.seal(f"{SECOND} 00:10+07")
    chained.database.ask("congvu_admin", RECORD, f"{FIRST} 23:59:59+07")
    ((day,),) = chained.database.ask("congvu_admin", LATE)
    assert day >= SECOND


def test_many_writers_while_days_are_sealed(chained: Chained) -> None:
    """What is sealed is what is there afterwards, whoever wrote meanwhile."""
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(
            host=chained.database.host, dbname=chained.database.name, user="congvu_admin", autocommit=True
        ) as connection:
            number = 0
            while not stop.is_set():
                number += 1
                connection.execute(RECORD, (f"{DAYS[number % 5]} 12:00+07",))

    writers = [threading.Thread(target=write) for _ in range(3)]
    for each in writers:
        each.start()
    try:
        for day in DAYS:
            assert chained.seal(f"{day + timedelta(days=1)} 00:10+07") == 0
            time.sleep(0.2)
    finally:
        stop.set()
        for each in writers:
            each.join(10)
    assert chained.bundle(chained.folder / "out") == 0
    assert verified(chained.folder / "out" / f"{NAME}.tar.gz")[0] == 0


def test_two_that_seal_at_once_make_one_chain(chained: Chained) -> None:
    chained.write(FIRST)
    chained.database.set_now(f"{DAYS[3]} 00:10+07")
    arguments = ["seal", "--settings", str(chained.folder / "seal.json"), "--keys", str(chained.folder)]
    statuses: list[int] = []
    both = [threading.Thread(target=lambda: statuses.append(cli.main(arguments))) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(30)
    assert statuses == [0, 0]
    assert [day for day, _ in heads(chained)] == [DAYS[2]]


# -- what the database refuses ---------------------------------------------------------------------

SEAL = """
    insert into seal (day, body, head, previous, signature, signer)
    select %s, body, encode(sha256(convert_to(body, 'UTF8')), 'hex'), previous, '', ''
      from (select previous, E'x\\nprevious: ' || previous || E'\\n' as body from (select %s as previous) p) b
"""


@pytest.mark.parametrize("day", [DAYS[2], DAYS[3], FIRST])
def test_a_chain_has_no_gaps_no_forks_and_no_future(chained: Chained, day: object) -> None:
    chained.seal(f"{SECOND} 00:10+07")
    chained.database.set_now(f"{DAYS[3]} 10:00+07")
    ((head,),) = chained.database.ask("congvu_admin", "select head from seal")
    with pytest.raises(errors.IntegrityError):
        chained.database.ask("congvu_seal", SEAL, day, head)
    with pytest.raises(errors.IntegrityError):
        chained.database.ask("congvu_seal", SEAL, SECOND, "0" * 64)
    chained.database.ask("congvu_seal", SEAL, SECOND, head)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("congvu_owner", "delete from seal"),
        ("congvu_owner", "update seal set signature = ''"),
        ("congvu_owner", "truncate seal cascade"),
        ("congvu_owner", "delete from segment"),
        ("congvu_owner", "update segment set lines = 0, marks = ''"),
        ("congvu_seal", "delete from seal"),
        ("congvu_admin", SEAL % (f"'{SECOND}'", "repeat('0', 64)")),
        ("congvu_admin", f"insert into segment values ('{FIRST}', 'x', repeat('0', 64), 0, '')"),
        ("congvu_seal", "insert into audit_record (actor, verb, subject) values ('x', 'x', 'x')"),
        ("congvu_seal", "select hash from credential"),
        ("congvu_seal", "select full_name from person"),
    ],
)
def test_seals_stay_and_only_their_own_role_adds_one(chained: Chained, role: str, statement: str) -> None:
    chained.seal(f"{SECOND} 00:10+07")
    with pytest.raises((errors.IntegrityError, errors.InsufficientPrivilege)):
        chained.database.ask(role, statement)


# -- what changes the database itself, and what expires --------------------------------------------


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("delete from event where id = (select max(id) from event where kind = 'login')", "event"),
        ("update audit_record set verb = 'x' where id = (select max(id) from audit_record)", "audit_record"),
        ("insert into event (taken_at, happened_at, host, kind) "
         f"values ('{DAYS[2]} 12:00+07', now(), 'mail', 'login')", "event"),
        (f"update event set taken_at = '{DAYS[3]} 12:00+07' where id = (select max(id) from event)", "event"),
        ("delete from observation", "look"),
        ("update mail_check set morning = true where not morning", "mail_check"),
        ("update mail_check set unit = 'x'", "mail_check"),
        ("update check_day set estimated = true", "check_day"),
    ],
)  # fmt: skip
def test_who_changes_the_records_themselves_is_found_out(
    chained: Chained, statement: str, source: str
) -> None:
    for day in DAYS[:3]:
        chained.write(day)
        chained.seal(f"{day + timedelta(days=1)} 00:10+07")
    as_intruder(chained.database, statement)
    assert chained.bundle(chained.folder / "out") == 3
    status, said = verified(chained.folder / "out" / f"{NAME}.tar.gz")
    assert status == 3
    assert all(source in line for line in said)


def test_what_has_expired_is_missed_no_more(chained: Chained) -> None:
    for day in DAYS[:3]:
        chained.write(day)
        chained.seal(f"{day + timedelta(days=1)} 00:10+07")
    chained.database.ask("congvu_owner", "delete from event where taken_at < %s", f"{DAYS[2]} 00:00+07")
    assert chained.bundle(chained.folder / "out") == 0
    archive = chained.folder / "out" / f"{NAME}.tar.gz"
    assert verified(archive, today="2027-06-15")[0] == 0  # twelve months later
    status, said = verified(archive, today="2027-06-14")
    assert (status, said) == (3, [f"{SECOND} event: the evidence is missing, 7 lines"])
