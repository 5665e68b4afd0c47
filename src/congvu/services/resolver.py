"""Asking the DNS, all questions at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.resolver

from congvu.errors import UserError
from congvu.zone import Records

Answer = list[str] | str
_PATIENCE = 5.0  # seconds for one question


def ask(wanted: Iterable[Records], servers: Sequence[str] = ()) -> dict[tuple[str, str], Answer]:
    """By name and type what the servers (empty: the host's) answer; a str tells why there is none."""
    resolver = dns.resolver.Resolver(configure=not servers)
    if servers:
        try:
            resolver.nameservers = list(servers)
        except ValueError as error:
            raise UserError(f"dns_servers: {error}. Name each by its address.") from error
    questions = [(records.name, records.type) for records in wanted]
    with ThreadPoolExecutor(8) as pool:
        return dict(
            zip(questions, pool.map(lambda question: _ask(resolver, *question), questions), strict=True)
        )


def _ask(resolver: dns.resolver.Resolver, name: str, type_: str) -> Answer:
    try:
        answer = resolver.resolve(name, type_, lifetime=_PATIENCE, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        return str(error).rstrip(".")
    return [rdata.to_text() for rdata in answer]
