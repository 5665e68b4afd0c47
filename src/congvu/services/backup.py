"""`congvu backup`: save this host, look after the repository, and put a backup back.

Mail moves and people change while a backup runs, hence the order of its passes. The queue comes before the
mailboxes: a message that is delivered meanwhile is saved twice rather than not at all. The database comes
last: every mailbox that was saved has its address in it, which so can never be given to anyone else.
"""

from __future__ import annotations

import argparse
import grp
import json
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from congvu import __version__, store
from congvu.backup import (
    BROKEN,
    Run,
    Settings,
    choose,
    is_excluded,
    key,
    leftovers,
    missed,
    pack,
    renumbered,
    runs,
    unpack,
)
from congvu.errors import UserError
from congvu.services import envelope, restic

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

SETTINGS = Path("/etc/congvu/backup.json")
CERTIFICATE = restic.SECRETS / "escrow.pem"
STATE = Path("/var/lib/congvu/backup")
STAGE = STATE / "stage"
LIVING = STATE / "living.json"  # the keys that opened something before a restore began
ACTOR = "congvu backup"
SOCKET = "/run/postgresql"
TRIES = 8  # of a run during which files moved: all its passes have to succeed in one


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("backup", help="save this host, or put a backup back")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    init = actions.add_parser("init", help="make the repository unless it is there")
    init.add_argument("--mark", type=Path, required=True, metavar="FILE", help="made when it is there")
    for name, text in {
        "run": "save the host and forget what is beyond its time",
        "check": "let restic check the repository, and read a twentieth of its data",
        "list": "list the whole backups",
    }.items():
        actions.add_parser(name, help=text)
    fetch = actions.add_parser("fetch", help="bring the records of a backup here, and describe it")
    fetch.add_argument("--run", default="latest", dest="wanted", metavar="TIME")
    restore = actions.add_parser(
        "restore", help="put a backup that was fetched back; the services must be down"
    )
    restore.add_argument("--run", required=True, dest="wanted", metavar="TIME")
    restore.add_argument("--keys", type=Path, metavar="FILE", help="the escrowed keys, decrypted")
    actions.add_parser(
        "settle", help="end what opened nothing before a restore, in the directory as it is now"
    )


def run(args: argparse.Namespace) -> int:
    settings = Settings.parse(SETTINGS.read_text("utf-8"))
    match args.action:
        case "init":
            said = prepare(args.mark)
        case "run":
            said = save(settings)
        case "check":
            restic.call("check", "--read-data-subset=5%")
            said = "the repository is sound"
        case "list":
            said = "\n".join(each.time for each in runs(restic.snapshots(settings.host)))
        case "fetch":
            said = json.dumps(fetch(settings, args.wanted))
        case "settle":
            said = json.dumps(settle(settings))
        case _:
            said = json.dumps(restore(settings, args.wanted, args.keys))
    print(said)
    return 0


def prepare(mark: Path) -> str:
    """Make the repository, once: one that is gone later is an error, not a reason to begin anew."""
    said = "unchanged"
    if not restic.is_there():
        restic.call("init")
        said = "made"
    mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark.touch()
    return said


# --- saving -------------------------------------------------------------------------------------------


def save(settings: Settings) -> str:
    """One run, and what is beyond its time forgotten; a sentence about it."""
    began = time.monotonic()
    restic.call("unlock")  # what a run that was killed left behind
    moment = save_whole(settings)
    if settings.keep:
        forget(settings)
    return f"backup of {moment} is complete after {time.monotonic() - began:.0f} s"


def save_whole(settings: Settings) -> str:
    """A run, and another one as long as files move past it: what a pass missed makes the whole run none."""
    for left in reversed(range(TRIES)):
        moment = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")  # restic takes local time
        try:
            save_run(settings, moment)
            break
        except restic.MissedError as error:
            if not left:
                raise UserError(f"{TRIES} runs missed files, the last one: {error}") from error
            time.sleep(1)  # the next run needs a time of its own, and that is told by the second
    return moment


