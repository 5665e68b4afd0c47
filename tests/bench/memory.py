"""Memory of the idle host by unit, with two virus signatures, and with as many as the official set has."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.site import TESTHOST, Site

SIGNATURES = 8_000_000
CLAMAV = "/var/lib/clamav"
# systemd holds the socket meanwhile: the answer comes when the signatures are loaded.
PING = """
import socket
clamd = socket.socket(socket.AF_UNIX)
clamd.settimeout(600)
clamd.connect("/run/clamav/clamd.ctl")
clamd.sendall(b"PING")
assert clamd.recv(16).startswith(b"PONG")
"""
QUIET = 30  # seconds after the start until nobody does anything


def idle(site: Site) -> Iterator[Figure]:
    """After a restart: what the converge itself left in memory is nobody's need."""
    assert site.people
    subprocess.run([TESTHOST, "restart", "mail"], check=True)
    time.sleep(QUIET)
    units: dict[str, float] = site.script("memory")
    yield Figure("memory of the idle host", sum(units.values()), "MiB", aim=350)
    for unit, size in units.items():
        if size >= 5:
            yield Figure(f"of it {unit.removesuffix('.service')}", size, "MiB")


def signatures(site: Site) -> Iterator[Figure]:
    """The official databases need the internet: these are made, as many, of their commonest kind."""
    assert site.first
    few = site.script("memory").get("clamav-daemon.service", 0.0)
    site.script("signatures", CLAMAV, str(SIGNATURES))
    start = time.monotonic()
    site.run("systemctl", "restart", "clamav-daemon.service")
    site.run("python3", "-c", PING)
    seconds = time.monotonic() - start
    many = site.script("memory")["clamav-daemon.service"]
    yield Figure(f"clamd with {SIGNATURES:,} signatures, against two", many, "MiB", few)
    yield Figure("its start", seconds, "s")
    site.run("rm", f"{CLAMAV}/bench.hdb", f"{CLAMAV}/bench.hsb")
    site.run("systemctl", "restart", "clamav-daemon.service")
