"""The judge of handovers (`tests/controls/handovers.py`): what is late, and what is not, on which day."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "controls"))  # observers know each other by name

from directory import Directory
from handovers import Debt, debts, delays

BOX = "vp@snv.example"
DAYS = 5
NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)  # 10:00 in Viet Nam


def term(staff_id: str, began: str, ended: str | None = None, box: str = BOX) -> dict[str, Any]:
    """Of whole days, from and to 08:00 in Viet Nam."""
    moments = {"began_at": f"{began}T01:00:00+00:00", "ended_at": ended and f"{ended}T01:00:00+00:00"}
    return {"box": box, "staff_id": staff_id, **moments}


def act(giver: str | None, receiver: str, effective: str, **more: Any) -> dict[str, Any]:
    """An act that has been carried out in full, on the day of the decision."""
    moment = f"{effective}T01:00:00+00:00"
    done = dict.fromkeys(("made_at", "settled_at", "filters_ended_at", "acknowledged_at"), moment)
    said = {"decision": "45/QĐ-SNV", "effective_on": effective, "giver": giver, "receiver": receiver}
    return {"box": BOX, **said, **done, **more}


def directory(
    terms: list[dict[str, Any]], acts: list[dict[str, Any]], ends: str | None = None, closed: bool = False
) -> Directory:
    """Three people, of whom CB1 may leave; one mailbox of a unit."""
    people = [{"staff_id": f"CB{n}", "starts": "2020-01-01", "ends": None, "address": f"cb{n}@snv.example"}
              for n in (1, 2, 3)]  # fmt: skip
    people[0]["ends"] = ends
    boxes = [{"address": BOX, "kind": "unit", "closed": closed}]
    rows = {"people": people, "head_terms": terms, "handovers": acts, "mailboxes": boxes}
    now = dict.fromkeys(("now", "congvu_now"), NOW.isoformat())
    return Directory.read({**dict.fromkeys(Directory.__annotations__), **now, **rows})


def owed(*given: Any, **more: Any) -> list[Debt]:
    return [debt for debt in debts(directory(*given, **more), DAYS) if not debt.paid]


def test_nothing_changed_and_nothing_is_owed() -> None:
    assert list(debts(directory([term("CB1", "2026-01-01")], []), DAYS)) == []


@pytest.mark.parametrize(("ended", "late"), [("2026-11-21", False), ("2026-11-20", True)])
def test_a_change_owes_an_act_within_its_days(ended: str, late: bool) -> None:
    terms = [term("CB1", "2026-01-01", ended), term("CB2", ended)]
    assert bool(owed(terms, [])) == late
    assert len(list(debts(directory(terms, []), DAYS))) == 1
    assert owed(terms, [act("CB1", "CB2", ended)]) == []


def test_what_is_said_of_a_late_change() -> None:
    (debt,) = owed([term("CB1", "2026-01-01", "2026-11-10")], [])
    assert debt.subject == "vp@snv.example, mã cán bộ CB1 thôi đứng đầu từ ngày 10/11/2026"
    assert debt.found == "chưa bàn giao; thời hạn 5 ngày đã hết ngày 15/11/2026"


def test_an_act_of_another_term_or_giver_does_not_count() -> None:
    terms = [term("CB1", "2026-01-01", "2026-02-01"), term("CB1", "2026-05-01", "2026-06-01")]
    first = act("CB1", "CB2", "2026-02-01")
    (debt,) = owed(terms, [first])
    assert "từ ngày 01/06/2026" in debt.subject
    assert owed(terms[1:], [act("CB3", "CB2", "2026-06-01")])
    assert owed(terms, [first, act("CB1", "CB3", "2026-06-01")]) == []


def test_an_act_by_an_older_decision_counts_from_the_day_it_was_made() -> None:
    terms = [term("CB1", "2026-11-01", "2026-11-10")]
    made = act("CB1", "CB2", "2026-10-20", made_at="2026-11-10T02:00:00+00:00")
    assert owed(terms, [made]) == []
    assert delays(directory(terms, [made])) == [21]


@pytest.mark.parametrize(("again", "late"), [("2026-11-03", False), ("2026-11-20", True)])
def test_a_slip_in_the_list_that_is_put_right_is_no_change(again: str, late: bool) -> None:
    assert bool(owed([term("CB1", "2026-01-01", "2026-11-02"), term("CB1", again)], [])) == late


@pytest.mark.parametrize(
    ("ends", "late"), [("2026-11-26", False), ("2026-11-20", False), ("2026-11-19", True)]
)
def test_a_head_who_left_without_handing_over(ends: str, late: bool) -> None:
    assert bool(owed([term("CB1", "2026-01-01")], [], ends=ends)) == late
    assert owed([term("CB1", "2026-01-01")], [act("CB1", "CB2", "2026-11-20")], ends=ends) == []


def test_a_mailbox_that_is_closed_owes_nothing() -> None:
    assert owed([term("CB1", "2026-01-01", "2026-02-01")], [act(None, "CB2", "2026-03-01", settled_at=None)],
                closed=True) == []  # fmt: skip


@pytest.mark.parametrize(
    ("effective", "made", "late"),
    [
        ("2026-11-27", "2026-11-20T01:00:00+00:00", False),  # still to come
        ("2026-11-26", "2026-11-20T01:00:00+00:00", True),  # since midnight
        ("2026-11-26", "2026-11-26T02:50:00+00:00", False),  # ten minutes ago
        ("2026-11-20", "2026-11-26T02:40:00+00:00", True),
    ],
)
@pytest.mark.parametrize(
    ("undone", "words"),
    [("settled_at", "chưa được thực hiện"), ("filters_ended_at", "bộ lọc của hộp thư chưa ngừng hoạt động")],
)
def test_an_act_whose_day_has_come_is_carried_out(
    effective: str, made: str, late: bool, undone: str, words: str
) -> None:
    found = owed([], [act("CB1", "CB2", effective, made_at=made, **{undone: None})])
    assert [words in debt.found for debt in found] == [True] * late


def test_who_was_in_charge_and_is_appointed_keeps_the_filters() -> None:
    assert owed([], [act("CB2", "CB2", "2026-11-20", filters_ended_at=None)]) == []


def test_the_last_receiver_confirms_in_time() -> None:
    waiting = act("CB1", "CB2", "2026-11-20", acknowledged_at=None)
    (debt,) = owed([], [waiting])
    assert debt.found == "chưa xác nhận đã tiếp nhận hộp thư; thời hạn 5 ngày đã hết ngày 25/11/2026"
    assert owed([], [act("CB1", "CB2", "2026-11-21", acknowledged_at=None)]) == []
    # a mailbox that has gone on to the next needs the word of that one only
    assert owed([], [waiting, act("CB2", "CB3", "2026-11-22", acknowledged_at=None)]) == []
    assert len(owed([], [waiting, act("CB2", "CB3", "2026-11-27", acknowledged_at=None)])) == 1


def test_midnight_is_that_of_viet_nam() -> None:
    """23:30 UTC is the next day there: the term ended on the 21st, and its five days are not over."""
    late = {**term("CB1", "2026-01-01"), "ended_at": "2026-11-20T23:30:00+00:00"}
    assert owed([late], []) == []
