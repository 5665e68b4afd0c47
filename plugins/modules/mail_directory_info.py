#!/usr/bin/python
"""Reads the mail directory."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_directory_info
short_description: Read the mail directory
version_added: "0.1.0"
description:
  - Every mailbox with its state on this day, as the doors judge it. No hash and no password.
options:
  states:
    description: Only mailboxes in these states; empty means all.
    type: list
    elements: str
    choices: [active, due, initial, reset, lapsed, expired, revoked, suspended, closed, box]
    default: []
extends_documentation_fragment: congvu_database
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing.
author: congvu
"""

EXAMPLES = r"""
- name: Ask who must change their password
  mail_directory_info:
    states: [initial, reset, expired]
  register: waiting
"""

RETURN = r"""
accounts:
  description: The mailboxes, by kind and address.
  type: list
  elements: dict
  returned: success
  sample:
    - address: annv@snv.binhdinh.gov.vn
      kind: person
      staff_id: SNV006
      full_name: Nguyễn Văn An
      unit: vp
      unit_name: Văn phòng Sở
      position: Phó Chánh Văn phòng
      state: due
      password_set_at: "2026-08-03T01:12:44+00:00"
      due_on: "2026-11-03"
      expires_on: "2027-02-03"
      quota_mb: 1024
services:
  description: The accounts of devices and applications, with their state on this day, by address.
  type: list
  elements: dict
  returned: success
  sample:
    - address: mayquet@snv.binhdinh.gov.vn
      name: Máy quét tầng 2
      owner: SNV007
      owner_name: Phan Thị Thanh Thúy
      owner_unit: Văn phòng Sở
      ends: "2027-06-30"
      state: active
      set_at: "2026-11-26T01:12:44+00:00"
counts:
  description: How many mailboxes are in each state.
  type: dict
  returned: success
  sample: {"active": 41, "box": 10, "due": 4}
domains:
  description: The domains whose mail is kept here.
  type: list
  elements: str
  returned: success
  sample: [snv.binhdinh.gov.vn]
"""

import typing as t
from collections import Counter
from dataclasses import asdict
from datetime import date

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.congvu_host import Result, run, store

STATES = (
    "active", "due", "initial", "reset", "lapsed", "expired", "revoked", "suspended", "closed", "box",
)  # fmt: skip


def look(module: AnsibleModule, db: store.Store) -> Result:
    states = module.params["states"] or STATES
    found = [account for account in db.accounts() if account.state in states]
    return {
        "changed": False,
        "accounts": [plain(asdict(account)) for account in found],
        "services": [plain(asdict(service)) for service in db.services()],
        "counts": dict(Counter(account.state for account in found)),
        "domains": db.domains(),
    }


def plain(fields: Result) -> Result:
    """The same with dates as ISO text (a datetime is a date)."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in fields.items()}


def main() -> t.NoReturn:
    states = {"type": "list", "elements": "str", "choices": list(STATES), "default": []}
    run({"states": states}, look)


if __name__ == "__main__":
    main()
