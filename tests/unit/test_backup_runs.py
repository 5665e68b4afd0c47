"""Runs that are cut short, miss files or grow old, in a repository of the real restic."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from congvu.backup import BROKEN, PASSES, Settings, runs
from congvu.errors import UserError
from congvu.services import backup, restic

ROOT = Path(__file__).resolve().parents[2]
UNREADABLE = "/proc/self/mem"  # for everybody at its first byte, even for root


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A host with a message in the queue, one in a mailbox, and an empty repository."""
    secrets, programs = tmp_path / "secrets", tmp_path / "bin"
    for name, text in {"repository": str(tmp_path / "repository"), "password": "x" * 20}.items():
        secrets.mkdir(exist_ok=True)
        (secrets / name).write_text(text)
    programs.mkdir()
    (programs / "journalctl").write_text("#!/bin/sh\n")
    (programs / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr(restic, "SECRETS", secrets)
    monkeypatch.setattr(restic, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(restic, "PATIENCE", ())  # which the restic of Debian 12 does not know
    monkeypatch.setattr(backup, "STAGE", tmp_path / "stage")
    monkeypatch.setattr(backup, "stage", lambda _: staged())
    folders = {name: tmp_path / name for name in ("queue", "files")}
    for folder in folders.values():
        folder.mkdir()
        (folder / "message").write_text(folder.name)
    restic.call("init")
    queue, files = ((str(folder),) for folder in folders.values())
    return Settings("mail1", queue, files, (), (), {}, "", (), "", {"daily": 2})


def staged() -> None:
    backup.STAGE.mkdir()
    (backup.STAGE / "about.json").write_text("{}")


def cut_short(*_: object) -> None:
    """As when a dump fails: half of one lies there, and two passes are in the repository."""
    staged()
    raise UserError("pg_dump ended with 1")


def put(settings: Settings, moment: str, *tags: str) -> None:
    for tag in tags:
        restic.save(settings.host, moment, tag, settings.queue if tag == "queue" else settings.files, ())


def whole(settings: Settings) -> list[str]:
    """Moments of the whole runs, as they were given."""
    return [run.time[:19].replace("T", " ") for run in runs(restic.snapshots(settings.host))]


def passes(settings: Settings) -> list[tuple[str, str]]:
    """Every snapshot: its time and its tag, in their order."""
    return sorted((each["time"], each["tags"][0]) for each in restic.snapshots(settings.host))


def test_retention_keeps_whole_runs_although_one_was_cut_short(settings: Settings) -> None:
    """The torn run is the last of its day, in two of three passes."""
    put(settings, "2025-03-01 01:30:00", *PASSES)
    put(settings, "2025-03-01 09:00:00", *PASSES[:-1])
    said = backup.save(settings)
    assert [moment in said for moment in whole(settings)] == [False, True]
    assert len(passes(settings)) == 2 * len(PASSES)


def test_a_run_that_is_cut_short_leaves_no_dumps(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "stage", cut_short)
    with pytest.raises(UserError, match="pg_dump"):
        backup.save(settings)
    assert not backup.STAGE.exists()
    assert [tag for _, tag in passes(settings)] == ["files", "queue"]


def test_a_run_that_could_not_read_a_file_is_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restic makes the snapshot all the same, also of the last pass, with which the run would be whole."""
    monkeypatch.setattr(backup, "TRIES", 1)
    with pytest.raises(UserError, match="restic backup ended with 3"):
        backup.save(replace(settings, records=(UNREADABLE,)))
    assert [tag for _, tag in passes(settings)] == sorted([*PASSES, BROKEN])
    assert whole(settings) == []


# -- a place from which the host cannot delete -----------------------------------------------------


def only_adding(call: Callable[..., str]) -> Callable[..., str]:
    def refusing(*arguments: str) -> str:
        if arguments[0] == "forget":
            raise restic.ResticError("forget", 1, "unexpected HTTP response (403): 403 Forbidden")
        return call(*arguments)

    return refusing


def test_when_a_file_moved_all_passes_are_made_again_and_nothing_has_to_be_deleted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a time of their own, also when the first try took no second: here time passes in sleep only."""
    inbox = iter([{"moved"}, {"moved"}])  # before and after the first try; later it lies still
    names = backup.keys

    def keys(paths: tuple[str, ...], excludes: tuple[str, ...]) -> set[str]:
        return names(paths, excludes) | (next(inbox, set()) if paths == settings.files else set())

    moments = [datetime(2025, 3, 1, 1, 30)]
    monkeypatch.setattr(backup, "datetime", SimpleNamespace(now=lambda: moments[-1]))
    monkeypatch.setattr(
        "time.sleep", lambda seconds: moments.append(moments[-1] + timedelta(seconds=seconds))
    )
    monkeypatch.setattr(backup, "keys", keys)
    monkeypatch.setattr(restic, "call", only_adding(restic.call))
    assert "complete" in backup.save(replace(settings, keep={}))
    assert [tag for _, tag in passes(settings)] == ["files", "queue", *sorted(PASSES)]
    assert len({moment for moment, _ in passes(settings)}) == 2
    assert len(whole(settings)) == 1


def test_the_pruning_that_is_documented_tears_no_run(settings: Settings) -> None:
    """A torn run is the latest: counted from its own latest, each pass of the oldest has another age."""
    put(settings, "2024-06-15 00:00:00", *PASSES)
    put(settings, "2025-06-14 18:00:00", *PASSES)
    put(settings, "2025-06-15 06:00:00", "queue")
    text = (ROOT / "docs/operate/backup.md").read_text("utf-8")
    (command,) = re.findall(r"^restic -r \S+ (forget .*)$", text, re.MULTILINE)
    restic.call(*shlex.split(command))
    assert whole(settings) == ["2025-06-14 18:00:00"]
    assert [tag for _, tag in passes(settings)] == [*sorted(PASSES), "queue"]
