"""The directory's rules: what the files say, what is wrong with them, and what must change. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from congvu.accounts.absences import read_absences
from congvu.accounts.break_glass import Access, plan_access
from congvu.accounts.credentials import plan_credentials, read_credentials
from congvu.accounts.domains import Name, NamesPlan, plan_names, schedule
from congvu.accounts.faults import Fault, Faults, InputError, refuse
from congvu.accounts.handover import Handover, circumstances, in_force, plan_handover, refuse_undoing
from congvu.accounts.model import (
    KINDS,
    ROLES,
    STANDARD,
    Absence,
    Alias,
    Box,
    Credential,
    Directory,
    Holder,
    MailingList,
    Organisation,
    Person,
    Rules,
    Service,
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
    "Absence",
    "Access",
    "Alias",
    "Box",
    "Change",
    "Credential",
    "Directory",
    "Fault",
    "Handover",
    "Holder",
    "InputError",
    "MailingList",
    "Name",
    "NamesPlan",
    "Organisation",
    "Person",
    "Plan",
    "Rules",
    "Service",
    "Unit",
    "circumstances",
    "in_force",
    "plan",
    "plan_access",
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
    contents: Sequence[bytes],
    domain: str,
    rules: Rules = STANDARD,
    files: Sequence[str] = ("organisation", "people", "absences"),
) -> Organisation:
    """The organisation that the files describe; addresses that the people file leaves empty are still empty.

    ``contents``: of the organisation file, the people file, and the list of absences where there is one;
    ``files``: how faults call them. Raises InputError with the faults of all.
    """
    in_organisation, in_people, *in_absences = map(Faults, files)
    ours = {domain, *rules.hosted}
    found = read_organisation(contents[0], domain, in_organisation, ours, rules.names)
    staff = read_people(contents[1], domain, found.units, in_people, replace(rules, hosted=ours))
    away = read_absences(contents[2], staff, in_absences[0], ours) if len(contents) > 2 else {}
    refuse(in_organisation, in_people, *in_absences)
    return replace(found, people=staff, absences=away)
