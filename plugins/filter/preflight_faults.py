"""The filter preflight_faults: what is given about a host becomes the list of what would go wrong there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible.errors import AnsibleFilterError

from congvu import preflight

DOCUMENTATION = r"""
name: preflight_faults
short_description: Say what would go wrong on a host
description:
  - Judges names, certificate, groups, system, ports, memory and disk of one host, before any change.
options:
  _input:
    description: The fields of C(congvu.preflight.Given), all of them.
    type: dict
    required: true
author: congvu
"""

EXAMPLES = r"""
faults: "{{ {'host': inventory_hostname, 'domain': mail_domain, ...} | preflight_faults }}"
"""

RETURN = r"""
_value:
  description: One sentence for each fault, with place, value, rule and remedy; empty when all is well.
  type: list
  elements: str
"""


def preflight_faults(given: Mapping[str, Any]) -> list[str]:
    """The faults of one host as sentences."""
    try:
        host = preflight.Given(**given)
    except TypeError as error:
        raise AnsibleFilterError(f"preflight_faults: {error}") from error
    return [str(fault) for fault in preflight.faults(host, datetime.now(UTC))]


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Any]:
        """Name to function."""
        return {"preflight_faults": preflight_faults}
