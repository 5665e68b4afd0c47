"""Kinds of tampering with a bundle: each is found and located, by `congvu verify` and as docs/audit says.

Whoever tampers is as clever as they can be: they write the MANIFEST anew, and as root they sign again.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fix_chain import DAYS, LAST, NAME, Packed, key, verified

from congvu import policy
from congvu.chain import Seal, index, segment
from congvu.chain.seal import split
from congvu.services import signing
from congvu.services.bundle import digest, files, pack

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "structure"))
from documents import blocks

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ("README.md", "README.vi.md")
DAY = DAYS[2]
MANIFEST = "MANIFEST"


def events(bundle: Packed, day: object = DAY) -> Path:
    return bundle.folder / "evidence" / f"{day}-event.jsonl"


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def sealed_anew(bundle: Packed, signer: Path, first: object = DAY) -> None:
    """Root makes index, digests, seals and signatures fit what is there, from a day on."""
    before = ""
    for path in sorted(bundle.folder.glob("seals/*.txt")):
        seal = Seal.read(path.read_text())
        assert seal is not None
        if path.stem >= str(first):
            found = dict(seal.segments)
            for source in found:
                lines = bundle.folder / "evidence" / f"{path.stem}-{source}.jsonl"
                content = lines.read_bytes().splitlines(keepends=True) if lines.exists() else []
                found[source], marks = segment(content)
                if content:
                    lines.with_suffix(".lines").write_bytes(index(split(marks)))
            seal = Seal(seal.host, seal.day, before or seal.previous, seal.policy, found)
            path.write_text(seal.text)
            path.with_name(f"{path.name}.sig").write_text(
                signing.sign(path.read_bytes(), signer, signing.SEAL)
            )
        before = seal.head
    report = json.loads((bundle.folder / "report.json").read_text())
    report["seal"]["head"] = before
    (bundle.folder / "report.json").write_text(json.dumps(report))


def listed_anew(bundle: Packed, signer: Path | None = None) -> None:
    """The MANIFEST fits what is there, and is signed where somebody can."""
    folder = bundle.folder
    there = [path for path in files(folder) if not path.name.startswith(MANIFEST)]
    manifest = "".join(f"{digest(path)}  {path.relative_to(folder)}\n" for path in there).encode()
    (folder / MANIFEST).write_bytes(manifest)
    if signer:
        (folder / f"{MANIFEST}.sig").write_text(signing.sign(manifest, signer, signing.BUNDLE))


def remove(bundle: Packed) -> None:
    rewrite(events(bundle), lambda lines: lines[:3] + lines[4:])


def change(bundle: Packed) -> None:
    rewrite(events(bundle), lambda lines: [lines[0], lines[1].replace(b"refused", b"granted"), *lines[2:]])


def insert(bundle: Packed) -> None:
    more = b'{"id":99999,"kind":"login","taken":"%s"}\n' % f"{DAY}T11:00:00.000000+07:00".encode()
    rewrite(events(bundle), lambda lines: [*lines, more])


def reorder(bundle: Packed) -> None:
    rewrite(events(bundle), lambda lines: [lines[1], lines[0], *lines[2:]])


def back_date(bundle: Packed) -> None:
    """A record of the last day turns up three days before."""
    moved = (
        events(bundle, LAST)
        .read_bytes()
        .splitlines(keepends=True)[0]
        .replace(str(LAST).encode(), str(DAY).encode())
    )
    rewrite(events(bundle), lambda lines: [*lines, moved])


def back_date_by_root(bundle: Packed) -> None:
    moved = events(bundle, LAST).read_bytes().splitlines(keepends=True)[0]
    rewrite(events(bundle), lambda lines: [*lines, moved])
    sealed_anew(bundle, bundle.key)


def drop_day(bundle: Packed) -> None:
    for path in files(bundle.folder):
        if path.name.startswith(str(DAY)):
            path.unlink()


def drop_first_days(bundle: Packed) -> None:
    for path in files(bundle.folder):
        if path.name.startswith((str(DAYS[0]), str(DAYS[1]))):
            path.unlink()


def drop_last_day(bundle: Packed) -> None:
    """The report, too, is made to end a day earlier."""
    for path in files(bundle.folder):
        if path.name.startswith(str(LAST)):
            path.unlink()
    report = json.loads((bundle.folder / "report.json").read_text())
    last = LAST - timedelta(days=1)
    report["seal"] |= {"day": str(last), "head": digest(bundle.folder / "seals" / f"{last}.txt")}
    (bundle.folder / "report.json").write_text(json.dumps(report))


def swap_days(bundle: Packed) -> None:
    """Seals and evidence of two days change their names."""
    for path in files(bundle.folder):
        if path.name.startswith(str(DAY)):
            other = path.with_name(path.name.replace(str(DAY), str(LAST)))
            mine, theirs = path.read_bytes(), other.read_bytes()
            path.write_bytes(theirs)
            other.write_bytes(mine)


def swap_seal(bundle: Packed) -> None:
    for suffix in ("txt", "txt.sig"):
        seals = bundle.folder / "seals"
        (seals / f"{DAY}.{suffix}").write_bytes((seals / f"{LAST}.{suffix}").read_bytes())


def other_key(bundle: Packed) -> None:
    """A key of their own signs everything anew, and the bundle says that it is the right one."""
    mine = key(bundle.folder.parent / "mine.key")
    (bundle.folder / "allowed_signers").write_text(signing.allowed([signing.public(mine)]))
    change(bundle)
    sealed_anew(bundle, mine)
    listed_anew(bundle, mine)


def rewrite_by_root(bundle: Packed) -> None:
    change(bundle)
    sealed_anew(bundle, bundle.key)


def signature_of_another_purpose(bundle: Packed) -> None:
    seal = bundle.folder / "seals" / f"{DAY}.txt"
    (seal.parent / f"{seal.name}.sig").write_text(signing.sign(seal.read_bytes(), bundle.key, "file"))


def no_evidence(bundle: Packed) -> None:
    events(bundle).unlink()


def index_and_line(bundle: Packed) -> None:
    change(bundle)
    lines = events(bundle).read_bytes().splitlines(keepends=True)
    events(bundle).with_suffix(".lines").write_bytes(index(split(segment(lines)[1])))


def more_evidence(bundle: Packed) -> None:
    (bundle.folder / "evidence" / f"{DAY}-visits.jsonl").write_bytes(b"{}\n")


def manifest(bundle: Packed) -> None:
    """The report is changed, and the list made to fit."""
    path = bundle.folder / "report.json"
    path.write_text(path.read_text().replace('"not_met"', '"met"').replace('"not_assessed"', '"met"'))


def other_policy(bundle: Packed) -> None:
    """A laxer policy, in report and bundle."""
    plain = json.loads((bundle.folder / "policy.json").read_text())
    plain["version"] = "x"
    plain["sha256"] = policy.digest(plain)
    (bundle.folder / "policy.json").write_text(json.dumps(plain))
    report = json.loads((bundle.folder / "report.json").read_text())
    report["policy"]["sha256"] = plain["sha256"]
    (bundle.folder / "report.json").write_text(json.dumps(report))


def other_record_of_the_policy(bundle: Packed) -> None:
    plain = json.loads((bundle.folder / "policy.json").read_text())
    plain["version"] = "x"
    (bundle.folder / "policy.json").write_text(json.dumps(plain))


@dataclass(frozen=True)
class Kind:
    """``place``: what both have to name; ``line``: also this, by `congvu verify` and by diff."""

    act: Callable[[Packed], None]
    place: str
    line: tuple[str, str] = ("", "")
    by_root: bool = False  # signs the list again, too


EVENTS = f"{DAY} event"
KINDS = [
    Kind(remove, EVENTS, ("line 4: was removed", "4d3")),
    Kind(change, EVENTS, ("line 2: was changed", "2c2")),
    Kind(insert, EVENTS, ("line 8: was inserted", "7a8")),
    Kind(reorder, EVENTS, ("line 1: stands in another order", "a2")),
    Kind(back_date, EVENTS, ("line 8: was inserted", "7a8")),
    Kind(back_date_by_root, str(DAY), ("line 8: was taken in on another day", f"{LAST}T"), by_root=True),
    Kind(drop_day, f"{DAY} "),
    Kind(drop_first_days, str(DAYS[2])),
    Kind(drop_last_day, f"{LAST} ", by_root=True),
    Kind(swap_days, f"{DAY} "),
    Kind(swap_seal, f"{DAY} "),
    Kind(other_key, f"{DAY} ", by_root=True),
    Kind(rewrite_by_root, f"{DAY} ", by_root=True),
    Kind(signature_of_another_purpose, f"{DAY} ", by_root=True),
    Kind(no_evidence, EVENTS, by_root=True),
    Kind(index_and_line, EVENTS, by_root=True),
    Kind(more_evidence, f"{DAY}-visits.jsonl", by_root=True),
    Kind(manifest, MANIFEST),
    Kind(other_policy, "policy.json", by_root=True),
    Kind(other_record_of_the_policy, "policy.json", by_root=True),
]


def by_hand(bundle: Packed, guide: str, folder: Path) -> list[str]:
    """What the commands of a guide say in a folder with the archive and the seals."""
    pack(bundle.folder.rename(folder / NAME), folder / f"{NAME}.tar.gz")
    (folder / NAME).rename(bundle.folder)
    bundle.copies.rename(folder / "seals")
    commands = "\n".join(each.commands for each in blocks(ROOT / "docs/audit" / guide, ROOT))
    done = subprocess.run(
        ["bash", "-c", f"set -u\n{commands}"], cwd=folder, capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).splitlines()


def tampered(bundle: Packed, kind: Kind) -> None:
    kind.act(bundle)
    if kind.act is not other_key:
        listed_anew(bundle, bundle.key if kind.by_root else None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.act.__name__)
def test_tampering_is_found_and_located(packed: Packed, kind: Kind) -> None:
    tampered(packed, kind)
    status, said = verified(packed.folder, packed.copies)
    assert status == 3
    assert any(line.startswith(kind.place) and kind.line[0] in line for line in said), said


# The other guide has the same commands, as a test below sees to.
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.act.__name__)
def test_tampering_is_found_and_located_by_hand(packed: Packed, kind: Kind, tmp_path: Path) -> None:
    tampered(packed, kind)
    said = by_hand(packed, GUIDES[0], tmp_path)
    assert any(line.startswith(kind.place) for line in said), said
    assert any(kind.line[1] in line for line in said), said


@pytest.mark.parametrize("guide", GUIDES)
def test_a_sound_bundle_is_sound_by_hand_and_gives_its_figures(
    packed: Packed, guide: str, tmp_path: Path
) -> None:
    days = len(DAYS) - 1
    figures = [str(4 * days), "{", f'  "changes": {2 * days},', '  "people": 2', "}", "0.75"]
    warned, *said = by_hand(packed, guide, tmp_path)
    assert warned.startswith(f"{LAST}: ")  # the quarter goes on
    assert said == figures


def test_who_has_no_seals_is_told_so_by_hand(packed: Packed, tmp_path: Path) -> None:
    packed.copies.rename(packed.copies.with_name("elsewhere"))
    packed.copies.mkdir()
    assert any(line.startswith("STOP: no seals in ../seals") for line in by_hand(packed, GUIDES[0], tmp_path))


def test_what_root_wrote_anew_is_only_found_by_what_left_the_host(packed: Packed) -> None:
    tampered(packed, Kind(rewrite_by_root, "", by_root=True))
    assert verified(packed.folder)[0] == 0
    assert verified(packed.folder, packed.copies)[0] == 3


def test_a_later_policy_is_known_by_the_seals_of_later_days(packed: Packed) -> None:
    tampered(packed, Kind(other_policy, "", by_root=True))
    assert verified(packed.folder, packed.copies)[0] == 3
    found = json.loads((packed.folder / "policy.json").read_text())["sha256"]
    last = Seal.read((packed.copies / f"{LAST}.txt").read_text())
    assert last is not None
    later = Seal(last.host, LAST + timedelta(days=99), last.head, found, {})
    path = packed.copies / f"{later.day}.txt"
    path.write_text(later.text)
    path.with_name(f"{path.name}.sig").write_text(signing.sign(later.text.encode(), packed.key, signing.SEAL))
    assert verified(packed.folder, packed.copies)[0] == 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "MANIFEST").unlink(), "it has no MANIFEST"),
        (lambda folder: (folder / "report.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "policy.json").write_text("[]"), "cannot be read"),
    ],
)
def test_what_is_no_bundle_is_no_finding(packed: Packed, spoil: Callable[[Path], None], said: str) -> None:
    spoil(packed.folder)
    status, lines = verified(packed.folder)
    assert status == 2
    assert said in lines[0]


def test_what_is_no_archive_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"nothing of the kind")
    assert verified(tmp_path / "x.tar.gz")[0] == 2
    assert verified(tmp_path / "y.tar.gz")[0] == 2


def test_both_guides_have_the_same_commands() -> None:
    # All but what they print
    shapes = [
        [re.sub(r'"[^"]*"|//.*', '""', each.commands) for each in blocks(ROOT / "docs/audit" / guide, ROOT)]
        for guide in GUIDES
    ]
    assert shapes[0] == shapes[1]
