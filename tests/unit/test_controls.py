"""Every built control has one observer, and at least one way to break a host that it has to notice."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest
import yaml

from congvu.policy import Resolved, load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def policy() -> Resolved:
    return load(ROOT / "policy", "default", date(2026, 11, 23))


def observed() -> list[str]:
    """The controls that the tests of `tests/controls` are marked with."""
    found = []
    for path in sorted((ROOT / "tests/controls").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="control"), args=[ast.Constant(value=str(control))]):
                    found.append(control)
    return found


def test_every_built_control_has_one_observer(policy: Resolved) -> None:
    assert sorted(observed()) == [control.id for control in policy.controls if control.built]


def test_every_built_control_can_fail(policy: Resolved) -> None:
    tables = (ROOT / "tests/controls/mutations").glob("*.yml")
    mutations = [each for table in tables for each in yaml.safe_load(table.read_text(encoding="utf-8"))]
    assert {each["control"] for each in mutations} == {c.id for c in policy.controls if c.built}
    for mutation in mutations:
        assert mutation.keys() - {"also"} == {"control", "about", "break", "mend", "turns"}
        turned = {mutation["control"], *mutation.get("also", [])}
        rows = {row.id for row in policy.provisions if turned & set(row.controls)}
        assert rows == set(mutation["turns"]), mutation["about"]
