"""The chain on a real database: what is sealed, when, and that what is sealed takes no more."""

from __future__ import annotations

from fix_chain import DAYS, LAST, Packed, verified


def test_a_bundle_is_as_it_was_sealed(packed: Packed) -> None:
    assert verified(packed.archive, packed.copies)[0] == 0, verified(packed.archive, packed.copies)
    status, said = verified(packed.folder)
    assert status == 0, said
    assert f"{DAYS[1]} to {LAST}" in said[0]
