"""Initial passwords issued by mail_password, on the host, against argon2 alone with the same parameters."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import directory
from tests.bench import people as generator
from tests.bench.figures import Figure
from tests.bench.site import Site

PEOPLE = 1_000


def issued(site: Site) -> Iterator[Figure]:
    """Passwords a second and core. argon2 alone runs on one core: on two it would share their memory, as ours does."""
    assert site.first
    files = {"organisation": "/root/bench/organisation.yml", "people": "/root/bench/people.csv"}
    program = site.payload("mail_directory", domain="snv.binhdinh.test", **files)
    directory.bring(site, "organisation.yml", generator.organisation(PEOPLE))
    directory.bring(site, "people.csv", "\n".join(generator.people(PEOPLE)) + "\n")
    directory.empty(site)
    directory.converge(site, program)
    said = site.script("module", site.payload("mail_password", folder="/root/bench/issued"))
    count = said["result"].get("count")
    if count != PEOPLE:
        raise RuntimeError(f"mail_password issued {count} passwords: {said['result'].get('msg', '')}")
    cores = int(site.run("nproc"))
    alone = float(site.script("argon", "200"))
    yield Figure("passwords issued, a second and core", count / said["seconds"] / cores, "/s", alone)
