"""The filter holds_address, which keeps operators from locking themselves out."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[2] / "plugins" / "filter" / "holds_address.py"


@pytest.fixture(scope="module")
def holds() -> Any:
    spec = importlib.util.spec_from_file_location("holds_address", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.holds_address


@pytest.mark.parametrize(
    ("networks", "address", "inside"),
    [
        (["203.0.113.0/28"], "203.0.113.15", True),
        (["203.0.113.0/28"], "203.0.113.16", False),
        (["192.0.2.0/24", "203.0.113.7"], "203.0.113.7", True),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["2001:db8::/32"], "203.0.113.7", False),
        (["203.0.113.0/28"], "::ffff:203.0.113.1", True),
        ([], "203.0.113.1", False),
    ],
)
def test_an_address_is_inside_or_not(holds: Any, networks: list[str], address: str, inside: bool) -> None:
    assert holds(networks, address) is inside


@pytest.mark.parametrize("networks", [["203.0.113.7/28"], ["office"]])
def test_what_is_no_network_is_named(holds: Any, networks: list[str]) -> None:
    with pytest.raises(ValueError, match=networks[0]):
        holds(networks, "203.0.113.1")
