"""For what of a bundle seals from off the host vouch, by `congvu verify` and as docs/audit says."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from fix_chain import DAYS, LAST, TODAY, Packed, verified
from test_tampering import GUIDES, by_hand, change, listed_anew, sealed_anew

from congvu.chain import Seal
from congvu.services import cli, signing
from congvu.services.bundle import digest


def test_the_open_window_is_said_in_hours(packed: Packed) -> None:
    for path in packed.copies.glob("*.txt*"):
        if path.name[:10] > str(DAYS[3]):
            path.unlink()
    status, (said,) = verified(packed.folder, packed.copies)
    assert status == 0
    assert "Open window: 24 hours" in said


def only(bundle: Packed, *days: date) -> None:
    """The keeper has seals of these days alone."""
    for path in bundle.copies.glob("*.txt*"):
        if path.name[:10] not in map(str, days):
            path.unlink()


def kept_of(bundle: Packed, day: date, previous: str) -> None:
    """A seal of a day after the bundle leaves the host."""
    path = bundle.copies / f"{day}.txt"
    path.write_text(Seal("mail.snv.example", day, previous, "0" * 64, {}).text)
    path.with_name(f"{path.name}.sig").write_text(signing.sign(path.read_bytes(), bundle.key, signing.SEAL))


def past_its_quarter(bundle: Packed) -> date:
    """The quarter ends with the last seal of the bundle; the day after it."""
    report = json.loads((bundle.folder / "report.json").read_text())
    report["period"]["to"] = str(LAST)
    (bundle.folder / "report.json").write_text(json.dumps(report))
    listed_anew(bundle, bundle.key)
    return LAST + timedelta(days=1)


@pytest.mark.parametrize("later", [None, LAST + timedelta(days=200)])
def test_seals_that_are_compared_with_nothing_close_no_window(
    packed: Packed, tmp_path: Path, later: date | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The keeper has none, or those of another year alone, and root seals all of it anew."""
    only(packed)
    change(packed)
    sealed_anew(packed, packed.key)
    past_its_quarter(packed)
    if later:
        kept_of(packed, later, "1" * 64)
    assert cli.main(["verify", str(packed.folder), "--today", TODAY, "--seals", str(packed.copies)]) == 0
    out, error = capsys.readouterr()
    assert f"Open window: all of it, {24 * (len(DAYS) - 1)} hours" in out
    assert "could have made all of this anew" in error
    if later:
        assert any(line.startswith("open window: all of it") for line in by_hand(packed, GUIDES[0], tmp_path))


def test_the_seal_of_the_day_after_vouches_for_the_last_one(packed: Packed, tmp_path: Path) -> None:
    only(packed)
    kept_of(packed, past_its_quarter(packed), digest(packed.folder / "seals" / f"{LAST}.txt"))
    status, (said,) = verified(packed.folder, packed.copies)
    assert status == 0
    assert "Open window: 0 hours" in said
    assert not [line for line in by_hand(packed, GUIDES[0], tmp_path) if "open window" in line]


def test_a_last_seal_that_the_day_after_does_not_name_was_written_anew(
    packed: Packed, tmp_path: Path
) -> None:
    only(packed)
    after = past_its_quarter(packed)
    kept_of(packed, after, digest(packed.folder / "seals" / f"{LAST}.txt"))
    change(packed)
    sealed_anew(packed, packed.key)
    listed_anew(packed, packed.key)
    status, said = verified(packed.folder, packed.copies)
    assert status == 3
    assert any(line.startswith(f"{LAST} seal: ") for line in said)
    assert any(line.startswith(f"{LAST} seal: ") for line in by_hand(packed, GUIDES[0], tmp_path))


def test_the_open_window_is_the_same_by_hand(packed: Packed, tmp_path: Path) -> None:
    only(packed, DAYS[1], DAYS[2], LAST + timedelta(days=200))
    kept_of(packed, LAST + timedelta(days=200), "1" * 64)
    said = by_hand(packed, GUIDES[0], tmp_path)
    assert f"open window: 48 hours, from the end of {DAYS[2]}" in said
