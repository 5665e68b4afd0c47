"""The bench asks of the directory what Dovecot asks, and may do so as Dovecot: its hosts are rarely there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import jinja2
from directories import converge, give_password
from fix_database import Database
from organisations import Box, at, organisation, person

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from tests.bench import identity  # noqa: E402  (found by the path above)

TEMPLATE = ROOT / "roles" / "dovecot" / "templates" / "etc" / "dovecot" / "dovecot.conf.j2"


def configuration() -> str:
    """What the role makes of the part with the directory."""
    written = re.findall(r"^(?:pass|user)db sql \{\n.*?^\}\n", TEMPLATE.read_text("utf-8"), re.M | re.S)
    given = {"dovecot_mail_uid": 5000, "__dovecot_leaver_aliases": 3}
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701  (a configuration, no HTML)
    return environment.from_string("".join(written)).render(given)


def test_a_logins_questions_are_answered_to_dovecot(database: Database) -> None:
    converge(
        database,
        organisation(person("CB1"), boxes=[Box(at("box-vp"), "unit", "vp", frozenset({("CB1", "head")}))]),
    )
    ((now,),) = database.ask("congvu_owner", "select congvu_now()")
    give_password(database, at("annv"), now.isoformat())
    key, mailbox = [each for each in identity.asked(configuration(), at("annv")).split(";") if each.strip()]
    assert "%{" not in key + mailbox
    ((login, password, _),) = database.ask("dovecot", key)
    assert (login, password.startswith("$argon2id$")) == (at("annv"), True)
    ((address, *rest),) = database.ask("dovecot", mailbox)
    assert address == at("annv")
    assert any("box-vp" in str(each) for each in rest)  # the groups of whoever holds a role
