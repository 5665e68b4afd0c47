#!/usr/bin/python
"""Issues initial passwords."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_password
short_description: Issue initial passwords
version_added: "0.1.0"
description:
  - Gives a random password to everybody who serves today and never had one, and to those named in O(reset).
    It opens nothing but the page on which its owner must replace it.
  - The passwords are written once, to a new file on the host that only root reads, and appear nowhere else.
    They are stored as argon2id hashes, and as fingerprints by which nobody else can choose the same.
  - So do the accounts of devices and applications. Their passwords are longer and need not be replaced; they
    hand in mail, and open nothing else, until the last day of the account.
  - The mailboxes of units and offices have no password.
options:
  folder:
    description: Folder on the host in which the file is made.
    type: path
    default: /var/lib/congvu/issued
  slips:
    description:
      - Instead of the CSV, make slips to be printed and sealed, one page a person, as a PDF that only the
        owner of a certificate can read. Nothing that root could read is left on the host.
    type: dict
    suboptions:
      certificate:
        description: PEM file on the host with the certificate of whoever hands the passwords out.
        type: path
        required: true
      organisation:
        description: Name of the organisation, as the sender.
        type: str
        required: true
      office:
        description: Who is told of a slip that was opened, as the regulation names the Office.
        type: str
        required: true
      page:
        description: Address of the page on which the passwords are replaced.
        type: str
        required: true
  key:
    description: File on the host with the site's fingerprint key (role C(password_service)).
    type: path
    default: /var/lib/congvu/keys/fingerprint.key
  reset:
    description:
      - Staff ids or addresses of people, or addresses of devices, that get a new password
        although they have one.
      - Named again, they get another one; this is a deed, not a state.
    type: list
    elements: str
    default: []
extends_documentation_fragment: congvu_database
attributes:
  check_mode:
    support: full
    description: Says for whom a password would be made.
  diff_mode:
    support: full
    description: Names the addresses, never a password or hash.
author: congvu
"""

EXAMPLES = r"""
- name: Issue initial passwords to everybody who has none
  mail_password:
  register: issued

- name: Give somebody who forgot theirs a new one
  mail_password:
    reset: [SNV006]
"""

RETURN = r"""
count:
  description: How many passwords were issued.
  type: int
  returned: success
  sample: 6
path:
  description:
    - The CSV file with C(staff_id), C(full_name), C(unit), C(address), C(password). Hand the passwords out,
      then delete it. With O(slips) a file that C(openssl cms -decrypt -binary -inform PEM -inkey KEY) makes a
      PDF of. Null where none was issued.
  type: str
  returned: success
  sample: /var/lib/congvu/issued/20261123T080000Z.csv
"""

import os
import typing as t
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, timedelta
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.congvu_host import (
    Result,
    UserError,
    accounts,
    clock,
    envelope,
    fingerprints,
    host,
    passwords,
    run,
    slips,
    store,
)

# What the records call it, by the origin of the password: a person sees there that theirs was reset.
VERBS = {"issued": "password.issue", "reset": "password.reset"}


def issue(module: AnsibleModule, db: store.Store) -> Result:
    people, devices = recipients(db, module.params["reset"])
    lines = [f"{person.address}: {origin} password\n" for person, origin in people]
    lines += [f"{device.address}: password of a device\n" for device in devices]
    result = {
        "changed": bool(lines),
        "count": len(lines),
        "path": None,
        "diff": {"before": "", "after": "".join(lines)},
    }
    if not lines or module.check_mode:
        return result
    moment = db.now()
    ending = "slips.pem" if module.params["slips"] else "csv"
    path = Path(module.params["folder"]) / f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}.{ending}"
    key = fingerprints.Key(host.read(module.params["key"]), module.params["key"])
    made = [passwords.generate() for _ in people]
    made += [passwords.generate(passwords.DEVICE_LENGTH) for _ in devices]
    addresses = [person.address for person, _ in people] + [device.address for device in devices]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # argon2 lets go of the interpreter while it works
        hashes = list(pool.map(passwords.hash_password, made))
        marks = list(pool.map(key.fingerprint, made, addresses))
    credentials = [
        accounts.Credential(person.address, stored, moment, origin)
        for (person, origin), stored in zip(people, hashes, strict=False)
    ]
    issued = [
        slips.Slip(person.staff_id, person.full_name, person.unit_name, person.address, password)
        for (person, _), password in zip(people, made, strict=False)
    ]
    issued += [
        slips.Slip(each.owner, each.owner_name, each.owner_unit, each.address, password, each.name, each.ends)
        for each, password in zip(devices, made[len(people) :], strict=True)
    ]
    content = written(db, issued, module.params["slips"])  # before anybody's change has to wait for this one
    for origin, verb in VERBS.items():
        given = [each for each in credentials if each.origin == origin]
        if given:
            store.write_credentials(db, given, host.actor(), verb)
    if devices:
        store.write_service_passwords(
            db, dict(zip(addresses[len(people) :], hashes[len(people) :], strict=True)), host.actor()
        )
    store.record_issued(db, dict(zip(addresses, marks, strict=True)), key.id)
    host.write_secret(path, content)
    with gone_unless_kept(path):
        db.keep()
    return {**result, "path": str(path)}


def written(db: store.Store, issued: list[slips.Slip], wanted: Result | None) -> bytes:
    """What is handed out: slips for whoever has the key of the certificate, or a table for root."""
    if wanted is None:
        return host.table(slips.COLUMNS, (astuple(slip)[: len(slips.COLUMNS)] for slip in issued))
    valid = timedelta(days=int(db.policy_values()["password.initial_valid_days"]))
    last_day = clock.day(db.now()) + valid
    letter = slips.Letter(wanted["organisation"], wanted["office"], wanted["page"], last_day)
    return envelope.seal(slips.to_pdf(issued, letter), Path(wanted["certificate"]))


@contextmanager
def gone_unless_kept(path: Path) -> Iterator[None]:
    """Passwords that the directory did not take must not be handed out."""
    try:
        yield
    except BaseException:
        path.unlink()
        raise


def recipients(
    db: store.Store, named: list[str]
) -> tuple[list[tuple[store.Account, str]], list[store.ServiceAccount]]:
    """Who gets a password, and as what; and which devices do. Raises UserError for names of nobody."""
    people = [account for account in db.accounts() if account.kind == "person" and account.state != "closed"]
    devices = [service for service in db.services() if service.state != "closed"]
    known = {key: account for account in people for key in (account.staff_id, account.address)}
    known |= {service.address: service for service in devices}
    unknown = sorted(set(named) - known.keys())
    if unknown:
        raise UserError(f"nobody here has the staff id or address {', '.join(unknown)}; correct `reset`")
    reset = {known[name].address for name in named}
    return [
        (account, "issued" if account.password_set_at is None else "reset")
        for account in people
        if account.address in reset or (account.state == "initial" and account.password_set_at is None)
    ], [device for device in devices if device.address in reset or device.state == "initial"]


def main() -> t.NoReturn:
    options = {
        "slips": {
            "type": "dict",
            "options": {
                "certificate": {"type": "path", "required": True},
                "organisation": {"required": True},
                "office": {"required": True},
                "page": {"required": True},
            },
        },
        # None holds a secret, whatever their names let Ansible think.
        "folder": {"type": "path", "default": "/var/lib/congvu/issued"},
        "key": {"type": "path", "default": "/var/lib/congvu/keys/fingerprint.key"},
        "reset": {"type": "list", "elements": "str", "default": []},
    }
    run(options, issue)


if __name__ == "__main__":
    main()
