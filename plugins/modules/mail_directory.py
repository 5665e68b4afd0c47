#!/usr/bin/python
"""Makes the mail directory what files say."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_directory
short_description: Make the mail directory what files say
version_added: "0.1.0"
description:
  - Takes the whole organisation from two files on the host (units, mailboxes, roles and aliases from a YAML
    file, people from a CSV file or an XLSX workbook) and brings the directory there in one transaction with
    its audit record. Who is away, and when, may come from a third file.
  - Addresses of new people are made from their names, the same way every time. An address is never renamed,
    and never given to anyone else.
  - An account of a device or an application (C(services)) has an owner and a last day, C(service.max_days) of
    the policy ahead at most. It is closed once either is gone.
  - Who is missing from the files is closed, never deleted; so is who has left for more than the
    C(people.close_after_days) of the policy. Who comes back finds the same address and mailbox.
  - All faults of the files are reported at once, with file, row, column, value, rule and remedy; then nothing
    is changed.
options:
  organisation:
    description: Path on the host of the YAML file with C(units), C(boxes), C(aliases), C(services), C(lists).
    type: path
    required: true
  people:
    description:
      - Path on the host of the list of people, as CSV (UTF-8; comma, semicolon or tab) or XLSX.
      - Columns C(staff_id), C(full_name), C(kind), C(unit), C(position), C(start), C(end), C(address),
        C(name_order), or their Vietnamese headings. C(position), C(end), C(address) and C(name_order) may be
        left out.
      - Titles above the headings, a row that numbers the columns, and total, place, date and signatures below
        the list are passed over. In a workbook the sheet with these headings counts, with its hidden rows.
    type: path
    required: true
  absences:
    description:
      - Path on the host of the list of absences (leave, missions, secondment to another agency), CSV or
        XLSX as the list of people.
      - Columns C(staff_id), C(kind), C(start), C(end), or their Vietnamese headings; C(full_name), which is
        compared with the list of people, and C(part) (half of a single day) may be left out.
      - It is the whole truth from its first day on, or from today; what was over before is kept. Without it
        all that is known is kept.
    type: path
  domain:
    description: The mail domain in which addresses are made.
    type: str
    required: true
  closures_percent:
    description:
      - Share of the open people, from 0 to 20, that may be missing from the file without being named; rounded
        down, but one person may always go. More are taken for a file that was cut short.
    type: int
    choices: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
    default: 5
  closures:
    description:
      - Staff ids of people whose closing is confirmed. When more are missing than O(closures_percent) allows,
        everybody who is missing has to be named. Whoever is named and not closed is a fault.
    type: list
    elements: str
    default: []
extends_documentation_fragment: congvu_database
attributes:
  check_mode:
    support: full
    description: Says what would change; on a host without the package it can only warn.
  diff_mode:
    support: full
    description: One line for each unit, person, mailbox, alias, absence, service and list that changes.
author: congvu
"""

EXAMPLES = r"""
- name: Converge the organisation
  mail_directory:
    organisation: /run/congvu/organisation.yml
    people: /run/congvu/people.csv
    domain: snv.binhdinh.gov.vn

- name: Close the unit that was merged, with all its people
  mail_directory:
    organisation: /run/congvu/organisation.yml
    people: /run/congvu/people.xlsx
    domain: snv.binhdinh.gov.vn
    closures: [SNV049, SNV050, SNV051, SNV052]
"""

RETURN = r"""
counts:
  description: How many entries were added, changed and closed, by kind; without zeros.
  type: dict
  returned: success
  sample: {"person added": 3, "person closed": 1, "box changed": 2}
preview:
  description:
    - What changes, also in check mode, one dictionary each, with C(kind) (unit, person, box, alias,
      absence, service or list), C(verb), C(key), and the whole entry C(before) and C(after). An entry of
      which several things change has several.
  type: list
  elements: dict
  returned: success
  sample:
    - kind: alias
      verb: open
      key: vanthu@snv.binhdinh.gov.vn
      before: null
      after: {"address": "vanthu@snv.binhdinh.gov.vn", "target": "vp@snv.binhdinh.gov.vn"}
preview_text:
  description: The same in Vietnamese, one line each.
  type: str
  returned: success
  sample: |
    Sẽ có 1 thay đổi:
    - Thêm địa chỉ phụ: vanthu@snv.binhdinh.gov.vn của vp@snv.binhdinh.gov.vn
faults:
  description: Everything that is wrong with the files.
  type: list
  elements: dict
  returned: when the files are at fault
  sample:
    - file: people.csv
      row: 14
      column: start
      value: 31/02/2024
      rule: is no date
      remedy: write it as 2026-11-23 or 23/11/2026
"""

import typing as t
from datetime import timedelta
from pathlib import PurePath

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.congvu_host import Result, accounts, clock, host, run, store


def converge(module: AnsibleModule, db: store.Store) -> Result:
    domain = module.params["domain"]
    paths = [module.params[name] for name in ("organisation", "people", "absences") if module.params[name]]
    files = [PurePath(path).name for path in paths]
    values = db.policy_values()
    contents = [host.read(path, accounts.LARGEST + 1) for path in paths]
    names = store.spellings(db, domain)
    rules = accounts.Rules(
        kinds=values["people.kinds"],
        pattern=values["address.pattern"],
        hosted=db.domains(),
        names=names,
        closures_percent=module.params["closures_percent"],
        today=db.today(),
        service_until=db.today() + timedelta(days=values["service.max_days"]),
        close_before=clock.day(db.now()) - timedelta(days=values["people.close_after_days"]),
    )
    wanted = accounts.read(contents, domain, rules, files)
    current = store.read_directory(db, domain)
    accounts.refuse_undoing(wanted, store.read_handovers(db), db.today(), files[0])
    plan = accounts.plan(
        current,
        wanted,
        rules,
        closures=module.params["closures"],
        files=(*files[:2], "accounts_closures"),
    )
    if plan:
        store.converge(db, plan, host.actor())
    before, after = plan.diff()
    diff = {"before": before, "after": after, "before_header": "directory", "after_header": "directory"}
    items = accounts.preview(plan, current)
    return {
        "changed": bool(plan),
        "counts": plan.counts(),
        "preview": [item.json() for item in items],
        "preview_text": accounts.text(items),
        "diff": diff,
    }


def main() -> t.NoReturn:
    options = {
        "organisation": {"type": "path", "required": True},
        "people": {"type": "path", "required": True},
        "absences": {"type": "path"},
        "domain": {"required": True},
        "closures_percent": {"type": "int", "default": 5, "choices": list(range(21))},
        "closures": {"type": "list", "elements": "str", "default": []},
    }
    run(options, converge)


if __name__ == "__main__":
    main()
