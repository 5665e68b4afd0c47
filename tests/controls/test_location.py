"""Where the system stands: its addresses and the DNS, against the networks that the organisation declares."""

from __future__ import annotations

import ipaddress

import pytest
from answers import Answers
from conftest import Observe
from hostfacts import HostFacts

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@pytest.mark.control("network-location")
def test_network_location(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    declared = [network for each in facts.declared["networks"] if (network := parsed(each))]
    observe.check("dải địa chỉ của hạ tầng", bool(declared), "chưa khai báo")
    for address in facts.addresses:
        _check(observe, f"địa chỉ của máy chủ {address}", [address], declared)
    known = answers.zones["hosts"]
    for relay in answers.relays:
        where = [relay] if parsed(relay) else known.get(relay, [])
        _check(observe, f"máy chủ chuyển tiếp thư đi {relay}", where, declared)
    for domain, zone in answers.zones["domains"].items():
        observe.check(f"{domain}, bản ghi MX", bool(zone["mx"]), "không có")
        for host in zone["mx"]:
            _check(observe, f"{domain}, MX {host}", known.get(host, []), declared)
        observe.check(f"{domain}, bản ghi SPF", zone["spf"] is not None, "không có")
        for term, networks in zone["spf"] or []:
            _check(observe, f"{domain}, SPF {term}", networks or [], declared)
    own = facts.postconf["myhostname"]
    _check(observe, f"tên máy chủ thư {own}", known.get(own, []), declared)
    observe.fact(f"Dải địa chỉ đã khai báo: {', '.join(map(str, declared)) or 'chưa có'}.")
    observe.fact(f"Địa chỉ của máy chủ: {', '.join(facts.addresses)}.")


def _check(observe: Observe, subject: str, found: list[str], declared: list[Network]) -> None:
    """Everything that was found lies within what is declared; what leads nowhere proves nothing."""
    outside = [each for each in found if not _inside(each, declared)]
    said = f"{', '.join(outside)} nằm ngoài dải đã khai báo" if found else "không phân giải được địa chỉ"
    observe.check(subject, bool(found) and not outside, said)


def _inside(address: str, declared: list[Network]) -> bool:
    network = parsed(address)
    return network is not None and any(
        network.version == each.version and network.subnet_of(each)  # type: ignore[arg-type]
        for each in declared
    )


def parsed(text: str) -> Network | None:
    """Return a network, or an address as the network of itself; None: it is neither."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
