"""The directory's rules: what the files say, what is wrong with them, and what must change. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Collection

from congvu.accounts.credentials import plan_credentials, read_credentials
from congvu.accounts.faults import Fault, Faults, InputError, refuse
from congvu.accounts.handover import Handover, in_force, plan_handover, refuse_undoing
from congvu.accounts.model import (
    KINDS,
    ROLES,
    Alias,
    Box,
    Credential,
    Directory,
    Holder,
    Organisation,
    Person,
    Unit,
)
from congvu.accounts.organisation import read_organisation
from congvu.accounts.people import read_people
from congvu.accounts.plan import Change, Plan, plan

__all__ = [
    "KINDS",
    "ROLES",
    "Alias",
    "Box",
    "Change",
    "Credential",
    "Directory",
    "Fault",
    "Handover",
    "Holder",
    "InputError",
    "Organisation",
    "Person",
    "Plan",
    "Unit",
    "in_force",
    "plan",
    "plan_credentials",
    "plan_handover",
    "read",
    "read_credentials",
    "refuse_undoing",
]


def read(
    organisation: bytes,
    people: bytes,
    domain: str,
    *,
    kinds: Collection[str] = tuple(KINDS),
    files: tuple[str, str] = ("organisation", "people"),
) -> Organisation:
    """The organisation that two files describe; addresses that the people file leaves empty are still empty.

    ``files``: how faults call them. Raises InputError with the faults of both.
    """
    in_organisation, in_people = Faults(files[0]), Faults(files[1])
    units, boxes, aliases = read_organisation(organisation, domain, in_organisation)
    staff = read_people(people, domain, units, in_people, kinds)
    refuse(in_organisation, in_people)
    return Organisation(domain, units, staff, boxes, aliases)
