"""The directory's rules: what the files say, what is wrong with them, and what must change. Pure, no I/O."""

from __future__ import annotations

from dataclasses import replace

from congvu.accounts.credentials import plan_credentials, read_credentials
from congvu.accounts.domains import Name, NamesPlan, plan_names, schedule
from congvu.accounts.faults import Fault, Faults, InputError, refuse
from congvu.accounts.handover import Handover, in_force, plan_handover, refuse_undoing
from congvu.accounts.model import (
    KINDS,
    ROLES,
    STANDARD,
    Alias,
    Box,
    Credential,
    Directory,
    Holder,
    Organisation,
    Person,
    Rules,
    Unit,
)
from congvu.accounts.organisation import read_organisation
from congvu.accounts.people import read_people
from congvu.accounts.plan import Change, Plan, plan
from congvu.accounts.preview import preview, text
from congvu.accounts.table import LARGEST

__all__ = [
    "KINDS",
    "LARGEST",
    "ROLES",
    "STANDARD",
    "Alias",
    "Box",
    "Change",
    "Credential",
    "Directory",
    "Fault",
    "Handover",
    "Holder",
    "InputError",
    "Name",
    "NamesPlan",
    "Organisation",
    "Person",
    "Plan",
    "Rules",
    "Unit",
    "in_force",
    "plan",
    "plan_credentials",
    "plan_handover",
    "plan_names",
    "preview",
    "read",
    "read_credentials",
    "refuse_undoing",
    "schedule",
    "text",
]


def read(
    organisation: bytes,
    people: bytes,
    domain: str,
    rules: Rules = STANDARD,
    files: tuple[str, str] = ("organisation", "people"),
) -> Organisation:
    """The organisation that two files describe; addresses that the people file leaves empty are still empty.

    ``files``: how faults call them. Raises InputError with the faults of both.
    """
    in_organisation, in_people = Faults(files[0]), Faults(files[1])
    ours = {domain, *rules.hosted}
    units, boxes, aliases = read_organisation(organisation, domain, in_organisation, ours, rules.names)
    staff = read_people(people, domain, units, in_people, replace(rules, hosted=ours))
    refuse(in_organisation, in_people)
    return Organisation(domain, units, staff, boxes, aliases)
