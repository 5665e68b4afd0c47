"""The regulation in ``policy/``: complete, in our own words, and no laxer than its text.

What any regulation must satisfy (known names, bounds, exceptions) the loader checks; here stands what only
this text says.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from congvu.errors import PolicyError
from congvu.policy import Resolved, Text, load

POLICY = Path(__file__).parents[2] / "policy"
TODAY = date(2026, 11, 23)

# Every leaf of the text (article, paragraph, point) and the duties in its sentences; "" is the leaf itself.
LEAVES = {
    "d0": [""],
    "d1.k1": [""],
    "d1.k2": [""],
    "d2.k1": [""],
    "d2.k2": [".1", ".2"],
    "d3.k1": [""],
    "d3.k2": [".1", ".2"],
    "d3.k3": [".1", ".2"],
    "d3.k4": [".1", ".2", ".3", ".4", ".5"],
    "d3.k5": [""],
    "d4.k1.a": [".1", ".2"],
    "d4.k1.b": [".1", ".2", ".3"],
    "d4.k2.a": [".1", ".2", ".3"],
    "d4.k2.b": [".1", ".2"],
    "d4.k2.c": [".1", ".2"],
    "d4.k3.a": [".1", ".2"],
    "d4.k3.b": [""],
    "d4.k3.c": [""],
    "d4.k3.d": [""],
    "d4.k3.dd": [".1", ".2"],
    "d4.k3.e": [""],
    "d4.k3.f": [""],
    "d5": [".s1", ".s2", ".s3", ".s4", ".s5", ".s6", ".s7"],
    "d6.k1": [".1", ".2"],
    "d6.k2": [""],
    "d6.k3": [".1", ".2"],
    "d6.k4": [".1", ".2"],
    "d6.k5": [""],
    "d7.k1.a": [".1", ".2", ".3", ".4"],
    "d7.k1.b": [""],
    "d7.k2.a": [".1", ".2"],
    "d7.k2.b": [""],
    "d7.k3.a": [".1", ".2"],
    "d7.k3.b": [".1", ".2", ".3"],
    "d8.k1": [""],
    "d8.k2": [".1", ".2"],
    "d8.k3": [".1", ".2"],
}
ENCOURAGING = {"d6.k1.1", "d6.k2", "d7.k3.a.1"}

# Read aloud in a meeting, or printed in a cell of the report: longer than this is no longer one duty.
LONGEST_DUTY = 200
LONGEST_TEXT = 260
VIETNAMESE = re.compile("[àáâãèéêìíòóôõùúýăđĩũơưạ-ỹ]", re.IGNORECASE)


@pytest.fixture(scope="module")
def policy() -> Resolved:
    return load(POLICY, "default", TODAY)


def prose(policy: Resolved) -> Iterator[tuple[str, Text]]:
    """Every text that people read, with a name for it; not the commands of ``check_by_hand``."""
    for row in policy.provisions:
        yield f"duty of {row.id}", row.duty
        if row.statement:
            yield f"statement of {row.id}", row.statement
        if row.not_assessed:
            yield f"not_assessed of {row.id}", row.not_assessed
    for control in policy.controls:
        texts = {"title": control.title, "enforced": control.enforced, "observed": control.observed}
        texts["reason"] = control.reason
        yield from ((f"{name} of {control.id}", text) for name, text in texts.items() if text)
    for finding in policy.findings:
        yield f"problem of {finding.id}", finding.problem
        yield f"handling of {finding.id}", finding.handling
    for key, rule in policy.value_rules.items():
        yield f"title of {key}", rule.title


def calendars() -> list[dict[str, Any]]:
    files = sorted((POLICY / "calendar").glob("20*.yml"))
    return [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]


def test_every_leaf_of_the_text_has_its_rows_in_the_order_of_the_text(policy: Resolved) -> None:
    expected = [leaf + duty for leaf, duties in LEAVES.items() for duty in duties]
    assert [row.id for row in policy.provisions] == expected


def test_what_is_enforced_or_measured_has_a_control_and_what_is_attested_a_witness(policy: Resolved) -> None:
    for row in policy.provisions:
        assert row.controls or not {"E", "M"} & set(row.kind), f"{row.id} has no control"
        assert row.attests or "O" not in row.kind, f"nobody attests {row.id}"


def test_a_row_that_nothing_observes_has_somebody_to_vouch_or_says_why(policy: Resolved) -> None:
    built = {control.id for control in policy.controls if control.built}
    for row in policy.provisions:
        unbuilt = set(row.controls) - built
        assert row.controls or row.attests or row.not_assessed, row.id
        assert all(policy.control(control).reason for control in unbuilt), row.id
        # Whoever is asked for their word is judged by it.
        assert not (row.attests and row.not_assessed), row.id


def test_whoever_vouches_is_told_for_what_in_a_sentence(policy: Resolved) -> None:
    for row in policy.provisions:
        assert (row.attests is None) == (row.statement is None), row.id
        if row.statement:
            assert row.statement.vi.endswith("."), row.id
            assert row.statement.vi != row.duty.vi, row.id


def test_every_control_is_reached_from_a_row(policy: Resolved) -> None:
    reached = {control for row in policy.provisions for control in row.controls}
    assert reached == {control.id for control in policy.controls}
    assert reached == {file.stem for file in (POLICY / "controls").glob("*.yml")}


def test_only_encouraging_rows_can_never_be_broken(policy: Resolved) -> None:
    assert {row.id for row in policy.provisions if "P" in row.kind} == ENCOURAGING


def test_a_built_control_is_checked_by_the_same_commands_in_both_languages(policy: Resolved) -> None:
    for control in policy.controls:
        if control.built:
            assert control.check_by_hand
            words_vi, commands_vi = control.check_by_hand.vi.split("\n\n", 1)
            words_en, commands_en = control.check_by_hand.en.split("\n\n", 1)
            assert words_vi != words_en, control.id
            assert commands_vi == commands_en, control.id


def test_a_daily_audit_keeps_every_control_fresh(policy: Resolved) -> None:
    for control in policy.controls:
        assert not control.built or (control.max_age_hours or 0) > 24, control.id


def test_every_text_is_written_in_both_languages_as_people_read_them(policy: Resolved) -> None:
    for name, text in prose(policy):
        assert VIETNAMESE.search(text.vi), f"{name}: no diacritics"
        assert text.vi != text.en, f"{name}: not translated"
        longest = LONGEST_DUTY if name.startswith("duty") else LONGEST_TEXT
        for words in (text.vi, text.en):
            assert len(words) <= longest, f"{name}: {len(words)} characters"
            assert words == " ".join(words.split()), f"{name}: stray spaces"


def test_the_files_are_nfc_and_name_no_host() -> None:
    for file in POLICY.rglob("*.yml"):
        text = file.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), file
        assert not re.search(r"\bgov\.vn|binhdinh\.(test|gov)|{{|{%", text), file


def test_the_findings_are_complete_and_in_order(policy: Resolved) -> None:
    assert [finding.id for finding in policy.findings] == [f"F{number:02d}" for number in range(1, 30)]


def test_the_regulation_stays_a_draft_while_its_decision_is_blank(policy: Resolved) -> None:
    basis = policy.legal_basis
    assert (basis.number, basis.date, basis.status) == (None, None, "draft")


@pytest.mark.parametrize(
    ("key", "laxer"),
    [
        ("password.min_length", "7"),
        ("password.min_length_with_second_factor", "7"),
        ("password.max_length", "32"),
        ("password.classes", "[digit, upper, lower]"),
        ("rotation.expire_months", "7"),
        ("rotation.expire_months", "2"),
        ("rotation.due_months", "7"),
        ("check.min_per_day", "1"),
        ("tls.min_version", "TLSv1.1"),
    ],
)
def test_no_environment_may_be_laxer_than_the_text(tmp_path: Path, key: str, laxer: str) -> None:
    folder = shutil.copytree(POLICY, tmp_path / "policy")
    (folder / "profiles" / "lax.yml").write_text(
        f"select: all\nvalues:\n  {key}: {laxer}\n", encoding="utf-8"
    )
    with pytest.raises(PolicyError, match=re.escape(key)):
        load(folder, "lax", TODAY)


def test_the_national_standard_is_a_profile_that_is_nowhere_laxer_than_the_regulation() -> None:
    usual, strict = (load(POLICY, name, TODAY) for name in ("default", "tcvn-14423"))
    assert [row.id for row in strict.provisions] == [row.id for row in usual.provisions]
    assert strict.values["password.min_length"] == 14
    assert strict.values["password.min_length_with_second_factor"] == 8
    assert set(strict.values["password.classes"]) == {"digit", "upper", "lower", "special"}
    told = {key: rule.norm for key, rule in strict.value_rules.items() if rule.norm}
    assert told["password.min_length"] == told["login.max_failures"] == "tcvn-14423"
    assert told["rotation.expire_months"] == "regulation"


def test_each_calendar_is_of_one_year_and_says_what_each_day_rests_on() -> None:
    assert [each["year"] for each in calendars()] == list(range(2026, 2026 + len(calendars())))
    for each in calendars():
        entries = each["days_off"] + each["working_days"]
        assert all(entry["date"].year == each["year"] and entry["decision"] for entry in entries)
        dates = [entry["date"] for entry in each["days_off"]]
        assert dates == sorted(set(dates))
        estimated = any(entry["decision"] == "dự kiến" for entry in entries)
        assert each["status"] == ("estimated" if estimated else "decided")


def test_a_swapped_saturday_gives_back_a_weekday_that_is_off() -> None:
    for each in calendars():
        off = {entry["date"] for entry in each["days_off"]}
        for entry in each["working_days"]:
            assert entry["date"].weekday() >= 5
            assert entry["instead_of"] in off
            assert entry["instead_of"].weekday() < 5


def test_no_public_holiday_is_lost_to_the_weekend() -> None:
    """12 paid days a year (24 November since 2026); each swap adds one, worked on another day."""
    for each in calendars():
        weekdays = [entry["date"] for entry in each["days_off"] if entry["date"].weekday() < 5]
        assert len(weekdays) == 12 + len(each["working_days"])
