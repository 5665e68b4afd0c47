"""A change of the law is a reviewed difference, also where one file's change moves what another one says."""

from __future__ import annotations

import difflib
from typing import Any

from pinned import PINNED, resolved, text


def difference(plain: dict[str, Any]) -> str:
    before, after = PINNED.read_text("utf-8").splitlines(), text(plain).splitlines()
    return "\n".join(difflib.unified_diff(before, after, "reviewed", "policy/", lineterm="", n=1))


def test_the_policy_is_the_one_that_was_reviewed() -> None:
    changed = difference(resolved())
    assert not changed, f"the resolved policy has changed: review this, then `make golden`\n{changed}"


def test_a_changed_value_is_found() -> None:
    plain = resolved()
    plain["values"]["password.min_length"] += 1
    assert '+  "password.min_length"' in difference(plain)
