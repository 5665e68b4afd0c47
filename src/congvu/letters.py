"""Mail that the system itself writes to people: one form for all of it. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from textwrap import dedent

_LOCAL_PART = "no-reply"


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name: the organisation, its domain, and where its password page is."""

    organisation: str
    domain: str
    page: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to whom. ``about``: what makes it this one; sent twice, it has the same Message-ID."""

    name: str
    address: str
    subject: str
    body: str
    about: str


def head(author: Address, to: Address, subject: str, about: str, now: datetime) -> EmailMessage:
    """The header of all that the system writes. ``about``: as a letter's."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = author, to, subject
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{hashlib.sha256(about.encode()).hexdigest()[:32]}@{author.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    return made


def mail(letter: Letter, sender: Sender, now: datetime) -> EmailMessage:
    """The letter as it is sent, in Vietnamese and under the organisation's name."""
    author = Address(sender.organisation, _LOCAL_PART, sender.domain)
    made = head(author, Address(letter.name, addr_spec=letter.address), letter.subject, letter.about, now)
    ending = f"""

        Đây là thư tự động, đề nghị không trả lời thư này.

        {sender.organisation}
        """
    made.set_content(dedent(letter.body).strip("\n") + dedent(ending), cte="quoted-printable")
    made["Content-Language"] = "vi"  # after the content, which brings its own headers along
    return made
