"""The demo's hosts seen from the controller: by SSH, as an operator reaches them."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GROUP = os.environ.get("CONGVU_HOSTS", "demo")  # as molecule/hosts/testhost understands it
HOSTS = ROOT / "build" / "hosts" / GROUP
FOLDER = (
    ROOT / "build" / GROUP
)  # what belongs to the group, but for its hosts: passwords, certificates, reports

# Everybody with a mailbox, as the directory itself judges them. The view is a promise to other programs.
ACCOUNTS = """
select coalesce(json_agg(json_build_object(
         'address', address, 'kind', kind, 'staff_id', staff_id, 'unit', unit, 'state', state,
         'set_at', password_set_at) order by kind, staff_id, address), '[]')
  from account
"""


@dataclass(frozen=True)
class Hosts:
    """A group of test hosts; ``folder`` holds their ssh_config and hosts.json."""

    folder: Path

    def address(self, name: str) -> str:
        """The IP address of a host."""
        addresses: dict[str, str] = json.loads((self.folder / "hosts.json").read_text("utf-8"))
        return addresses[name]

    def container(self, name: str) -> str:
        """What testhost calls a host in podman: unique per checkout and group."""
        checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
        return f"congvu-{checkout}-{self.folder.name}-{name}"

    def run(self, name: str, *command: str, data: bytes = b"", fine: tuple[int, ...] = (0,)) -> str:
        """What a command, run as root, wrote. RuntimeError when it ends with a status not in ``fine``."""
        ssh = ["ssh", "-F", str(self.folder / "ssh_config"), name, shlex.join(command)]
        done = subprocess.run(ssh, input=data, capture_output=True, check=False)
        if done.returncode not in fine:
            said = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"{command[0]} on {name} ended with {done.returncode}: {said}")
        return done.stdout.decode("utf-8", errors="replace")

    def accounts(self) -> list[dict[str, Any]]:
        """address, kind, staff_id, unit, state and set_at (of the password) of every mailbox."""
        query = (
            "psql",
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "congvu_admin",
            "-d",
            "congvu",
            "-c",
            ACCOUNTS,
        )
        accounts: list[dict[str, Any]] = json.loads(self.run("mail", *query))
        return accounts


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner ever could read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
