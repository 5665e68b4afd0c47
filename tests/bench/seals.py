"""A quarter of evidence checked by `congvu verify`, and how large it is; no host is needed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from congvu import policy
from congvu.chain import GENESIS, SOURCES, Pseudonyms, Seal, index, lines, segment
from congvu.chain.seal import split
from congvu.services import signing
from congvu.services.bundle import digest, files, pack
from tests.bench.figures import Figure
from tests.bench.site import Site

PEOPLE = 200
DAYS = 91
EACH = 15  # events of a person on a working day: sessions, looks, messages
FIRST = date(2026, 9, 15)


def checked(_: Site) -> Iterator[Figure]:
    """Seconds of `congvu verify` against those of sha256sum over the same files; records; bytes."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "bundle"
        records = made(folder, Path(place) / "key")
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "congvu.services.cli", "verify", folder], check=True, capture_output=True
        )
        seconds = time.monotonic() - began
        began = time.monotonic()
        subprocess.run(["sha256sum", "--check", "--quiet", "MANIFEST"], cwd=folder, check=True)
        bare = time.monotonic() - began
        pack(folder, Path(place) / "bundle.tar.gz")
        size = (Path(place) / "bundle.tar.gz").stat().st_size
    yield Figure(f"a bundle of {records:,} records checked, against sha256sum", seconds, "s", bare)
    yield Figure("records checked a second", records / seconds, "/s")
    yield Figure("evidence of a person and quarter, packed", size / PEOPLE / 1024, "KiB")


def made(folder: Path, key: Path) -> int:
    """A sound bundle; how many records it holds."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
    for name in ("seals", "evidence"):
        (folder / name).mkdir(parents=True)
    resolved = policy.load(Path("policy"), "default", FIRST)
    names, before, records = Pseudonyms(bytes(32)), GENESIS, 0
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        rows = [event(day, records + each) for each in range(PEOPLE * EACH)] if day.weekday() < 5 else []
        written = list(lines(SOURCES["event"], rows, names))
        found, marks = segment(written)
        if written:
            (folder / "evidence" / f"{day}-event.jsonl").write_bytes(b"".join(written))
            (folder / "evidence" / f"{day}-event.lines").write_bytes(index(split(marks)))
        seal = Seal("mail.example", day, before, resolved.sha256, {"event": found})
        (folder / "seals" / f"{day}.txt").write_text(seal.text)
        (folder / "seals" / f"{day}.txt.sig").write_text(signing.sign(seal.text.encode(), key, signing.SEAL))
        before, records = seal.head, records + len(rows)
    (folder / "allowed_signers").write_text(signing.allowed([signing.public(key)]))
    (folder / "policy.json").write_text(json.dumps(policy.dump(resolved)))
    last = FIRST + timedelta(days=DAYS - 1)
    report = {
        "period": {"from": str(FIRST), "to": str(last)},
        "policy": {"sha256": resolved.sha256},
        "seal": {"day": str(last), "head": before},
    }
    (folder / "report.json").write_text(json.dumps(report))
    manifest = "".join(f"{digest(path)}  {path.relative_to(folder)}\n" for path in files(folder))
    (folder / "MANIFEST").write_text(manifest)
    (folder / "MANIFEST.sig").write_text(signing.sign(manifest.encode(), key, signing.BUNDLE))
    return records


def event(day: date, number: int) -> dict[str, object]:
    at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(seconds=number % 30000)
    who = f"nguoi{number % PEOPLE}@snv.example"
    return {
        "id": number + 1,
        "taken": at + timedelta(seconds=20),
        "at": at,
        "host": "mail",
        "kind": "login",
        "door": "imaps",
        "login": who,
        "mailbox": who,
        "peer": f"10.20.{number % PEOPLE}.4",
        "detail": {"key": "password", "session": f"{number * 2654435761 % 2**64:016x}"},
    }
