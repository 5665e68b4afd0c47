"""People through mail_directory, in the module on the host, against COPY of the rows that it made.

Two bare things: tables of the same columns with nothing on them, and the directory's own tables with their
keys, checks, triggers and audit record, which is what a set of rows costs there, however it comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench import people as generator
from tests.bench.figures import Figure
from tests.bench.site import Site

SIZES = (1_000, 10_000, 100_000)
FOLDER = "/root/bench"
SERVER = "/var/lib/postgresql/bench"  # the server's own files: it sees no /tmp but its own
# The tables that hold people and their mailboxes, in the order of their keys, without the generated columns.
TABLES = {
    "address": "address, use",
    "unit": "code, name, box, closed",
    "person": "staff_id, full_name, kind, unit, position, starts, ends, address",
    "mailbox": "address, kind, staff_id, unit, quota_mb, closed",
    "box_role": "box, kind, staff_id, role",
}
RECORD = "insert into audit_record (actor, verb, subject) values ('bench', 'bench', '');"
DOMAIN = "insert into domain (name) values ('snv.binhdinh.test');"
PSQL = ("runuser", "-u", "postgres", "--", "psql", "-XAtqv", "ON_ERROR_STOP=1")


@dataclass(frozen=True)
class Ran:
    seconds: float
    peak_mib: float
    changed: bool


def empty(site: Site) -> None:
    """The directory as the first converge left it: the schema, the policy, nobody."""
    owner = "create database congvu owner congvu_owner"
    site.run(*PSQL, "-c", "drop database congvu with (force)", "-c", owner)
    site.run("congvu", "migrate", "--policy", "/etc/congvu/policy.json")


def converge(site: Site, module: str) -> Ran:
    said = site.script("module", module)
    if said["result"].get("failed"):
        raise RuntimeError(f"mail_directory failed: {said['result'].get('msg', said['result'])}")
    return Ran(said["seconds"], said["peak_mib"], said["result"]["changed"])


def program(site: Site) -> str:
    """mail_directory as a program on the host, for the files that `bring` puts there."""
    assert site.first
    site.run("rm", "-rf", FOLDER)
    files = {"organisation": f"{FOLDER}/organisation.yml", "people": f"{FOLDER}/people.csv"}
    return site.payload("mail_directory", domain="snv.binhdinh.test", **files)


def bring(site: Site, size: int, unit: int = 100) -> None:
    """An organisation of so many people, and so many in each unit."""
    lines = "\n".join(generator.people(size, unit)) + "\n"
    for name, text in {"organisation.yml": generator.organisation(size, unit), "people.csv": lines}.items():
        site.run("sh", "-c", f"cat >{FOLDER}/{name}", data=text.encode())


def copied(site: Site, schema: str, *before: str) -> float:
    """Seconds for COPY of all rows, kept beside by `keep`, in one transaction with its commit."""
    copies = [f"copy {schema}.{t} ({columns}) from '{SERVER}/{t}';" for t, columns in TABLES.items()]
    script = "\n".join(["\\timing on", "begin;", *before, *copies, "commit;"])
    said = site.run(*PSQL, "-d", "congvu", data=script.encode())
    return sum(float(found) for found in re.findall(r"^Time: ([\d.]+) ms", said, re.M)) / 1000


def keep(site: Site) -> None:
    """The rows as files of the server, and tables of the same columns without anything on them."""
    site.run("install", "-d", "-o", "postgres", SERVER)
    made = ["create schema bare;"]
    for table, columns in TABLES.items():
        made.append(f"copy {table} ({columns}) to '{SERVER}/{table}';")
        made.append(f"create table bare.{table} as select {columns} from {table} with no data;")
    site.run(*PSQL, "-d", "congvu", data="\n".join(made).encode())


def people(site: Site) -> Iterator[Figure]:
    assert site.first
    module = program(site)
    pace = 0.0
    for size in SIZES:
        bring(site, size)
        empty(site)
        made, again = converge(site, module), converge(site, module)
        if not made.changed or again.changed:
            raise RuntimeError(f"{size} people: changed was {made.changed}, then {again.changed}")
        keep(site)
        bare = copied(site, "bare")
        empty(site)
        keyed = copied(site, "public", RECORD, DOMAIN)
        yield Figure(f"{size:,} people, against bare COPY", made.seconds, "s", bare)
        yield Figure(f"{size:,} people, against COPY into the keyed tables", made.seconds, "s", keyed, 3)
        yield Figure(f"{size:,} people again, against the first run", again.seconds, "s", made.seconds, 1)
        yield Figure(f"{size:,} people, peak memory", max(made.peak_mib, again.peak_mib), "MiB", aim=500)
        if pace:
            yield Figure(
                f"a thousand of {size:,} people, against the size before",
                made.seconds / size * 1000,
                "s",
                pace,
            )
        pace = made.seconds / size * 1000
    empty(site)
