"""A second, small regulation, copied so that a test may spoil it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from congvu.errors import PolicyError
from congvu.policy import Resolved, load

TODAY = date(2026, 11, 23)
OTHER_REGULATION = Path(__file__).parent / "other_regulation"


@dataclass(frozen=True)
class Folder:
    """A policy folder of one test."""

    path: Path

    def replace(self, file: str, old: str, new: str) -> None:
        """Replaces the one place in which ``old`` stands."""
        text = (self.path / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (self.path / file).write_text(text.replace(old, new), encoding="utf-8")

    def spoil(self, file: str, old: str, new: str, expected: Iterable[str], profile: str) -> None:
        """Replaces, and asserts that the faults then say every expected thing."""
        line = (self.path / file).read_text(encoding="utf-8").partition(old)[0].count("\n") + 1
        self.replace(file, old, new)
        told = "\n".join(self.faults(profile))
        for words in expected:
            assert words.replace("{at}", f"{file}:{line}") in told

    def resolve(self, profile: str = "default", today: date = TODAY) -> Resolved:
        return load(self.path, profile, today)

    def faults(self, profile: str = "default", today: date = TODAY) -> tuple[str, ...]:
        """The faults, with file names relative to the folder. Fails when there is none."""
        with pytest.raises(PolicyError) as caught:
            self.resolve(profile, today)
        return tuple(fault.replace(f"{self.path}/", "") for fault in caught.value.faults)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(shutil.copytree(OTHER_REGULATION, tmp_path / "policy"))
