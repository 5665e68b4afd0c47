"""The filter holds_address: is an address in one of these networks?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

DOCUMENTATION = r"""
name: holds_address
short_description: Say whether one of the networks holds an address
description:
  - An IPv4 address that is written as IPv6 (C(::ffff:192.0.2.1)) is the IPv4 address.
positional: address
options:
  _input:
    description: Networks (CIDR).
    type: list
    elements: str
    required: true
  address:
    description: The address.
    type: str
    required: true
author: congvu
"""

EXAMPLES = r"""
inside: "{{ ['192.0.2.0/24', '2001:db8::/32'] | holds_address('192.0.2.7') }}"
"""

RETURN = r"""
_value:
  description: Whether it is inside.
  type: bool
"""


def holds_address(networks: Iterable[str], address: str) -> bool:
    """Whether one of the networks holds the address. ValueError names what is no address or network."""
    wanted = ipaddress.ip_address(address)
    wanted = getattr(wanted, "ipv4_mapped", None) or wanted
    return any(wanted in ipaddress.ip_network(str(network)) for network in networks)


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Any]:
        """Name to function."""
        return {"holds_address": holds_address}
