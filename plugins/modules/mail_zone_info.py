#!/usr/bin/python
"""Tells which DNS records a mail host needs, and how they differ from those that are published."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_zone_info
short_description: Tell which DNS records a mail host needs, and what is published instead
version_added: "0.1.0"
description:
  - Makes the records from the host's own keys and certificate, asks for each, and names every difference.
options:
  domain:
    description: Domain of the addresses.
    type: str
    required: true
  hostname:
    description: Name of the mail host.
    type: str
    required: true
  addresses:
    description: Addresses under which the internet reaches the host.
    type: list
    elements: str
    required: true
  service_names:
    description: Further names of the web host.
    type: list
    elements: str
    default: []
  dkim_directory:
    description: Where the private DKIM keys lie, as C(DOMAIN.SELECTOR.key).
    type: path
    required: true
  tls_certificate:
    description: The certificate that port 25 shows, PEM, leaf first.
    type: path
    required: true
  spf:
    description: The SPF policy.
    type: str
    required: true
  dmarc:
    description: The DMARC policy.
    type: str
    required: true
  mta_sts_policy:
    description: The MTA-STS policy as it is served; its record names its version.
    type: str
    required: true
  reports_to:
    description: Address for reports on encryption.
    type: str
    required: true
  servers:
    description: Addresses of the name servers to ask; empty means the host's resolver.
    type: list
    elements: str
    default: []
requirements: [congvu (installed by the role package)]
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
- name: Compare the DNS with what the host needs
  mail_zone_info:
    domain: snv.binhdinh.gov.vn
    hostname: mail.snv.binhdinh.gov.vn
    addresses: [192.0.2.25]
    dkim_directory: /var/lib/rspamd/dkim
    tls_certificate: /etc/congvu/tls/chain.pem
    spf: v=spf1 mx -all
    dmarc: v=DMARC1; p=reject
    mta_sts_policy: "{{ mail_mta_sts_policy }}"
    reports_to: postmaster@snv.binhdinh.gov.vn
  register: zone
"""

RETURN = r"""
zone:
  description: The records as text for BIND.
  type: str
  returned: success
  sample: "$ORIGIN snv.binhdinh.gov.vn."
findings:
  description: Each record that is missing, different, surplus, or for which there was no answer.
  type: list
  elements: dict
  returned: success
  sample:
    - kind: missing
      name: _dmarc.snv.binhdinh.gov.vn.
      type: TXT
      expected: ['"v=DMARC1; p=reject"']
      found: []
      advice: Add the line of the zone above.
said:
  description: The same as one sentence each.
  type: list
  elements: str
  returned: success
  sample: ["missing: _dmarc.snv.binhdinh.gov.vn. TXT: expected ..."]
"""

import typing as t
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.congvu_host import UserError, require_package, resolver, zone

TEXT = {"type": "str", "required": True}
LIST = {"type": "list", "elements": "str"}
FILE = {"type": "path", "required": True}
SPEC: dict[str, t.Any] = {
    **dict.fromkeys(("domain", "hostname", "spf", "dmarc", "mta_sts_policy", "reports_to"), TEXT),
    **dict.fromkeys(("dkim_directory", "tls_certificate"), FILE),
    "addresses": {**LIST, "required": True},
    **{name: {**LIST, "default": []} for name in ("service_names", "servers")},
}


def facts(options: dict[str, t.Any]) -> zone.Facts:
    """What the records are made of: the options, and the keys that lie on this host."""
    domain = options["domain"]
    keys = sorted(Path(options["dkim_directory"]).glob(f"{domain}.*.key"))
    if not keys:
        raise UserError(
            f"{options['dkim_directory']}: no DKIM key of {domain}. Run playbooks/site.yml first."
        )
    return zone.Facts(
        **{
            name: options[name]
            for name in ("domain", "hostname", "spf", "dmarc", "mta_sts_policy", "reports_to")
        },
        addresses=tuple(options["addresses"]),
        service_names=tuple(options["service_names"]),
        dkim={
            key.name.removeprefix(f"{domain}.").removesuffix(".key"): zone.public_key(key.read_bytes())
            for key in keys
        },
        tls_key=zone.public_key(Path(options["tls_certificate"]).read_bytes()),
    )


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    require_package(module)
    try:
        wanted = zone.records(facts(module.params))
        found = zone.findings(wanted, resolver.ask(wanted, module.params["servers"]))
    except (UserError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False,
        zone=zone.zone_text(wanted, module.params["domain"]),
        findings=[asdict(finding) for finding in found],
        said=[str(finding) for finding in found],
    )


if __name__ == "__main__":
    main()