def save_run(settings: Settings, moment: str) -> None:
    """All passes, in their order. MissedError from the first that missed something."""
    for tag, paths in (("queue", settings.queue), ("files", settings.files)):
        save_living(settings, moment, tag, paths)
    try:
        stage(settings)
        # Closed journal files do not change while they are read, and are saved once.
        subprocess.run(["journalctl", "--rotate"], check=True)
        restic.save(settings.host, moment, "records", (str(STAGE), *settings.records), ())
    except restic.MissedError:
        restic.save(settings.host, moment, BROKEN, (str(STAGE / "about.json"),), ())
        raise
    finally:
        shutil.rmtree(STAGE)


def save_living(settings: Settings, moment: str, tag: str, paths: Iterable[str]) -> None:
    """A pass over files that move meanwhile. MissedError when one was there all the time but is not in it."""
    before = keys(paths, settings.excludes)
    snapshot = restic.save(settings.host, moment, tag, paths, settings.excludes)
    saved = {key(path) for path in restic.files(snapshot)}
    if lost := missed(before, keys(paths, settings.excludes), saved):
        raise restic.MissedError(f"the pass {tag} missed {sorted(lost)[:5]}")


def forget(settings: Settings) -> None:
    """What is beyond its time; before that what is no whole run, so that all passes have the same times."""
    if torn := leftovers(restic.snapshots(settings.host)):
        restic.call("forget", *torn)
    keep = [f"--keep-{name}={number}" for name, number in settings.keep.items()]
    restic.call("forget", "--host", settings.host, "--group-by", "host,tags", *keep, "--prune")


def keys(paths: Iterable[str], excludes: Iterable[str]) -> set[str]:
    """What stays of the names of all files below the paths."""
    found = (Path(folder, name) for path in paths for folder, _, names in os.walk(path) for name in names)
    return {key(path) for path in found if not is_excluded(path, excludes)}


def stage(settings: Settings) -> None:
    """Dumps, the keys encrypted for the escrow, and what a restore has to know, in a folder of their own."""
    shutil.rmtree(STAGE, ignore_errors=True)
    STAGE.mkdir(mode=0o700, parents=True)
    for name, left_out in settings.databases.items():
        tables = [f"--exclude-table-data={table}" for table in left_out]
        with (STAGE / f"{name}.dump").open("wb") as file:
            # Compressed, each day's dump would be all new to the repository.
            as_postgres(["pg_dump", "--format=custom", "--compress=0", *tables, name], stdout=file)
    encrypt(settings.escrowed)
    policy = Path(settings.policy)
    about = {
        "package": __version__,
        "policy_sha256": json.loads(policy.read_text("utf-8"))["sha256"] if policy.exists() else None,
        "users": {each.pw_name: each.pw_uid for each in pwd.getpwall()},
        "groups": {each.gr_name: each.gr_gid for each in grp.getgrall()},
    }
    (STAGE / "about.json").write_text(json.dumps(about), "utf-8")


def encrypt(patterns: Iterable[str]) -> None:
    """The escrowed files, readable only by whoever has the key that no host has."""
    found = {pattern: sorted(Path("/").glob(pattern.lstrip("/"))) for pattern in patterns}
    if empty := [pattern for pattern, paths in found.items() if not paths]:
        raise UserError(f"nothing to escrow at {', '.join(empty)}: correct backup_escrowed")
    plain = {}
    for path in (path for paths in found.values() for path in paths):
        about = path.stat()
        owner, group = pwd.getpwuid(about.st_uid).pw_name, grp.getgrgid(about.st_gid).gr_name
        plain[str(path)] = (path.read_bytes(), owner, group, about.st_mode & 0o7777)
    (STAGE / "escrow.pem").write_bytes(envelope.seal(pack(plain), CERTIFICATE))


def as_postgres(command: list[str], **options: Any) -> None:
    """Run one of PostgreSQL's tools as its superuser. UserError with its words when it fails."""
    done = subprocess.run(
        command, user="postgres", group="postgres", extra_groups=[], cwd="/", stderr=subprocess.PIPE,
        check=False, **options,
    )  # fmt: skip
    if done.returncode != 0:
        raise UserError(
            f"{command[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}"
        )


# --- putting back -------------------------------------------------------------------------------------


def chosen(settings: Settings, wanted: str) -> Run:
    return choose(runs(restic.snapshots(settings.host)), wanted)


