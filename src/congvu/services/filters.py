"""The Sieve filters of a mailbox, asked of Dovecot and ended there."""

from __future__ import annotations

import subprocess
from typing import Any

from congvu import mailrules
from congvu.errors import UserError

_ACTIVE = " ACTIVE"  # how Dovecot marks the one script that is run


def filters(address: str) -> list[dict[str, Any]]:
    """Each script of a mailbox: name, whether it is run, where it sends mail on, whether it answers."""
    found = []
    for line in doveadm("sieve", "list", "-u", address).splitlines():
        name, active = line.strip().removesuffix(_ACTIVE), line.strip().endswith(_ACTIVE)
        effects = mailrules.effects(doveadm("sieve", "get", "-u", address, name))
        found.append(
            {"name": name, "active": active, "forwards": list(effects.forwards), "answers": effects.answers}
        )
    return found


def end(address: str) -> list[str]:
    """No script of this mailbox is run any more; the names of those that were. They stay to be read."""
    active = [each["name"] for each in filters(address) if each["active"]]
    if active:
        doveadm("sieve", "deactivate", "-u", address)
    return active


def doveadm(*arguments: str) -> str:
    """What Dovecot answers. Raises UserError with its words when it does not."""
    done = subprocess.run(["doveadm", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"doveadm {' '.join(arguments[:4])}: {done.stderr.strip()}")
    return done.stdout
