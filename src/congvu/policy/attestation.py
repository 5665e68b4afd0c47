"""What people vouch for: who was asked, what they said, and what that comes to for each row. Pure.

``head``, ``office``, ``director`` and ``user`` are the parties that the people's page knows who they are
(``docs/develop/policy-format.md``). A row that another party attests waits for its word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from congvu.policy.model import Resolved


@dataclass(frozen=True)
class Statement:
    """The last word of one party on one row, for one unit or person (``key``).

    No ``provision``: it speaks for every row of that party, as the acknowledgement of a user does.
    """

    provision: str
    party: str
    key: str
    attested: bool
    remark: str = ""


@dataclass(frozen=True)
class Attestation:
    """What those who attest a row said: how many were asked and confirmed; who is missing, who denied why."""

    asked: int
    confirmed: int
    missing: tuple[str, ...] = ()
    denied: tuple[tuple[str, str], ...] = ()


def attestations(
    policy: Resolved, asked: Mapping[str, Mapping[str, str]], said: Iterable[Statement]
) -> dict[str, Attestation]:
    """By provision what the party that attests it has said. ``asked``: by party, by key, how to name them."""
    words = {(each.provision, each.party, each.key): each for each in said}
    return {
        row.id: _attestation(row.id, row.attests, asked.get(row.attests, {}), words)
        for row in policy.provisions
        if row.attests is not None
    }


def _attestation(
    row: str, party: str, asked: Mapping[str, str], words: Mapping[tuple[str, str, str], Statement]
) -> Attestation:
    spoken = {key: words.get((row, party, key)) or words.get(("", party, key)) for key in asked}
    return Attestation(
        asked=len(asked),
        confirmed=sum(each is not None and each.attested for each in spoken.values()),
        missing=tuple(asked[key] for key, each in spoken.items() if each is None),
        denied=tuple((asked[key], each.remark) for key, each in spoken.items() if each and not each.attested),
    )
