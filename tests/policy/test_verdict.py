"""From observations to the status of a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from congvu.policy import Attestation, Status, judge, worst

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """An observation, made an hour ago."""

    checked: int = 0
    exceptions: tuple[str, ...] = ()
    numerator: int | None = None
    denominator: int | None = None
    figure: float | None = None
    observed_at: datetime = NOW - timedelta(hours=1)


def statuses(policy, observations, attested=(), now=NOW):
    attested = {row: Attestation(asked=1, confirmed=1) for row in attested}
    return {row.provision.id: row.status.value for row in judge(policy, observations, attested, now)}


def status(policy, control, *seen, row, attested=(), now=NOW):
    return statuses(policy, {control: seen}, attested, now)[row]


def test_nothing_observed(folder):
    assert statuses(folder.resolve(), {}) == {
        "a1": "not_assessed",
        "a2.k1": "not_assessed",
        "a2.k2": "attestation_missing",
        "a3": "not_assessed",
        "a4": "not_assessed",
    }


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([Seen(checked=5)], "met"),
        ([Seen(checked=5, exceptions=("an@",))], "not_met"),
        ([Seen(checked=0)], "not_applicable"),
        ([Seen(checked=0, exceptions=("an@",))], "not_met"),
        ([], "not_assessed"),
        ([Seen(checked=5, observed_at=NOW - timedelta(hours=24))], "met"),
        ([Seen(checked=5, observed_at=NOW - timedelta(hours=24, seconds=1))], "not_assessed"),
        ([Seen(checked=5, observed_at=NOW + timedelta(minutes=4))], "met"),
        ([Seen(checked=5, observed_at=NOW + timedelta(hours=1))], "not_assessed"),
        ([Seen(checked=5), Seen(checked=5, exceptions=("an@",))], "not_met"),
        ([Seen(checked=5), Seen(checked=5, observed_at=NOW - timedelta(days=9))], "not_assessed"),
        (
            [Seen(checked=5, exceptions=("an@",)), Seen(checked=5, observed_at=NOW - timedelta(days=9))],
            "not_met",
        ),
        ([Seen(checked=5, exceptions=("an@",), observed_at=NOW - timedelta(days=9))], "not_assessed"),
    ],
)
def test_all(folder, seen, expected):
    assert status(folder.resolve(), "password-length", *seen, row="a2.k1") == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([Seen(numerator=9, denominator=10)], "met"),
        ([Seen(numerator=89, denominator=100)], "not_met"),
        ([Seen(numerator=0, denominator=0)], "not_applicable"),
        ([Seen(checked=10)], "not_assessed"),
        # Two hosts are judged by what they did together, not each by itself.
        ([Seen(numerator=1, denominator=2), Seen(numerator=98, denominator=98)], "met"),
    ],
)
def test_rate(folder, seen, expected):
    assert status(folder.resolve(), "mail-delivery", *seen, row="a3") == expected


def test_a_rate_is_judged_by_the_value_in_force(folder):
    folder.replace("values.yml", "value: 0.9\n", "value: 0.5\n")
    assert status(folder.resolve(), "mail-delivery", Seen(numerator=5, denominator=10), row="a3") == "met"


def build_figure(folder, verdict="figure"):
    """Makes the control of the encouraging row a built one."""
    file = "controls/reports-by-mail.yml"
    text = (folder.path / "controls/mail-delivery.yml").read_text(encoding="utf-8")
    text = text.replace("mail-delivery", "reports-by-mail").replace("{rate: delivery.min_rate}", verdict)
    (folder.path / file).write_text(text, encoding="utf-8")


def test_a_figure_is_reported_not_judged(folder):
    build_figure(folder)
    rows = judge(folder.resolve(), {"reports-by-mail": [Seen(figure=0.1)]}, {}, NOW)
    assert rows[4].status is Status.NOT_ASSESSED
    assert "not judged" in rows[4].reasons[0].en


def test_a_figure_takes_no_part_beside_a_control_that_judges(folder):
    build_figure(folder)
    folder.replace("regulation/rules.yml", "[mail-delivery]", "[mail-delivery, reports-by-mail]")
    good = {"mail-delivery": [Seen(numerator=1, denominator=1)], "reports-by-mail": [Seen(figure=0.1)]}
    assert statuses(folder.resolve(), good)["a3"] == "met"
    assert statuses(folder.resolve(), good | {"reports-by-mail": []})["a3"] == "not_assessed"


def test_an_encouraging_row_is_never_not_met(folder):
    build_figure(folder, verdict="all")
    seen = Seen(checked=9, exceptions=("an@",))
    assert status(folder.resolve(), "reports-by-mail", seen, row="a4") == "not_assessed"
    assert status(folder.resolve(), "reports-by-mail", Seen(checked=9), row="a4") == "met"


def test_not_built_says_why(folder):
    rows = judge(folder.resolve(), {"reports-by-mail": [Seen(checked=9)]}, {}, NOW)
    assert rows[4].status is Status.NOT_ASSESSED
    assert rows[4].reasons[0].en == "There is no register yet in which reports could be counted."


@pytest.mark.parametrize(
    ("seen", "attested", "expected"),
    [
        (Seen(checked=5), ["a2.k2"], "attested"),
        (Seen(checked=5), ["a2.k1"], "attestation_missing"),
        (Seen(checked=5, exceptions=("an@",)), ["a2.k2"], "not_met"),
        (Seen(checked=0), ["a2.k2"], "attested"),
        (Seen(checked=5, observed_at=NOW - timedelta(days=2)), ["a2.k2"], "not_assessed"),
    ],
)
def test_a_row_takes_the_worst_of_control_and_attestation(folder, seen, attested, expected):
    assert status(folder.resolve(), "password-age", seen, row="a2.k2", attested=attested) == expected


def test_a_row_may_say_that_no_attestation_is_asked_for_yet(folder):
    folder.replace(
        "regulation/rules.yml",
        "  attests: chairman\n",
        "  attests: chairman\n  not_assessed: {vi: Chưa thu thập., en: Not collected yet.}\n",
    )
    assert status(folder.resolve(), "password-age", Seen(checked=5), row="a2.k2") == "not_assessed"
    assert status(folder.resolve(), "password-age", Seen(exceptions=("an@",)), row="a2.k2") == "not_met"


BAD = Seen(numerator=1, denominator=10)


def test_a_waiver_accepts_what_is_not_met_until_the_end_of_its_last_day(folder):
    last = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)  # 23:59 in Viet Nam
    seen = Seen(numerator=1, denominator=10, observed_at=last)
    assert status(folder.resolve(), "mail-delivery", BAD, row="a3") == "not_met"
    assert status(folder.resolve("strict"), "mail-delivery", BAD, row="a3") == "waived"
    assert status(folder.resolve("strict"), "mail-delivery", seen, row="a3", now=last) == "waived"
    later = last + timedelta(minutes=1)
    assert status(folder.resolve("strict"), "mail-delivery", seen, row="a3", now=later) == "not_met"


def test_a_waiver_hides_neither_success_nor_ignorance(folder):
    good = Seen(numerator=10, denominator=10)
    assert status(folder.resolve("strict"), "mail-delivery", good, row="a3") == "met"
    assert status(folder.resolve("strict"), "mail-delivery", row="a3") == "not_assessed"


def test_a_waiver_of_one_control_leaves_the_others(folder):
    folder.replace("regulation/rules.yml", "[mail-delivery]", "[mail-delivery, password-age]")
    late = Seen(checked=5, exceptions=("an@",))
    policy = folder.resolve("strict")
    assert statuses(policy, {"mail-delivery": [BAD], "password-age": [Seen(checked=5)]})["a3"] == "waived"
    assert statuses(policy, {"mail-delivery": [BAD], "password-age": [late]})["a3"] == "not_met"


def test_a_waiver_of_a_row_covers_its_attestation(folder):
    folder.replace("profiles/strict.yml", "provision: a3\n    control: mail-delivery\n", "provision: a2.k2\n")
    assert status(folder.resolve("strict"), "password-age", Seen(checked=5), row="a2.k2") == "waived"


def test_reasons_are_those_of_the_status(folder):
    rows = judge(folder.resolve(), {"mail-delivery": [BAD]}, {}, NOW)
    assert [reason.vi for reason in rows[3].reasons] == ["1 trên 10 trường hợp, chưa đạt mức tối thiểu 90%."]


def test_worst_first():
    order = ["not_met", "attestation_missing", "not_assessed", "waived", "attested", "met", "not_applicable"]
    assert [each.value for each in Status] == order
    assert worst([Status.MET, Status.NOT_APPLICABLE, Status.WAIVED]) is Status.WAIVED
    assert worst([]) is Status.NOT_ASSESSED
