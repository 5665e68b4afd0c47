"""After all walks (files are taken by name): the evidence of the day, sealed as if it were over, is whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import in_the_directory, on_host

_CLOCK = (
    "create or replace function congvu_now() returns timestamptz language sql stable as 'select now() {}';"
)
_OPENED = "delete from {} where day > '{}';"
# What people did here leaves of each of these at least one.
WALKED = {"acknowledgement", "audit_record", "event", "statement"}


@pytest.fixture
def before() -> Iterator[str]:
    """The last day that was sealed before all that is not. At the end the days after it are open again."""
    last = in_the_directory("select coalesce(max(day), '-infinity') from seal")
    in_the_directory(_CLOCK.format("+ interval ''1 day''"))
    try:
        on_host("systemctl", "start", "congvu-seal.service")
    finally:
        in_the_directory(_CLOCK.format(""))
    yield last
    in_the_directory("".join(_OPENED.format(table, last) for table in ("seal_copy", "segment", "seal")))


def test_the_host_finds_what_was_done_here_as_it_was_sealed(before: str) -> None:
    held = in_the_directory(
        f"select source from segment where day > '{before}' group by source having sum(lines) > 0"
    )
    assert set(held.split()) >= WALKED
    day = in_the_directory("select max(day) from seal")
    room = on_host("mktemp", "-d").strip()
    try:
        bundle = on_host("congvu", "bundle", "--format", "json", "--out", room).strip()
        said = on_host("congvu", "verify", bundle)
    finally:
        on_host("rm", "-r", room)
    assert said.startswith("As it was sealed: ")
    assert f"to {day}, signed by " in said
