"""The report of a quarter: how it grows with the people, and what of it is laying out pages."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import directory
from tests.bench.figures import Figure
from tests.bench.site import Site

SIZES = (100, 10_000, 100_000)


def rendered(site: Site) -> Iterator[Figure]:
    """Seconds of `congvu report` in all forms, and its peak of memory."""
    assert site.first
    for people in SIZES:
        directory.empty(site)
        took = site.script("report", str(people))
        yield Figure(f"report of a quarter, {people:,} people, all forms", took["all"], "s", aim=60)
        yield Figure("  of it the figures (JSON alone)", took["json"], "s")
        yield Figure("  its memory", took["peak_mib"], "MiB", aim=1024)
