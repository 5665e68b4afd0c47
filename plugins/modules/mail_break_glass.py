#!/usr/bin/python
"""Opens a person's mailbox to somebody else, to read it, until a moment."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_break_glass
short_description: Open a person's mailbox to somebody else, to read it, until a moment
version_added: "0.1.0"
description:
  - Lets one person read the mailbox of another, by a ticket that a third person has approved. It ends by
    itself; the owner is told when it begins and when it is over.
  - An access is never changed or made longer. Asking for the same again changes nothing, also when it is
    over.
  - With O(ended_by) it is ended before its time.
options:
  ticket:
    description: Number and sign of the decision, or of the request that was approved.
    type: str
    required: true
  owner:
    description: Staff id of the person whose mailbox it is.
    type: str
    required: true
  reader:
    description: Staff id of the person who gets to read it.
    type: str
    required: true
  approver:
    description: Staff id of the person who approves it; neither the owner nor the reader.
    type: str
    required: true
  reason:
    description: Why; the owner is told.
    type: str
    required: true
  ends_at:
    description:
      - When it ends, in Viet Nam, as 2026-11-26 17:00. At most so many hours away as the policy's
        break_glass.max_hours says.
    type: str
    required: true
  domain:
    description: The mail domain.
    type: str
    required: true
  ended_by:
    description: Who says that it is over before its time; empty while it is not.
    type: str
    default: ""
extends_documentation_fragment: congvu_database
attributes:
  check_mode:
    support: full
    description: Says what would change; on a host without the package it can only warn.
  diff_mode:
    support: full
    description: One line for the mailbox before, and one for after.
author: congvu
"""

EXAMPLES = r"""
- name: Let the deputy director read the mailbox of somebody who fell ill
  mail_break_glass:
    ticket: 12/QĐ-SNV
    owner: SNV031
    reader: SNV002
    approver: SNV001
    reason: Tìm hồ sơ đang giải quyết, cán bộ nghỉ ốm đột xuất
    ends_at: "2026-11-26 17:00"
    domain: snv.binhdinh.gov.vn
"""

RETURN = r"""
box:
  description: Address of the mailbox.
  type: str
  returned: success
  sample: annv@snv.binhdinh.gov.vn
faults:
  description: Everything that is wrong with what was asked for.
  type: list
  elements: dict
  returned: when it is at fault
  sample:
    - file: break_glass
      row: 0
      column: approver
      value: SNV002
      rule: is the reader, who cannot approve this
      remedy: name a third person
"""

import typing as t
from datetime import datetime, timedelta

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.congvu_host import Result, UserError, accounts, clock, host, run, store

NAMES = ("ticket", "owner", "reader", "approver", "reason")


def open_mailbox(module: AnsibleModule, db: store.Store) -> Result:
    given = module.params
    asked = accounts.Access(**{name: given[name] for name in NAMES}, ends_at=moment(given["ends_at"]))
    organisation = store.read_directory(db, given["domain"]).organisation
    access = accounts.plan_access(asked, organisation, store.read_accesses(db), db.now(), longest(db))
    box = organisation.people[asked.owner].address if asked.owner in organisation.people else ""
    if access:
        store.open_access(db, access, box, host.actor())
    ended = bool(given["ended_by"]) and store.end_access(db, asked, given["ended_by"], host.actor())
    until = f"{box}: {asked.reader} reads it until {clock.local(asked.ends_at):%Y-%m-%d %H:%M}\n"
    closed = f"{box}: {asked.reader} does not read it\n"
    return {
        "changed": bool(access) or ended,
        "box": box,
        "diff": {"before": closed if access else until, "after": closed if ended else until},
    }


def longest(db: store.Store) -> timedelta:
    """How far away the end may be, by the policy in force."""
    hours = db.policy_values().get("break_glass.max_hours")
    if hours is None:
        raise UserError(
            "break_glass: the policy has no value break_glass.max_hours; without it none is opened"
        )
    return timedelta(hours=hours)


def moment(written: str) -> datetime:
    """A moment of the clock in Viet Nam, or of the zone that it names."""
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        raise UserError(
            f'break_glass, ends_at: "{written}" is no moment; write it as 2026-11-26 17:00'
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=clock.TIMEZONE)


def main() -> t.NoReturn:
    options = {name: {"required": True} for name in (*NAMES, "ends_at", "domain")}
    run({**options, "ended_by": {"default": ""}}, open_mailbox)


if __name__ == "__main__":
    main()
