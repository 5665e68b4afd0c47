"""Logins and passwords: what argon2id costs, and whether anything grows with the number of accounts."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterator
from typing import Any

from congvu.passwords import generate, hash_password
from tests.bench import directory
from tests.bench.figures import Figure
from tests.bench.site import ON_HOST, Site
from tests.demo import journey
from tests.demo.hosts import FOLDER

LOGINS, EACH = 10, 30
CONFIGURATION, STATIC = "/etc/dovecot/dovecot.conf", "/etc/dovecot/bench.passwd"
# Dovecot asks the first passdb first, and whoever is right there needs no second.
STATIC_PASSDB = f"""
passdb passwd-file {{
  passwd_file_path = {STATIC}
  default_password_scheme = PLAIN
}}
"""
# People and people a unit: the second is the 10,000 people in 500 units.
SMALL, LARGE = (100, 20), (10_000, 20)
SECONDS = 5
KEY = "/var/lib/congvu/keys/fingerprint.key"
ACCOUNTS = (100, 10_000, 100_000)
CHANGES = 11
VIEWS, AT_ONCE = 2_000, 20


def logins(site: Site) -> Iterator[Figure]:
    """Logins a second by IMAP in TLS from another host, with the directory's argon2id and without."""
    assert site.people
    people = journey.active_people(site.hosts, FOLDER / "credentials.json")[:LOGINS]
    jobs = {
        "host": site.hosts.address("mail"),
        "each": EACH,
        "logins": [(person.address, person.password) for person in people],
    }
    site.hosts.run("partner", "sh", "-c", "umask 077; cat >/root/jobs.json", data=json.dumps(jobs).encode())
    ours = _come(site)
    lines = "".join(f"{person.address}:{person.password}\n" for person in people)
    before = site.run("cat", CONFIGURATION)
    try:
        site.run("sh", "-c", f"umask 077; cat >{STATIC}; chown dovecot {STATIC}", data=lines.encode())
        _configure(site, before.replace("passdb sql", STATIC_PASSDB + "passdb sql", 1))
        static = _come(site)
    finally:
        _configure(site, before)
        site.run("rm", "-f", STATIC)
    yield Figure("logins by IMAP, argon2id against a file of plain passwords", ours, "/s", static)


def _come(site: Site) -> float:
    said = json.loads(
        site.hosts.run("partner", "python3", "-", "/root/jobs.json", data=(ON_HOST / "login.py").read_bytes())
    )
    if said["refused"]:
        raise RuntimeError(f"993 refused: {said['refused']}")
    return float(LOGINS * EACH / said["seconds"])


def _configure(site: Site, text: str) -> None:
    site.run("sh", "-c", f"cat >{CONFIGURATION}", data=text.encode())
    site.run("systemctl", "reload", "dovecot.service")


def roles(site: Site) -> Iterator[Figure]:
    """What a login asks of the directory, for the head of a unit, by how many people and units there are."""
    module = directory.program(site)
    milliseconds = []
    for size, unit in (SMALL, LARGE):
        directory.bring(site, size, unit)
        _fill(site, module)
        milliseconds.append(_asked(site))
    small, large = milliseconds
    units = LARGE[0] // LARGE[1]
    yield Figure(
        f"a login's questions with {LARGE[0]:,} people and {units} units, against {SMALL[0]}",
        large, "ms", small,
    )  # fmt: skip


def asked(configuration: str, login: str) -> str:
    """What Dovecot asks of passdb and userdb for a login by IMAP with one's own password, for pgbench."""
    queries = re.findall(r"^  query = ((?:.*\\\n)*.*)", configuration, re.M)
    text = "".join(f"{query};\n" for query in queries).replace("\\\n", "")
    text = re.sub(r"'%\{password [^']*'", "'--------'", text)
    for variable, value in (("user", login), ("protocol", "imap"), ("secured", "TLS")):
        text = text.replace(f"%{{{variable}}}", value)
    return text


def _asked(site: Site) -> float:
    """The mean time in ms of a login's questions, one after the other."""
    head = _sql(site, "select address from person order by staff_id limit 1").strip()
    script = asked(site.run("cat", CONFIGURATION), head)
    place = site.run("sh", "-c", "ls -d /usr/lib/postgresql/*/bin").strip()
    pgbench = (f"{place}/pgbench", "-n", "-f", "-", "-T", str(SECONDS), "-h", "/run/postgresql", "congvu")
    said = site.run("runuser", "-u", "dovecot", "--", *pgbench, data=script.encode())
    found = re.search(r"latency average = ([\d.]+) ms", said)
    if not found or " 0 (0.000%)" not in said:
        raise RuntimeError(f"pgbench: {said}")
    return float(found[1])


def changes(site: Site) -> Iterator[Figure]:
    """A change by the page, with TLS and hashes, by how many accounts there are; and the pages themselves."""
    module = directory.program(site)
    first = 0.0
    for size in ACCOUNTS:
        directory.bring(site, size)
        present = _fill(site, module)
        people = _sql(site, f"select address from person order by staff_id limit {CHANGES}").split()
        changed = [(address, present, generate()) for address in people]
        said = _page(site, changes=changed)
        median = statistics.median(said["changes"]) * 1000
        yield Figure(f"a password changed at {size:,} accounts", median, "ms", first or None)
        first = first or median
    address, _, new = changed[0]
    for what, person in {"the page of passwords": None, "a person's own page": (address, new)}.items():
        views = _page(site, gets=VIEWS, person=person)["views"]
        yield Figure(f"{what}, {AT_ONCE} at once: half are faster", statistics.median(views) * 1000, "ms")
        slowest = statistics.quantiles(views, n=100)[-1] * 1000
        yield Figure(f"{what}, {AT_ONCE} at once: 99 of 100 are faster", slowest, "ms", aim=200)
    directory.empty(site)


def _page(site: Site, gets: int = 0, changes: Any = (), person: Any = None) -> Any:
    name = site.run("postconf", "-h", "myhostname").strip()
    jobs = {"host": name, "gets": gets, "at_once": AT_ONCE, "changes": changes, "person": person}
    site.run("sh", "-c", "umask 077; cat >/root/jobs.json", data=json.dumps(jobs).encode())
    said = site.script("page", "/root/jobs.json")
    if said["faults"]:
        raise RuntimeError(f"the page answered {said['faults']}")
    return said


def _fill(site: Site, module: str) -> str:
    """The people that were brought, all with this password, which no two seem to share."""
    password = generate()
    key = site.run("sh", "-c", f"sha256sum {KEY} | cut -c1-16").strip()
    directory.empty(site)
    directory.converge(site, module)
    _sql(
        site,
        f"begin; {directory.RECORD}"
        "insert into credential (address, hash, origin)"
        f" select address, '{hash_password(password)}', 'imported' from person;"
        "insert into password_fingerprint (address, own, shared, key) select address,"
        " sha256(convert_to(address, 'UTF8')), sha256(convert_to('shared' || address, 'UTF8')),"
        f" '{key}' from person; commit; analyze;",
    )
    return password


def _sql(site: Site, statement: str) -> str:
    return site.run(*directory.PSQL, "-d", "congvu", data=statement.encode())
