#!/usr/bin/python
"""Imports dated credentials."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_credential
short_description: Import dated credentials from another mail system
version_added: "0.1.0"
description:
  - Takes hashes of passwords with the date on which each was set, so that people keep their password and its
    age.
  - An account whose owner has set a password since is left alone.
  - All faults of the file are reported at once; then nothing is changed.
  - No hash appears in a result, a diff or a log.
options:
  path:
    description:
      - Path on the host of the CSV file with the columns C(address), C(hash) and C(set_at).
      - C(hash) is argon2id or sha512-crypt, with or without a C({SCHEME}) before it. Cheap ones are refused.
      - C(set_at) is a date, or a date and time with its zone; it may not lie in the future.
    type: path
    required: true
  domain:
    description: The mail domain of the addresses.
    type: str
    required: true
extends_documentation_fragment: congvu_database
attributes:
  check_mode:
    support: full
    description: Says whose credential would be set.
  diff_mode:
    support: full
    description: Names addresses and dates, never a hash.
author: congvu
"""

EXAMPLES = r"""
- name: Bring the passwords over from the old system
  mail_credential:
    path: /run/congvu/credentials.csv
    domain: snv.binhdinh.gov.vn
"""

RETURN = r"""
count:
  description: How many credentials were set.
  type: int
  returned: success
  sample: 52
left_alone:
  description: Addresses whose owner has set a password since.
  type: list
  elements: str
  returned: success
  sample: [annv@snv.binhdinh.gov.vn]
faults:
  description: Everything that is wrong with the file.
  type: list
  elements: dict
  returned: when the file is at fault
  sample:
    - file: credentials.csv
      row: 7
      column: hash
      value: ""
      rule: is no argon2id or sha512-crypt hash
      remedy: leave this person out and issue an initial password instead
"""

import typing as t
from pathlib import PurePath

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.congvu_host import Result, accounts, host, run, store


def bring_over(module: AnsibleModule, db: store.Store) -> Result:
    path, domain = module.params["path"], module.params["domain"]
    people = {each.address for each in db.accounts() if each.kind == "person" and each.state != "closed"}
    wanted = accounts.read_credentials(
        host.read(path), domain, people, now=db.now(), file=PurePath(path).name
    )
    current = store.read_credentials(db)
    write, left = accounts.plan_credentials(current, wanted)
    if write:
        store.write_credentials(db, write, host.actor(), "credential.import")
    before = "".join(dated(current[each.address]) for each in write if each.address in current)
    after = "".join(dated(each) for each in write)
    diff = {"before": before, "after": after}
    return {"changed": bool(write), "count": len(write), "left_alone": left, "diff": diff}


def dated(credential: accounts.Credential) -> str:
    return f"{credential.address}: {credential.origin}, set {credential.set_at.isoformat()}\n"


def main() -> t.NoReturn:
    options = {"path": {"type": "path", "required": True}, "domain": {"required": True}}
    run(options, bring_over)


if __name__ == "__main__":
    main()
