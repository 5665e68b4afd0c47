"""What a benchmark measures, and how it is shown: as ratios of one run, never as a promise in seconds."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured line: ours, and the bare thing measured beside it in the same run.

    ``aim``: at most this; of the ratio where there is a bare thing, else of ours.
    """

    what: str
    ours: float
    unit: str
    bare: float | None = None
    aim: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.bare if self.bare else None

    @property
    def met(self) -> bool | None:
        judged = self.ours if self.ratio is None else self.ratio
        return None if self.aim is None else judged <= self.aim

    def row(self) -> str:
        cells = [self.what, f"{number(self.ours)} {self.unit}"]
        cells += [f"{number(self.bare)} {self.unit}" if self.bare is not None else "", number(self.ratio)]
        cells += [f"at most {self.aim:g}" if self.aim else "", {None: "", True: "yes", False: "NO"}[self.met]]
        return "| " + " | ".join(cells) + " |"

    def plain(self) -> dict[str, Any]:
        names = ("what", "ours", "unit", "bare", "ratio", "aim", "met")
        return {name: getattr(self, name) for name in names}


HEAD = "| measured | ours | bare | ratio | aim | met |\n|---|---|---|---|---|---|"


def number(value: float | None) -> str:
    """Three figures that count: more would be noise."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> dict[str, Any]:
    """Where this was measured: without it no figure means anything."""
    cpu = Path("/proc/cpuinfo").read_text("utf-8").partition("model name\t: ")[2].partition("\n")[0]
    memory = int(Path("/proc/meminfo").read_text("utf-8").partition("MemTotal:")[2].split()[0])
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu or "unknown",
        "cores": os.cpu_count(),
        "memory_mib": memory // 1024,
        "load": os.getloadavg()[0],
    }


def said(place: dict[str, Any]) -> str:
    return "{date}, {cpu}, {cores} cores, {memory_mib} MiB, load {load:.1f} at the start".format(**place)


def write(
    path: Path, place: dict[str, Any], figures: dict[str, list[Figure]], failed: dict[str, str]
) -> None:
    """The run as JSON: which machine, which figures, and what could not be measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    measured = {name: [figure.plain() for figure in lines] for name, lines in figures.items()}
    data = {"schema": 1, "machine": place, "figures": measured, "failed": failed}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
