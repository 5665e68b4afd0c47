"""Issued passwords as slips: a letter for each person or device, A4, folded in three and sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from urllib.parse import urlsplit

import jinja2

from congvu import words
from congvu.errors import UserError
from congvu.report.pdf import lay_out


@dataclass(frozen=True, slots=True)
class Slip:
    """One person and the password that was issued.

    ``device``: it is the password of this one, for which the person answers, until the last day ``ends``.
    """

    staff_id: str
    full_name: str
    unit: str
    address: str
    password: str = field(repr=False)
    device: str = ""
    ends: date | None = None


# Of a table for root: a device is known by its address.
COLUMNS = ("staff_id", "full_name", "unit", "address", "password")


@dataclass(frozen=True, slots=True)
class Letter:
    """What stands on every slip. ``last_day``: of the issued passwords; ``page``: where they are replaced.

    ``office``: who is told when a slip was opened.
    """

    organisation: str
    office: str
    page: str
    last_day: date

    @property
    def host(self) -> str:
        """The host that the page names."""
        return str(urlsplit(self.page).hostname)


def to_html(slips: Sequence[Slip], letter: Letter) -> str:
    """The page that WeasyPrint lays out."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    text = (resources.files("congvu.services") / "slips.html.j2").read_text("utf-8")
    return environment.from_string(text).render(slips=slips, letter=letter, day=words.day)


def to_pdf(slips: Sequence[Slip], letter: Letter) -> bytes:
    """One page a person. Raises UserError where nothing lays out documents."""
    try:
        return lay_out(to_html(slips, letter))
    except ImportError as error:
        raise UserError(
            "slips need WeasyPrint: install weasyprint and fonts-liberation on the host, or leave "
            "accounts_slips_certificate empty"
        ) from error
