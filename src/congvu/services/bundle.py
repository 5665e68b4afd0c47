"""`congvu bundle`: one archive a quarter, which an auditor checks without this host and this software.

It holds the report, the policy, the evidence without names, the seals, and a signed list of all of it. The
same evidence gives the same bytes. That it was made is itself a record.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from congvu import store
from congvu.chain import SOURCES, Pseudonyms, index, segment
from congvu.chain.seal import split
from congvu.errors import UserError
from congvu.policy import read_json
from congvu.report.period import CUTOFFS, Period
from congvu.services import report, signing
from congvu.services.audit import add_sources
from congvu.services.host import actor
from congvu.services.seal import KEYS
from congvu.store import Store, chain

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_DAY = timedelta(days=1)
READ_ME = ("README.en.md", "README.vi.md")


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "bundle",
        help="pack report and evidence of a quarter for an auditor",
        description="Packs report, policy, evidence without names, and seals of a quarter. Exit status: "
        "0 packed, 3 packed, but the evidence is not what was sealed.",
    )
    parser.add_argument("--quarter", help="2026-Q4; default: the present one")
    parser.add_argument("--cutoff", choices=CUTOFFS, help="default: the policy's report.cutoff")
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="put the archive here")
    parser.add_argument("--format", nargs="+", choices=report.FORMATS, default=report.FORMATS)
    parser.add_argument("--letterhead", default="{}", help="JSON: authority, organisation, symbol, place ...")
    parser.add_argument("--keys", type=Path, default=KEYS, metavar="DIR", help=argparse.SUPPRESS)
    add_sources(parser)


def run(args: argparse.Namespace) -> int:
    window = report.asked_for(args, read_json(args.policy))
    name = f"congvu-{window.quarter}-{window.cutoff}"
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.out, prefix=".bundle-") as place:
        folder = Path(place) / name
        folder.mkdir()
        pseudonyms = Pseudonyms((args.keys / "pseudonym.key").read_bytes())
        with store.connect(args.host, args.database) as db:
            altered = write_evidence(db, window, folder, pseudonyms)
            db.record(actor(), "evidence.export", name, {"quarter": window.quarter})
        (folder / "policy.json").write_bytes(args.policy.read_bytes())
        for file, content in report.files(args, window, pseudonyms).items():
            (folder / file).write_bytes(content)
        for each in READ_ME:
            (folder / each).write_bytes((resources.files("congvu.chain") / each).read_bytes())
        manifest = "".join(f"{digest(path)}  {path.relative_to(folder)}\n" for path in files(folder)).encode()
        (folder / "MANIFEST").write_bytes(manifest)
        signature = signing.sign(manifest, args.keys / "seal.key", signing.BUNDLE)
        (folder / "MANIFEST.sig").write_text(signature, "ascii")
        archive = Path(place) / f"{name}.tar.gz"
        pack(folder, archive)
        target = args.out / archive.name
        archive.replace(target)
    print(target)
    for each in altered:
        print(f"congvu: {each}: not what was sealed; congvu verify says which lines", file=sys.stderr)
    return 3 if altered else 0


def write_evidence(db: Store, window: Period, folder: Path, pseudonyms: Pseudonyms) -> list[str]:
    """Seals and evidence of a period, and the seal of the day before it; what is not as it was sealed."""
    seals = chain.seals(db, window.first - _DAY, window.last)
    if not seals or seals[-1].day < window.first:
        raise UserError(f"no day of {window.quarter} is sealed yet; congvu-seal.timer does it after midnight")
    known = chain.days(db)
    (folder / "allowed_signers").write_text(signing.allowed([each.signer for each in seals]), "ascii")
    (folder / "seals").mkdir()
    (folder / "evidence").mkdir()
    altered = []
    for kept in seals:
        (folder / "seals" / f"{kept.day}.txt").write_text(kept.body, "ascii")
        (folder / "seals" / f"{kept.day}.txt.sig").write_text(kept.signature, "ascii")
        if kept.day < window.first:
            continue
        first = known is not None and kept.day == known[0]
        altered += [
            f"{kept.day} {source}" for source in _write_day(db, kept.day, folder, pseudonyms, first=first)
        ]
    return altered


def _write_day(db: Store, day: date, folder: Path, pseudonyms: Pseudonyms, *, first: bool) -> Iterator[str]:
    """The evidence of a day, source by source; which differ from what was sealed."""
    for source, (told, marks) in chain.marks(db, day).items():
        path = folder / "evidence" / f"{day}-{source}.jsonl"
        with path.open("wb") as file:
            file.writelines(chain.evidence(db, source, day, pseudonyms, first=first))
        if path.stat().st_size == 0:
            path.unlink()
            if told.lines and SOURCES[source].retention is None:
                yield source
            continue
        path.with_suffix(".lines").write_bytes(index(split(marks)))
        with path.open("rb") as file:
            if segment(file)[0] != told:
                yield source


def files(folder: Path) -> list[Path]:
    """The files below a folder, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(folder: Path, archive: Path) -> None:
    """An archive that tells nothing of when and by whom it was packed."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in files(folder):
            about = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder)}")
            about.size, about.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                tar.addfile(about, file)
