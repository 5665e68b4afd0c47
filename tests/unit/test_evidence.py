"""Observation files are read strictly, and what they say comes to findings by the policy."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from congvu import evidence
from congvu.errors import UserError
from congvu.evidence import Deviation, Observation
from congvu.policy import Resolved, Status, load

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def policy() -> Resolved:
    """A small regulation of four rows; nothing here knows ours."""
    return load(Path("tests/policy/other_regulation"), "default", NOW.date())


def entry(**changed: Any) -> dict[str, Any]:
    return {
        "control": "password-length",
        "observed_at": "2026-11-23T07:00:00+00:00",
        "checked": 3,
        "exceptions": [{"subject": "mật khẩu ngắn", "found": "được nhận"}],
        "numerator": None,
        "denominator": None,
        "figure": None,
        "evidence": ["ba mật khẩu được thử"],
    } | changed


def document(*entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": 1,
        "observed_at": "",
        "host": "mail",
        "policy_sha256": "0" * 64,
        "observations": list(entries),
    }


def seen(policy: Resolved, control: str, **changed: Any) -> Observation:
    made = Observation(control, "mail", policy.sha256, NOW - timedelta(hours=1), checked=3)
    return replace(made, **changed)


def statuses(policy: Resolved, *observations: Observation, now: datetime = NOW) -> dict[str, Status]:
    found = evidence.findings(policy, observations, {}, now)
    return {finding.row.provision.id: finding.row.status for finding in found}


# --- reading ------------------------------------------------------------------------------------------------


def test_a_file_is_read() -> None:
    (read,) = evidence.read(document(entry()))
    assert read.host == "mail"
    assert read.observed_at == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert read.exceptions == (Deviation("mật khẩu ngắn", "được nhận"),)


def test_an_entry_survives_the_way_into_the_database_and_back() -> None:
    (read,) = evidence.read(document(entry()))
    assert evidence.observation(read.body(), read.host, read.policy_sha256) == read


def test_local_time_becomes_utc() -> None:
    (read,) = evidence.read(document(entry(observed_at="2026-11-23T14:00:00+07:00")))
    assert read.body()["observed_at"] == "2026-11-23T07:00:00+00:00"


@pytest.mark.parametrize(
    "fault",
    [
        entry(control=None),
        entry(checked="3"),
        entry(checked=True),
        entry(checked=-1),
        entry(observed_at="2026-11-23T07:00:00"),  # no time zone
        entry(observed_at="yesterday"),
        entry(exceptions=[{"subject": "x"}]),
        entry(exceptions=["x"]),
        entry(numerator="1"),
        entry(evidence="x"),
        entry(verdict="met"),  # an observer does not judge
        {key: value for key, value in entry().items() if key != "checked"},
        "met",
    ],
)
def test_a_malformed_entry_is_refused(fault: Any) -> None:
    with pytest.raises(UserError, match="observation of"):
        evidence.read(document(fault))


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"observations": {}}, {"host": None}, {"policy_sha256": None}],
)
def test_a_malformed_file_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="observation file"):
        evidence.read(document(entry()) | change)


def test_a_control_observed_twice_is_refused() -> None:
    with pytest.raises(UserError, match="twice"):
        evidence.read(document(entry(), deepcopy(entry())))


def test_a_file_of_observers_that_all_broke_down_holds_nothing() -> None:
    assert evidence.read(document() | {"host": None, "policy_sha256": None}) == ()


# --- findings -----------------------------------------------------------------------------------------------


def test_every_row_has_a_finding_in_the_order_of_the_regulation(policy: Resolved) -> None:
    found = evidence.findings(policy, (), {}, NOW)
    assert [finding.row.provision for finding in found] == list(policy.provisions)
    assert {finding.row.status for finding in found} <= {Status.NOT_ASSESSED, Status.ATTESTATION_MISSING}


def test_an_exception_is_not_met(policy: Resolved) -> None:
    fault = seen(policy, "password-length", exceptions=(Deviation("x", "y"),))
    assert statuses(policy, fault)["a2.k1"] is Status.NOT_MET
    assert statuses(policy, seen(policy, "password-length"))["a2.k1"] is Status.MET


def test_the_newest_observation_counts(policy: Resolved) -> None:
    fault = seen(policy, "password-length", exceptions=(Deviation("x", "y"),))
    mended = seen(policy, "password-length", observed_at=NOW)
    assert statuses(policy, mended, fault)["a2.k1"] is Status.MET


def test_the_worst_host_counts(policy: Resolved) -> None:
    good = seen(policy, "password-length", observed_at=NOW)
    bad = seen(policy, "password-length", host="edge2", exceptions=(Deviation("x", "y"),))
    assert statuses(policy, good, bad)["a2.k1"] is Status.NOT_MET


def test_an_old_observation_proves_nothing(policy: Resolved) -> None:
    limit = timedelta(hours=24)
    just = seen(policy, "password-length", observed_at=NOW - limit)
    late = seen(policy, "password-length", observed_at=NOW - limit - timedelta(seconds=1))
    assert statuses(policy, just)["a2.k1"] is Status.MET
    assert statuses(policy, late)["a2.k1"] is Status.NOT_ASSESSED


@pytest.mark.parametrize("exceptions", [(), (Deviation("x", "y"),)])
def test_what_another_policy_judged_proves_nothing(
    policy: Resolved, exceptions: tuple[Deviation, ...]
) -> None:
    foreign = seen(policy, "password-length", policy_sha256="f" * 64, exceptions=exceptions)
    (finding,) = [each for each in evidence.findings(policy, [foreign], {}, NOW) if each.observations]
    assert finding.row.status is Status.NOT_ASSESSED
    assert "phiên bản chính sách khác" in finding.row.reasons[0].vi


def test_a_rate_is_judged_by_its_value(policy: Resolved) -> None:
    reached = seen(policy, "mail-delivery", numerator=9, denominator=10)
    missed = seen(policy, "mail-delivery", numerator=89, denominator=100)
    nothing = seen(policy, "mail-delivery", numerator=0, denominator=0)
    assert statuses(policy, reached)["a3"] is Status.MET
    assert statuses(policy, missed)["a3"] is Status.NOT_MET
    assert statuses(policy, nothing)["a3"] is Status.NOT_APPLICABLE


def test_an_encouraged_row_is_never_not_met(policy: Resolved) -> None:
    fault = seen(policy, "reports-by-mail", exceptions=(Deviation("x", "y"),), figure=0.0)
    assert statuses(policy, fault)["a4"] is not Status.NOT_MET


def test_a_finding_carries_what_it_rests_on(policy: Resolved) -> None:
    observation = seen(policy, "password-length")
    found = {each.row.provision.id: each for each in evidence.findings(policy, [observation], {}, NOW)}
    assert found["a2.k1"].observations == {"password-length": (observation,)}
    assert found["a3"].observations == {}
