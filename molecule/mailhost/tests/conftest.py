"""What the tests of this story share: the host's doors, and people who may come in by them."""

from __future__ import annotations

from typing import Any

import pytest
from doors import Doors


@pytest.fixture(scope="module")
def doors(demo: dict[str, Any]) -> Doors:
    return Doors(demo)


@pytest.fixture(scope="module")
def people(demo: dict[str, Any]) -> list[dict[str, Any]]:
    """All who can log in."""
    able = [each for each in demo["accounts"] if each["kind"] == "person" and each["state"] == "active"]
    return [each for each in able if each.get("password")]
