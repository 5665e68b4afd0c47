"""What a backup is made of, and whether it is whole: pure rules. `congvu.services.backup` carries them out.

A *run* is one backup: several snapshots of restic with the same time, one for each *pass*, in this order:
queue, files, records. A run whose last pass is missing was cut short and is none; neither is one beside which
a snapshot says that the last pass missed something.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from congvu.errors import UserError

PASSES = ("queue", "files", "records")
BROKEN = "broken"  # the tag that says so: a snapshot cannot be taken back where the host may only add


@dataclass(frozen=True, slots=True)
class Settings:
    """The file that the role writes; ``databases``: name to the tables whose rows are left out."""

    host: str
    queue: tuple[str, ...]
    files: tuple[str, ...]
    records: tuple[str, ...]
    excludes: tuple[str, ...]
    databases: Mapping[str, Sequence[str]]
    directory: str
    escrowed: tuple[str, ...]
    policy: str
    keep: Mapping[str, int]

    @classmethod
    def parse(cls, text: str) -> Settings:
        """The settings from their JSON text."""

        def fixed(value: Any) -> Any:
            return tuple(value) if isinstance(value, list) else value

        return cls(**{name: fixed(value) for name, value in json.loads(text).items()})


@dataclass(frozen=True, slots=True)
class Run:
    """One whole backup: when, and the snapshot of each pass."""

    time: str
    snapshots: Mapping[str, str]


def runs(snapshots: Iterable[Mapping[str, Any]]) -> list[Run]:
    """The whole runs among the snapshots that `restic snapshots --json` lists, the oldest first."""
    found: dict[str, dict[str, str]] = {}
    for each in snapshots:
        for tag in each.get("tags") or ():
            found.setdefault(each["time"], {})[tag] = each["id"]
    return [
        Run(time, found[time])
        for time in sorted(found)
        if found[time].keys() >= set(PASSES) and BROKEN not in found[time]
    ]


def leftovers(snapshots: Collection[Mapping[str, Any]]) -> list[str]:
    """Snapshots of passes that belong to no whole run.

    Restic's retention judges each pass by itself. Where one has a time that another lacks, it would keep
    other times of each, and tear whole runs apart.
    """
    whole = {run.time for run in runs(snapshots)}
    return [
        each["id"]
        for each in snapshots
        if each["time"] not in whole and not {*PASSES, BROKEN}.isdisjoint(each.get("tags") or ())
    ]


def choose(present: Sequence[Run], wanted: str) -> Run:
    """The run ``wanted``: "latest", a time as `runs` says it, or the beginning of a snapshot's id."""
    matching = [
        run
        for run in present
        if wanted in ("latest", run.time) or any(name.startswith(wanted) for name in run.snapshots.values())
    ]
    if not matching or not wanted:
        times = ", ".join(run.time for run in present) or "none at all"
        raise UserError(
            f"backup {wanted!r}: the repository has no whole backup of that name; it has: {times}. "
            "Give one of these times, the beginning of a snapshot's id, or latest."
        )
    return matching[-1]


def key(path: PurePath) -> str:
    """What stays of a file's name while it moves: in a queue, or when a message gets a flag."""
    return path.name.partition(":2,")[0]


def is_excluded(path: PurePath, patterns: Iterable[str]) -> bool:
    """Whether restic leaves the file out: patterns without a leading slash, as restic takes them."""
    return any(path.match(pattern) for pattern in patterns)


def missed(before: set[str], after: set[str], saved: set[str]) -> set[str]:
    """Keys of files that were there all the time and yet are not in the snapshot.

    A mail server renames files while they are read. One that moves from a folder still to be read into one
    that was read already is in neither, and nobody is told.
    """
    return (before & after) - saved


def renumbered(old: Mapping[str, int], new: Mapping[str, int]) -> dict[int, int]:
    """Number of an account on the host that was saved -> its number here, where the two differ."""
    return {number: new[name] for name, number in old.items() if name in new and new[name] != number}


def pack(files: Mapping[str, tuple[bytes, str, str, int]]) -> bytes:
    """Escrowed files (path: content, owner, group, mode) as one text, to be encrypted."""
    plain = {
        path: {"content": base64.b64encode(content).decode(), "owner": owner, "group": group, "mode": mode}
        for path, (content, owner, group, mode) in files.items()
    }
    return json.dumps(plain, sort_keys=True).encode()


def unpack(text: bytes) -> dict[Path, tuple[bytes, str, str, int]]:
    """The reverse of :func:`pack`. UserError when it is something else."""
    try:
        return {
            Path(path): (base64.b64decode(each["content"]), each["owner"], each["group"], each["mode"])
            for path, each in json.loads(text).items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            "the escrowed keys cannot be read: was the right key used to decrypt them?"
        ) from error
