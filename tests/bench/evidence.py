"""Events taken in: journal to table, against what only reads the journal and what only fills the table."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.site import Site

COUNT = 50_000
FOLDER = "/root/bench/journal"
REMOTE = "/usr/lib/systemd/systemd-journal-remote"
BEGAN = 1_795_684_178_000_000


def taken_in(site: Site) -> Iterator[Figure]:
    """Seconds from the start of the collector until all of a journal's logins are in the table."""
    assert site.first
    site.run("install", "-d", "-m", "0755", "/root/bench", FOLDER)
    site.run("chmod", "o+x", "/root")
    try:
        site.run("sh", "-c", f"cat >{FOLDER}/system.journal; chmod 0644 {FOLDER}/*", data=journal(COUNT))
        took = site.script("evidence", FOLDER, str(COUNT))
    finally:
        site.run("chmod", "o-x", "/root")
    yield Figure(
        f"{COUNT} events taken in, against reading them (journalctl, wc)", took["ours"], "s", took["read"]
    )
    yield Figure("  against COPY into the same table", took["ours"], "s", took["copied"], 10)
    yield Figure("  against COPY into a table without indices", took["ours"], "s", took["bare"])
    yield Figure("  events a second", COUNT / took["ours"], "/s")


def journal(count: int) -> bytes:
    """A journal file with so many logins, a millisecond apart."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "system.journal"
        lines = "".join(_entry(number) for number in range(count))
        subprocess.run(
            [REMOTE, "--output", str(path), "-"], input=lines.encode(), check=True, capture_output=True
        )
        return path.read_bytes()


def _entry(number: int) -> str:
    fields = {
        "success": "yes", "user": f"n{number % 500}@snv.binhdinh.test", "protocol": "imap", "local_port": 993,
        "session": f"S{number}", "remote_ip": f"203.0.113.{number % 250}", "mechanism": "PLAIN",
    }  # fmt: skip
    event = {"event": "auth_request_finished", "hostname": "mail", "fields": fields}
    return (
        f"__REALTIME_TIMESTAMP={BEGAN + 1000 * number}\n__MONOTONIC_TIMESTAMP={1_000_000 + 1000 * number}\n"
        "_BOOT_ID=9e13de7a15133e067dcc6ceae5b3efe8\n_HOSTNAME=mail\n_UID=0\n_SYSTEMD_UNIT=dovecot.service\n"
        f"SYSLOG_IDENTIFIER=dovecot\nMESSAGE=stats: {json.dumps(event)}\n\n"
    )
