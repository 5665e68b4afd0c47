"""`congvu verify`: whether a bundle is what was sealed, and whether the seals are those that left the host.

Exit status: 0 as it was sealed, 3 tampered with (a line for each finding: day, source, line), 2 not a bundle.
Needs no host and no database. The same is done by hand in docs/audit/.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from congvu import clock, policy
from congvu.chain import SOURCES, Content, Finding, Signed, check, vouched
from congvu.chain.seal import fingerprint, head
from congvu.errors import UserError
from congvu.services import signing
from congvu.services.bundle import digest, files

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_SEAL = re.compile(r"(\d{4}-\d\d-\d\d)\.txt")
_EVIDENCE = re.compile(r"(\d{4}-\d\d-\d\d)-([a-z_]+)\.(jsonl|lines)")
_NEEDED = ("MANIFEST", "MANIFEST.sig", "report.json", "allowed_signers", "policy.json", "seals")
_ALONE = (
    "No seal from off the host (--seals) speaks of this bundle: whoever has the signing key could have made "
    "all of this anew. Compare the key with the signed report: {}"
)
_UNSIGNED = {"MANIFEST", "MANIFEST.sig"}


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "verify",
        help="check a bundle of evidence",
        description="Checks a bundle. Exit status: 0 as it was sealed, 3 tampered with, 2 not a bundle.",
    )
    parser.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="the archive, or the folder unpacked from it"
    )
    parser.add_argument("--seals", type=Path, metavar="DIR", help="seals that were kept off the host")
    parser.add_argument(
        "--signers", type=Path, metavar="FILE", help="keys to trust; default: DIR's, then the bundle's"
    )
    today = clock.day(clock.now())
    parser.add_argument(
        "--today",
        type=date.fromisoformat,
        default=today,
        metavar="DAY",
        help="by which content may have expired",
    )


def run(args: argparse.Namespace) -> int:
    try:
        with tempfile.TemporaryDirectory() as place:
            folder = args.bundle if args.bundle.is_dir() else unpacked(args.bundle, Path(place))
            bundle = Bundle.read(folder, args.seals, args.signers, args.today)
            found = sorted({*bundle.findings()})
            print("\n".join(str(each) for each in found) or bundle.summary())
            if bundle.vouched is None:
                print(_ALONE.format(bundle.fingerprints()), file=sys.stderr)
    except (UserError, UnicodeDecodeError, OSError) as error:
        print(f"congvu: {args.bundle}: {error}", file=sys.stderr)
        return 2
    return 3 if found else 0


def unpacked(archive: Path, place: Path) -> Path:
    """The folder of an archive. Raises UserError for what is no bundle."""
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(place, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f"not an archive: {error}") from error
    folders = list(place.iterdir())
    if len(folders) != 1 or not folders[0].is_dir():
        raise UserError("not a bundle: it has to hold one folder")
    return folders[0]


@dataclass(frozen=True)
class Bundle:
    """A bundle on the disk. ``copies``: seals from off the host."""

    folder: Path
    report: dict[str, Any]
    policy: dict[str, Any]
    period: tuple[date, date]
    signers: Path
    copies: dict[date, Signed]
    today: date

    @classmethod
    def read(cls, folder: Path, copies: Path | None, signers: Path | None, today: date) -> Bundle:
        """Raises UserError where there is nothing to check."""
        missing = [name for name in _NEEDED if not (folder / name).exists()]
        if missing:
            raise UserError(f"not a bundle: it has no {', '.join(missing)}")
        try:
            report, plain = (
                json.loads((folder / name).read_text("utf-8")) for name in ("report.json", "policy.json")
            )
            window = report["period"]
            period = (date.fromisoformat(window["from"]), date.fromisoformat(window["to"]))
            if not isinstance(plain["values"], dict):
                raise TypeError("policy.json: values are no object")
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"report.json or policy.json cannot be read: {error}") from error
        kept = copies / "allowed_signers" if copies else None
        trusted = signers or (kept if kept and kept.exists() else folder / "allowed_signers")
        if copies is not None and not copies.is_dir():
            raise UserError(f"{copies} is no directory")
        return cls(folder, report, plain, period, trusted, seals(copies, trusted) if copies else {}, today)

    @cached_property
    def own(self) -> dict[date, Signed]:
        """The bundle's own seals."""
        return seals(self.folder / "seals", self.signers)

    @cached_property
    def vouched(self) -> date | None:
        """The last day for which a seal from off the host vouches; None where that is no day of these."""
        return vouched(self.own, self.copies)

    def findings(self) -> Iterator[Finding]:
        """Everything that is wrong, in no order."""
        own = self.own
        if not own:
            yield Finding("seals", "", 0, "there is none")
            return
        yield from self._manifest()
        yield from check(own, self._content, self._kept, self.copies, self.period)
        yield from self._unsealed(own)
        yield from self._policy(own)
        yield from self._report(own)

    def _manifest(self) -> Iterator[Finding]:
        manifest, signature = (self.folder / name for name in ("MANIFEST", "MANIFEST.sig"))
        content = manifest.read_bytes()
        if not signing.genuine(content, signature.read_text("utf-8"), self.signers, signing.BUNDLE):
            yield Finding("MANIFEST", "", 0, "the signature is not one of a known key over this list")
        rows = (line.partition("  ") for line in content.decode().splitlines())
        listed = {name: told for told, _, name in rows}
        present = {str(path.relative_to(self.folder)) for path in files(self.folder)} - _UNSIGNED
        for name in sorted({*listed, *present}):
            if name not in listed:
                yield Finding(name, "", 0, "is not in the MANIFEST")
            elif name not in present:
                yield Finding(name, "", 0, "is missing")
            elif digest(self.folder / name) != listed[name]:
                yield Finding(name, "", 0, "is not the file that the MANIFEST lists")

    def _content(self, day: date, source: str) -> Content:
        path = self.folder / "evidence" / f"{day}-{source}"
        found = (path.with_suffix(suffix) for suffix in (".jsonl", ".lines"))
        return Content(*(each.read_bytes() if each.is_file() else None for each in found))

    def _kept(self, day: date, source: str) -> bool:
        """Whether the content has to be there: its time by the policy is not over."""
        gone = SOURCES[source].expires(day, self.policy["values"]) if source in SOURCES else None
        return gone is None or self.today < gone

    def _unsealed(self, own: dict[date, Signed]) -> Iterator[Finding]:
        """Evidence that no seal speaks of."""
        for path in files(self.folder / "evidence"):
            match = _EVIDENCE.fullmatch(path.name)
            day = date.fromisoformat(match[1]) if match else None
            text = own[day].text if day in own else ""
            if match is None or f"\n{match[2]} " not in text:
                yield Finding(path.name, "", 0, "is evidence that no seal speaks of")

    def _policy(self, own: dict[date, Signed]) -> Iterator[Finding]:
        found = policy.digest(self.policy)
        if self.policy.get("sha256") != found:
            yield Finding("policy.json", "", 0, f"its digest is {found}, not the one that it states")
        if self.report.get("policy", {}).get("sha256") != found:
            yield Finding("policy.json", "", 0, "it is not the policy by which the report judges")
        # Of a quarter that is long over, the report may judge by a later policy, which later copies know.
        known = [*own.values(), *self.copies.values()]
        if not any(f"\npolicy: {found}\n" in each.text for each in known):
            yield Finding("policy.json", "", 0, "it was in force on no day of which a seal is here")

    def _report(self, own: dict[date, Signed]) -> Iterator[Finding]:
        """The report names the last seal of its period."""
        told, last = self.report.get("seal", {}), max(own)
        if told.get("day") != last.isoformat():
            yield Finding(
                str(told.get("day")), "seal", 0, f"the report names it as the last; here that is {last}"
            )
        elif told.get("head") != head(own[last].text):
            yield Finding(last.isoformat(), "seal", 0, "it is not the seal that the report names")

    def summary(self) -> str:
        """What holds, and since when it does not."""
        own = self.own
        first, last = max(min(own), self.period[0]), max(own)
        said = f"As it was sealed: {first} to {last}, signed by {self.fingerprints()}."
        held = f"{said} Seals from off the host: {len(self.copies)}"
        if self.vouched is None:
            hours = ((last - first).days + 1) * 24
            alone = f"Open window: all of it, {hours} hours: everything rests on the host's word."
            return f"{held}; none vouches for these days. {alone}"
        hours = (last - self.vouched).days * 24
        return f"{held}, which vouch up to {self.vouched}. Open window: {hours} hours" + (
            f", from the end of {self.vouched}: that much rests on the host's word." if hours else "."
        )

    def fingerprints(self) -> str:
        """The keys that are trusted."""
        keys = (line.split()[-2:] for line in self.signers.read_text("utf-8").splitlines())
        return ", ".join(fingerprint(" ".join(each)) for each in keys if len(each) == 2)


def seals(folder: Path, signers: Path) -> dict[date, Signed]:
    """The seals in a folder: ``DAY.txt`` and ``DAY.txt.sig``."""

    def read(path: Path) -> Signed:
        text, beside = path.read_bytes(), path.with_name(f"{path.name}.sig")
        signature = beside.read_text("utf-8") if beside.is_file() else ""
        genuine = signing.genuine(text, signature, signers, signing.SEAL)
        return Signed(text.decode("utf-8", "replace"), genuine)

    found = {match[1]: path for path in sorted(folder.iterdir()) if (match := _SEAL.fullmatch(path.name))}
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each waits for a program
        return {
            date.fromisoformat(day): each
            for day, each in zip(found, pool.map(read, found.values()), strict=True)
        }
