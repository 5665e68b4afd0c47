"""The program restic, with the repository and the secrets that the role keeps in files."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from congvu.errors import UserError

SECRETS = Path("/etc/congvu/backup")
CACHE = Path("/var/cache/congvu-backup")
PATIENCE = ("--retry-lock", "10m")  # with whoever else works on the repository
NO_REPOSITORY, UNREAD_FILES = 10, 3  # exit statuses of restic


class ResticError(UserError):
    """Restic failed; ``status`` is how it ended."""

    def __init__(self, command: str, status: int, said: str) -> None:
        self.status = status
        super().__init__(f"restic {command} ended with {status}: {said}")


class MissedError(UserError):
    """A snapshot was made, but it lacks something that was to be in it."""


def call(*arguments: str) -> str:
    """What restic writes. Secrets go by file only; under systemd from the unit's credentials."""
    secrets = Path(os.environ.get("CREDENTIALS_DIRECTORY", SECRETS))
    common = ["--repository-file", str(secrets / "repository"), "--password-file", str(secrets / "password")]
    if (secrets / "ssh_key").exists():
        known = (
            f"-o UserKnownHostsFile={SECRETS / 'known_hosts'} -o StrictHostKeyChecking=yes -o BatchMode=yes"
        )
        common += [
            "-o",
            f"sftp.args=-i {shlex.quote(str(secrets / 'ssh_key'))} -o IdentitiesOnly=yes {known}",
        ]
    command = ["restic", *common, "--cache-dir", str(CACHE), *PATIENCE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ResticError(arguments[0], done.returncode, done.stderr.strip() or done.stdout.strip())
    return done.stdout


def is_there() -> bool:
    """Whether the repository exists; an error when it cannot be reached, or opened with this password."""
    try:
        call("cat", "config")
    except ResticError as error:
        if error.status == NO_REPOSITORY:
            return False
        raise
    return True


def snapshots(host: str) -> list[dict[str, Any]]:
    """Every snapshot of this host."""
    found: list[dict[str, Any]] = json.loads(call("snapshots", "--json", "--host", host))
    return found


def save(host: str, time: str, tag: str, paths: Iterable[str], excludes: Iterable[str]) -> str:
    """One snapshot; its id. MissedError when it was made without what could not be read."""
    left_out = [f"--exclude={pattern}" for pattern in excludes]
    named = ("--host", host, "--time", time, "--tag", tag)
    try:
        lines = call("backup", "--json", "--quiet", *named, *left_out, "--", *paths).splitlines()
    except ResticError as error:
        if error.status == UNREAD_FILES:
            raise MissedError(str(error)) from error
        raise
    return str(json.loads(lines[-1])["snapshot_id"])


def files(snapshot: str) -> list[Path]:
    """The paths of everything in a snapshot, folders too."""
    lines = (json.loads(line) for line in call("ls", "--json", snapshot).splitlines())
    return [Path(line["path"]) for line in lines if "path" in line]


def restore(snapshot: str, paths: Iterable[str], exact: bool) -> None:
    """Put these paths of a snapshot back; ``exact``: and remove there what it does not hold."""
    included = [f"--include={path}" for path in paths]
    call("restore", snapshot, "--target", "/", *included, *(["--delete"] if exact else []))
