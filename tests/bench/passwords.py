"""Initial passwords issued by mail_password, on the host, against argon2 alone with the same parameters."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import directory
from tests.bench.figures import Figure
from tests.bench.site import Site

PEOPLE = 1_000


def issued(site: Site) -> Iterator[Figure]:
    """Passwords a second and core; argon2 alone runs on one core."""
    assert site.first
    people = directory.program(site)
    directory.empty(site)
    program = site.payload("mail_password", folder="/root/bench/issued")  # to nobody, so far
    directory.bring(site, PEOPLE)
    directory.converge(site, people)
    said = site.script("module", program)
    count = said["result"].get("count")
    if count != PEOPLE:
        raise RuntimeError(f"mail_password issued {count} passwords: {said['result'].get('msg', '')}")
    cores = int(site.run("nproc"))
    alone = float(site.script("argon", "200"))
    yield Figure("passwords issued, a second and core", count / said["seconds"] / cores, "/s", alone)
