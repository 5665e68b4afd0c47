#!/usr/bin/python
"""Gives the mail domain its further names."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_domain
short_description: Give the mail domain its further names
version_added: "0.1.0"
description:
  - For a province that was merged or a department that was renamed. Addresses stay what they are, in their
    home domain; each name is another spelling of all of them. Mail to every name arrives, a login under every
    name opens the same mailbox, and from a name's cut-over on people send under it.
  - All faults are reported at once, among them every address that means somebody else under the name; then
    nothing is changed. Until its cut-over a name may be moved or taken back.
options:
  domain:
    description: The home domain.
    type: str
    required: true
  names:
    description:
      - All its further names, in the order in which they come into force, one dictionary each with C(name);
        C(cut_over), the day from which people send under it, such as C(2026-12-15), without which it only
        receives; and C(in_use).
      - C(in_use) says of addresses that the name has elsewhere so far whose they are here. From what is
        before the C(@) to a staff id, a unit's code or an address.
    type: list
    elements: dict
    required: true
extends_documentation_fragment: congvu_database
attributes:
  check_mode:
    support: full
    description: Says what would change; on a host without the package it can only warn.
  diff_mode:
    support: full
    description: One line for each name that changes.
author: congvu
"""

EXAMPLES = r"""
- name: Follow the merger of the province
  mail_domain:
    domain: snv.binhdinh.gov.vn
    names:
      - name: snv.gialai.gov.vn
        cut_over: "2026-12-15"
        in_use: {vp: vp, hoalt: SNV070}
"""

RETURN = r"""
said:
  description: What happens when, one sentence a day.
  type: list
  elements: str
  returned: success
  sample: ["On 2026-12-15, at midnight in Viet Nam, people send under snv.gialai.gov.vn, and ..."]
faults:
  description: Everything that is wrong with the names.
  type: list
  elements: dict
  returned: when they are at fault
  sample:
    - file: mail_domain_names
      row: 1
      column: in_use
      value: hoalt@snv.gialai.gov.vn
      rule: is SNV070's there, and hoalt@snv.binhdinh.gov.vn is person SNV012
      remedy: give one of the two another address before the change, and tell those who write to it
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.congvu_host import Result, accounts, host, run, store


def name_domain(module: AnsibleModule, db: store.Store) -> Result:
    domain, written = module.params["domain"], module.params["names"]
    store.spellings(db, domain)  # refuses one that is itself a name
    directory = store.read_directory(db, domain)
    plan = accounts.plan_names(domain, written, store.read_names(db), directory, db.today())
    if plan:
        store.change_names(db, plan, host.actor())
    before, after = plan.diff()
    return {
        "changed": bool(plan),
        "said": accounts.schedule(domain, store.read_names(db).get(domain, []), db.today()),
        "diff": {"before": before, "after": after},
    }


def main() -> t.NoReturn:
    options = {
        "domain": {"required": True},
        "names": {"type": "list", "elements": "dict", "required": True},
    }
    run(options, name_domain)


if __name__ == "__main__":
    main()
