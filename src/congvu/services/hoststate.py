"""Reads the state of the host from its own tools. What cannot be read raises Unreadable."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Those of every group, in the order in which mail and people meet them; a host shows what it has.
UNITS = tuple(
    f"{name}.service"
    for name in (
        "postgresql@17-main", "congvu-password", "congvu-web", "congvu-collect", "redis-server",
        "clamav-daemon", "clamav-freshclam", "rspamd", "postfix", "dovecot", "php8.4-fpm", "nginx", "unbound",
        "nftables", "fail2ban", "ssh",
    )
)  # fmt: skip
PLACES = ("/", "/var", "/var/lib/postgresql", "/var/spool/postfix", "/var/vmail", "/var/log")
CERTIFICATE = Path("/etc/congvu/tls/chain.pem")
SIGNATURES = Path("/var/lib/clamav")
REBOOT = Path("/run/reboot-required")


class Unreadable(Exception):
    """A tool of the host failed or is not there; the text says which and what it said."""


def output(*command: str, seconds: int = 30) -> str:
    """What a command wrote, in plain English and UTF-8."""
    # postqueue and others live in /usr/sbin, which not every caller has on its PATH
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreadable(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Unreadable(f"{command[0]}: {said[0] if said else f'ended with {done.returncode}'}")
    return done.stdout


def properties(text: str) -> Iterator[dict[str, str]]:
    """The units of `systemctl show`, which parts them by an empty line."""
    for block in text.strip().split("\n\n"):
        yield dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def shown(*units: str) -> list[dict[str, str]]:
    """State and times of units; one that is not there has LoadState not-found."""
    wanted = "Id,LoadState,ActiveState,ActiveEnterTimestamp,ExecMainExitTimestamp,Result,LastTriggerUSec"
    return list(properties(output("systemctl", "show", "--timestamp=unix", f"--property={wanted}", *units)))


def failed() -> list[str]:
    """The names of all units that failed."""
    rows = output("systemctl", "list-units", "--failed", "--plain", "--no-legend", "--all").splitlines()
    return [row.split()[0] for row in rows if row.strip()]


def queue() -> list[dict[str, Any]]:
    return [json.loads(line) for line in output("postqueue", "-j").splitlines()]


def spaces() -> Iterator[tuple[str, int, int, int]]:
    """(directory, bytes used, bytes in all, per cent of inodes used): each file system once."""
    devices = set()
    for place in (path for path in PLACES if Path(path).exists()):
        device = Path(place).stat().st_dev
        if device in devices:
            continue
        devices.add(device)
        disk, nodes = shutil.disk_usage(place), os.statvfs(place)
        # disk.used + disk.free: without what is kept for root, as df counts it
        inodes = round(100 * (nodes.f_files - nodes.f_ffree) / nodes.f_files) if nodes.f_files else 0
        yield place, disk.used, disk.used + disk.free, inodes


def quotas() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(output("doveadm", "-f", "json", "quota", "get", "-A"))
    return rows


def certificate_end() -> datetime:
    """The end of the first certificate in the file: the host's own."""
    text = output("openssl", "x509", "-noout", "-enddate", "-in", str(CERTIFICATE)).strip()
    return datetime.strptime(text, "notAfter=%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)


def signatures() -> tuple[datetime | None, datetime | None]:
    """When the newest official signatures were made, and when the newest file of our own was brought."""
    files = [path for path in SIGNATURES.glob("*") if path.is_file()]
    made = [built(head(path)) for path in files if path.suffix in (".cvd", ".cld")]
    brought = [
        datetime.fromtimestamp(path.stat().st_mtime, UTC)
        for path in files
        if path.suffix in (".ndb", ".hdb", ".hsb", ".ldb", ".yar")
    ]
    return max((at for at in made if at), default=None), max(brought, default=None)


def head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(512)


def built(start: bytes) -> datetime | None:
    """The moment in the head of a signature file: ClamAV-VDB:25 Nov 2026 07-26 +0000:..."""
    at = re.match(rb"ClamAV-VDB:(\d+ \w{3} \d{4} \d{2}-\d{2} [+-]\d{4}):", start)
    return datetime.strptime(at[1].decode(), "%d %b %Y %H-%M %z") if at else None


def pending() -> list[str]:
    """The lines of APT about packages that it would renew."""
    text = output("apt-get", "--simulate", "-o", "Debug::NoLocking=true", "upgrade", seconds=60)
    return [line for line in text.splitlines() if line.startswith("Inst ")]


def reboot_for() -> list[str] | None:
    """The packages that ask for a reboot; None where none is due."""
    if not REBOOT.exists():
        return None
    packages = REBOOT.with_name("reboot-required.pkgs")
    return sorted(set(packages.read_text("utf-8").split())) if packages.exists() else []
