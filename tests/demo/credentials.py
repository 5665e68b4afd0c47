"""Makes the passwords that the demo's people bring along from "another mail system", each with its date.

Made once and kept, so that a second run changes nothing: FOLDER/credentials.json (address, staff_id, hash,
set_at and the password, for demo.json) and FOLDER/credentials.csv (address, hash, set_at), which the module
mail_credential imports; both 0600. Most people changed theirs lately, some are due, some are late; the newest
have none yet, so that they get an initial one. Who has left keeps the one they had: it must open nothing.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import secrets
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from passlib.hash import argon2

from congvu import accounts
from tests.demo.hosts import FOLDER, ROOT, write_private

INITIAL = 6
DUE = (125, 132, 139, 146)  # days: more than 3 calendar months, less than 6
EXPIRED = (215, 220, 226)  # days: more than 6 calendar months
KINDS_OF_LETTERS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "+-=_.,:@%")
HASH = argon2.using(type="ID", memory_cost=19456, time_cost=2, parallelism=1)


def make_password() -> str:
    """14 characters of all four kinds; a letter first, since a sign there means something to many tools."""
    letters = [secrets.choice(kind) for kind in KINDS_OF_LETTERS]
    letters += [secrets.choice("".join(KINDS_OF_LETTERS)) for _ in range(9)]
    secrets.SystemRandom().shuffle(letters)
    return "".join([secrets.choice(string.ascii_letters), *letters])


def ages(organisation: accounts.Organisation, today: date) -> Iterator[tuple[accounts.Person, int]]:
    """Everybody who has a password, and its age in days."""
    holders = {holder for box in organisation.boxes.values() for holder, _ in box.roles}
    people = sorted(organisation.people.values(), key=lambda person: (person.start, person.staff_id))
    gone = [person for person in people if person.end and person.end < today]
    # Whoever has a role in a box shows the work of the box, so their password is fresh.
    plain = [person for person in people if person not in gone and person.staff_id not in holders]
    newest = plain[-INITIAL:]
    older = plain[-INITIAL - len(DUE + EXPIRED) : -INITIAL]
    stale = dict(zip((person.staff_id for person in older), EXPIRED + DUE, strict=True))
    for number, person in enumerate(people):
        if person not in newest:
            yield person, stale.get(person.staff_id, 10 + number % 50)


def make(organisation: accounts.Organisation, now: datetime) -> list[dict[str, Any]]:
    made = []
    for person, days in ages(organisation, now.date()):
        password = make_password()
        made.append(
            {
                "address": person.address,
                "staff_id": person.staff_id,
                "password": password,
                "hash": HASH.hash(password),
                "set_at": (now - timedelta(days=days)).isoformat(),
            }
        )
    return made


def as_csv(made: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, ["address", "hash", "set_at"], extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(made)
    return text.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inventory", type=Path, default=ROOT / "inventories" / "demo", metavar="FOLDER")
    parser.add_argument("--domain", default="snv.binhdinh.test")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args()
    kept = given.folder / "credentials.json"
    if not kept.exists():
        files = [(given.inventory / name).read_bytes() for name in ("organisation.yml", "people.csv")]
        asked = accounts.read(files, given.domain)
        # On an empty directory the plan gives everybody the address that the host will give them.
        everybody = accounts.plan(accounts.Directory(accounts.Organisation(given.domain)), asked).wanted
        now = datetime.now(UTC).replace(microsecond=0)
        write_private(kept, json.dumps(make(everybody, now), ensure_ascii=False, indent=1) + "\n")
    table = as_csv(json.loads(kept.read_text("utf-8")))
    path = given.folder / "credentials.csv"
    if not path.exists() or path.read_text("utf-8") != table:
        write_private(path, table)


if __name__ == "__main__":
    main()
