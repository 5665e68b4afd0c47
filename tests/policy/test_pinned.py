"""A change of the law is a reviewed difference, also where one file's change moves what another one says."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
from pinned import PINNED, changed, profiles, resolved, text


def difference(plain: dict[str, Any]) -> str:
    before, after = PINNED.read_text("utf-8").splitlines(), text(plain).splitlines()
    return "\n".join(difflib.unified_diff(before, after, "reviewed", "policy/", lineterm="", n=1))


def test_the_policy_is_the_one_that_was_reviewed() -> None:
    changed = difference(resolved())
    assert not changed, f"the resolved policy has changed: review this, then `make golden`\n{changed}"


@pytest.mark.parametrize("profile", profiles())
def test_each_other_profile_changes_what_was_reviewed(profile: str) -> None:
    assert text(changed(profile)) == PINNED.with_name(f"{profile}.json").read_text("utf-8"), "`make golden`"


def test_no_profile_was_reviewed_that_is_not_there() -> None:
    assert {path.stem for path in PINNED.parent.glob("*.json")} == {"default", *profiles()}


def test_a_changed_value_is_found() -> None:
    plain = resolved()
    plain["values"]["password.min_length"] += 1
    assert '+  "password.min_length"' in difference(plain)
