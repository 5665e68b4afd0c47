"""What people vouch for, and what that comes to for a row."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from congvu.policy import Attestation, Resolved, Row, Statement, attestations, judge_row, load

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
UNITS = {"tccb": "Phòng Tổ chức bộ máy", "bantg": "Ban Tôn giáo"}
ASKED = {
    "head": UNITS,
    "office": {"vp": "Văn phòng Sở"},
    "user": {"A1": "mã cán bộ A1", "A2": "mã cán bộ A2"},
}


@pytest.fixture(scope="module")
def policy() -> Resolved:
    return load(Path(__file__).parents[2] / "policy", "default", date(2026, 11, 23))


def said(key: str, *, row: str = "d8.k1", party: str = "head", attested: bool = True) -> Statement:
    return Statement(row, party, key, attested, "" if attested else "Chưa họp đơn vị")


def row(policy: Resolved, *words: Statement, asked: dict[str, dict[str, str]] | None = None) -> Row:
    """What d8.k1, which nothing but the heads' word can show, comes to."""
    found = attestations(policy, ASKED if asked is None else asked, words)
    return judge_row(policy.provision("d8.k1"), (), policy, found, NOW)


def test_a_row_is_attested_when_all_who_are_asked_have_confirmed(policy: Resolved) -> None:
    assert row(policy, said("tccb"), said("bantg")).status.value == "attested"
    told = row(policy, said("tccb"))
    assert told.status.value == "attestation_missing"
    assert told.reasons[0].vi == (
        "Mới có 1/2 xác nhận của người đứng đầu cơ quan, đơn vị; còn thiếu 1: Ban Tôn giáo."
    )
    assert row(policy).reasons[0].vi == "Chưa có xác nhận của người đứng đầu cơ quan, đơn vị."


def test_one_who_says_that_a_duty_is_not_kept_is_believed(policy: Resolved) -> None:
    told = row(policy, said("tccb"), said("bantg", attested=False))
    assert told.status.value == "not_met"
    assert told.reasons[0].vi == (
        "Người có trách nhiệm tự nêu chưa thực hiện đầy đủ: Ban Tôn giáo (Chưa họp đơn vị)."
    )


@pytest.mark.parametrize(
    "word",
    [
        said("bantg", party="office"),  # not the party that attests this row
        said("bantg", row="d6.k3.1"),  # another row
        said("closed"),  # a unit that nobody asks
        said("A1", row="", party="user"),
    ],
)
def test_the_word_of_others_does_not_count(policy: Resolved, word: Statement) -> None:
    assert row(policy, said("tccb"), word).status.value == "attestation_missing"


def test_where_nobody_is_asked_nothing_is_attested(policy: Resolved) -> None:
    assert row(policy, said("tccb"), asked={}).status.value == "attestation_missing"


def test_an_acknowledgement_speaks_for_every_row_of_the_users(policy: Resolved) -> None:
    words = [said("A1", row="", party="user"), said("A2", row="", party="user")]
    found = attestations(policy, ASKED, words)
    assert found["d5.s4"] == found["d5.s6"] == Attestation(asked=2, confirmed=2)
    assert attestations(policy, ASKED, words[:1])["d5.s6"].missing == ("mã cán bộ A2",)


def test_many_who_are_missing_are_counted_not_named(policy: Resolved) -> None:
    many = {f"u{number}": f"Phòng {number}" for number in range(9)}
    told = row(policy, said("u0"), asked={"head": many})
    assert told.reasons[0].vi.endswith("còn thiếu 8.")
