#!/usr/bin/python
"""Hands the mailbox of a unit or office over to its next head."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_handover
short_description: Hand the mailbox of a unit or office over to its next head
version_added: "0.1.0"
description:
  - Ends the role of the present head and begins that of the next one, by a decision and from a day, in one
    transaction with its audit record. From that day on the doors follow it by themselves.
  - A handover is never changed or taken back; another one follows it. Asking for the same again changes
    nothing.
  - With O(acknowledged_by) it also notes that the new head has taken the mailbox over.
options:
  box:
    description: Address of the mailbox; the domain may be left out.
    type: str
    required: true
  domain:
    description: The mail domain.
    type: str
    required: true
  decision:
    description: Number and sign of the decision.
    type: str
    required: true
  decided_on:
    description: Its date, as 2026-11-25.
    type: str
    required: true
  effective_on:
    description: The day from which it counts, as 2026-11-25; it may be past, or up to 366 days ahead.
    type: str
    required: true
  receiver:
    description: Staff id of the next head.
    type: str
    required: true
  acting:
    description: The next head is in charge of the unit, not appointed its head.
    type: bool
    default: false
  absent:
    description: Why the present head does not hand over in person; empty for one who does.
    type: str
    default: ""
  inventory:
    description: >-
      What is in the mailbox, as C(congvu inventory) says it; kept with who else has which role in it.
    type: dict
    default: {}
  acknowledged_by:
    description: Who says that the new head has taken the mailbox over; empty while that is open.
    type: str
    default: ""
extends_documentation_fragment: congvu_database
attributes:
  check_mode:
    support: full
    description: Says what would change; on a host without the package it can only warn.
  diff_mode:
    support: full
    description: One line for the head before, and one for the head after.
author: congvu
"""

EXAMPLES = r"""
- name: Hand the mailbox of the Office over
  mail_handover:
    box: vanphong
    domain: snv.binhdinh.gov.vn
    decision: 45/QĐ-SNV
    decided_on: "2026-11-25"
    effective_on: "2026-12-01"
    receiver: SNV006
"""

RETURN = r"""
giver:
  description: Staff id of the head before; none if there was none, or if the handover had been made already.
  type: str
  returned: success
  sample: SNV005
faults:
  description: Everything that is wrong with what was asked for.
  type: list
  elements: dict
  returned: when it is at fault
  sample:
    - file: handover
      row: 0
      column: receiver
      value: SNV005
      rule: is the head on 2026-12-01 already
      remedy: name the new head
"""

import typing as t
from datetime import date

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.congvu_host import Result, UserError, accounts, host, run, store


def hand_over(module: AnsibleModule, db: store.Store) -> Result:
    given, domain = module.params, module.params["domain"]
    box = db.home_address(given["box"] if "@" in given["box"] else f"{given['box']}@{domain}")
    days = {name: day(name, given[name]) for name in ("decided_on", "effective_on")}
    asked = accounts.Handover(
        box, given["decision"], **days, giver=None, receiver=given["receiver"],
        acting=given["acting"], absent=given["absent"],
    )  # fmt: skip
    organisation = store.read_directory(db, domain).organisation
    made = store.read_handovers(db)
    of_this = [each for each in made if each.box == box]
    handover = accounts.plan_handover(asked, organisation, of_this, db.today())
    if handover:
        inventory = given["inventory"] | accounts.circumstances(handover, organisation, made)
        store.make_handover(db, handover, inventory, host.actor())
    noted = bool(given["acknowledged_by"]) and store.acknowledge_handover(
        db, box, given["decision"], given["acknowledged_by"], host.actor()
    )
    return {
        "changed": bool(handover) or noted,
        "giver": handover.giver if handover else None,
        "diff": {
            "before": f"{box}: head {handover.giver}\n" if handover else "",
            "after": f"{box}: head {handover.receiver} from {handover.effective_on}\n" if handover else "",
        },
    }


def day(name: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise UserError(f'handover, {name}: "{written}" is no date; write it as 2026-11-25') from None


def main() -> t.NoReturn:
    options = {
        "box": {"required": True},
        "domain": {"required": True},
        "decision": {"required": True},
        "decided_on": {"required": True},
        "effective_on": {"required": True},
        "receiver": {"required": True},
        "acting": {"type": "bool", "default": False},
        "absent": {"default": ""},
        "inventory": {"type": "dict", "default": {}},
        "acknowledged_by": {"default": ""},
    }
    run(options, hand_over)


if __name__ == "__main__":
    main()
