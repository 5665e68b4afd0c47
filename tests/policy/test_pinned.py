"""A change of the law is a reviewed difference, also where one file's change moves what another one says."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

from pinned import PINNED, ROOT, resolved, text


def difference(folder: Path = ROOT / "policy") -> str:
    before, after = PINNED.read_text("utf-8").splitlines(), text(resolved(folder)).splitlines()
    return "\n".join(difflib.unified_diff(before, after, "reviewed", "policy/", lineterm="", n=1))


def test_the_policy_is_the_one_that_was_reviewed() -> None:
    changed = difference()
    assert not changed, f"the resolved policy has changed: review this, then `make golden`\n{changed}"


def test_a_changed_value_is_found(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "policy", tmp_path / "policy"))
    values = folder / "values.yml"
    values.write_text(values.read_text("utf-8").replace("  value: 200\n", "  value: 300\n", 1), "utf-8")
    changed = difference(folder)
    assert '+  "submission.messages_per_hour": 300' in changed