def fetch(settings: Settings, wanted: str) -> dict[str, Any]:
    """The stage as it was saved; the run's time, what it says of itself, and the encrypted keys."""
    it = chosen(settings, wanted)
    restic.restore(it.snapshots["records"], [str(STAGE)], exact=True)
    about = json.loads((STAGE / "about.json").read_text("utf-8"))
    escrow = (STAGE / "escrow.pem").read_text("ascii")
    return {
        "run": it.time,
        "package": about["package"],
        "policy_sha256": about["policy_sha256"],
        "escrow": escrow,
    }


def restore(settings: Settings, wanted: str, opened: Path | None) -> dict[str, Any]:
    """Put everything back, from the stage and the repository; how much it was."""
    began = time.monotonic()
    it = chosen(settings, wanted)
    about = json.loads((STAGE / "about.json").read_text("utf-8"))
    keys_back = unpack(opened.read_bytes()) if opened else {}  # first: a wrong key must change nothing
    numbers = (
        renumbered(about["users"], {each.pw_name: each.pw_uid for each in pwd.getpwall()}),
        renumbered(about["groups"], {each.gr_name: each.gr_gid for each in grp.getgrall()}),
    )
    remember_living(settings.directory, it.time)
    restored = 0
    saved = {"queue": settings.queue, "files": settings.files, "records": settings.records}
    for tag, paths in saved.items():
        # The journal of this host stays beside the old one.
        restic.restore(it.snapshots[tag], paths, exact=tag != "records")
        restored += give_back(paths, restic.files(it.snapshots[tag]), *numbers)
    for name in settings.databases:
        restore_database(name)
    if settings.directory:
        store.outrun_records(SOCKET, settings.directory)
    for path, (content, owner, group, mode) in keys_back.items():
        write_key(path, content, owner, group, mode)
    shutil.rmtree(STAGE)
    return {
        "run": it.time,
        "files": restored,
        "keys": len(keys_back),
        "seconds": round(time.monotonic() - began),
    }


def remember_living(directory: str, run: str) -> None:
    """Write down which keys open something before a restore. What an attempt before this one wrote stays."""
    told: dict[str, Any] = {"keys": None, "unknown": "there was no directory with people here"}
    if LIVING.exists():
        told = json.loads(LIVING.read_text("utf-8"))
    elif directory:
        try:
            told["keys"] = store.living_keys(SOCKET, directory)
        except store.StoreError as error:
            told["unknown"] = f"the directory that was here could not be asked: {error}"
    LIVING.write_text(json.dumps({**told, "run": run}), "utf-8")


def settle(settings: Settings) -> dict[str, Any]:
    """The second half of a restore, once the directory has the package's schema: who lost what.

    "not_known": why nothing could be compared; empty when it was.
    """
    if not LIVING.exists():
        return {"ended": {}, "not_known": ""}
    told, ended = json.loads(LIVING.read_text("utf-8")), {}
    if settings.directory:
        ended = store.settle_restored(SOCKET, settings.directory, told["run"], told["keys"], ACTOR)
    LIVING.unlink()
    unknown = "" if told["keys"] is not None else f"what was taken away after the backup: {told['unknown']}"
    return {"ended": ended, "not_known": unknown}


def give_back(
    roots: Iterable[str], paths: Iterable[Path], users: Mapping[int, int], groups: Mapping[int, int]
) -> int:
    """Restic restores numbers, but on this host the accounts may have others; how many files there are."""
    files = 0
    for path in paths:
        if not any(path.is_relative_to(root) for root in roots) or not os.path.lexists(path):
            continue
        now = path.lstat()
        if now.st_uid in users or now.st_gid in groups:
            os.chown(path, users.get(now.st_uid, -1), groups.get(now.st_gid, -1), follow_symlinks=False)
        files += path.is_file()
    return files


def restore_database(name: str) -> None:
    as_postgres(["dropdb", "--force", "--if-exists", name])
    with (STAGE / f"{name}.dump").open("rb") as file:
        as_postgres(["pg_restore", "--create", "--exit-on-error", "--dbname=postgres"], stdin=file)


def write_key(path: Path, content: bytes, owner: str, group: str, mode: int) -> None:
    """In one step, and at no moment readable for others."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    shutil.chown(new, owner, group)
    new.chmod(mode)
    new.replace(path)
