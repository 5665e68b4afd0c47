"""The last quarters beside one another: how many provisions had which status, and the figures. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from congvu.evidence import Finding
from congvu.policy import Status
from congvu.report import words
from congvu.report.period import Period, period

QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter. ``counts``: by status, none where nothing was observed; ``figures``: by control."""

    period: Period
    counts: Mapping[str, int]
    figures: Mapping[str, tuple[float, float | None]]  # numerator and denominator, or a figure and None


def quarters_before(window: Period) -> list[Period]:
    """The quarters that stand beside this one, oldest first."""
    year, number = int(window.quarter[:4]), int(window.quarter[-1])
    ordinals = [year * 4 + number - 1 - back for back in range(QUARTERS - 1, 0, -1)]
    return [period(f"{each // 4}-Q{each % 4 + 1}", window.cutoff) for each in ordinals]


def quarter(window: Period, findings: Sequence[Finding]) -> Quarter:
    """What a quarter came to."""
    looks = {
        (each.control, each.host): each
        for finding in findings
        for several in finding.observations.values()
        for each in several
    }
    if not looks:
        return Quarter(window, {}, {})
    found = Counter(finding.row.status for finding in findings)
    figures: dict[str, tuple[float, float | None]] = {}
    for (control, _), each in sorted(looks.items()):
        before = figures.get(control, (0, 0))
        if each.numerator is not None and each.denominator:
            figures[control] = (before[0] + each.numerator, (before[1] or 0) + each.denominator)
        elif each.figure is not None:
            figures[control] = (before[0] + each.figure, None)
    return Quarter(window, {status.value: found[status] for status in Status}, figures)


def plain(trend: Iterable[Quarter]) -> list[dict[str, Any]]:
    """The trend as ``report.json`` has it."""
    return [
        {
            "quarter": each.period.quarter,
            "from": each.period.first.isoformat(),
            "to": each.period.last.isoformat(),
            "counts": dict(each.counts) or None,
            "figures": {
                control: {"figure": value} if of is None else {"numerator": value, "denominator": of}
                for control, (value, of) in each.figures.items()
            },
        }
        for each in trend
    ]


def shown(value: tuple[float, float | None] | None) -> str:
    """A figure as it is read: a share, a number, or a dash where there was none."""
    if value is None:
        return "–"
    number, of = value
    return words.number(number) if of is None else words.percent(number / of)


def short(window: Period) -> str:
    """Return ``IV/2026``."""
    return f"{words.ROMAN[int(window.quarter[-1]) - 1]}/{window.quarter[:4]}"
