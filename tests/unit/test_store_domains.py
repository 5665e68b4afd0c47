"""Further names of a domain in the database: what Postfix, Dovecot and the webmail are told, day by day."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from directories import converge, give_password
from fix_database import Database
from organisations import DOMAIN, Alias, Box, at, organisation, person
from psycopg import errors

from congvu import store
from congvu.accounts import Name, NamesPlan
from congvu.accounts.domains import home_address, present_name, sending_names

NEW, NEWER, LEGACY = "snv.gialai.example", "snv.mien.example", "cu.example"
TURN, LATER = "2026-12-15", "2027-03-01"
POSTFIX = Path(__file__).resolve().parents[2] / "roles" / "postfix" / "vars" / "main.yml"


def name(database: Database, *names: tuple[str, str | None]) -> None:
    for each, cut_over in names:
        database.change("congvu_admin", "insert into domain_name values (%s, %s, %s)", each, DOMAIN, cut_over)


@pytest.fixture
def directory(database: Database) -> Database:
    """An, clerk of the office's box; three names, one of which only receives; the eve of the first turn."""
    database.set_now("2026-12-14 23:59+07")
    box = Box(at("vp"), "office", "vp", frozenset({("CB1", "clerk")}))
    people = [person("CB1"), person("CB2", "Lê Bình")]
    converge(database, organisation(*people, boxes=[box], aliases=[Alias(at("vanthu"), at("vp"))]))
    give_password(database, at("annv"), "2026-12-01T08:00:00+07:00", "self")
    name(database, (NEW, TURN), (NEWER, LATER), (LEGACY, None))
    return database


def asked(database: Database, query: str, key: str) -> set[str]:
    """What Postfix gets for a key, by the very query of the role."""
    text = str(yaml.safe_load(POSTFIX.read_text("utf-8"))["__postfix_queries"][query])
    text = text.replace("{{ postfix_postmaster }}", at("vp"))
    user, _, of = key.partition("@")
    for sign, value in (("%s", key), ("%u", user), ("%d", of)):
        text = text.replace(sign, value)
    return {str(value) for (value,) in database.ask("postfix", text.replace("%", "%%")) if value is not None}


# Moment -> the domains under which may be sent, the present one first.
SENT_UNDER = {
    "2026-12-14 23:59:59+07": [DOMAIN, NEW, NEWER],
    "2026-12-15 00:00+07": [NEW, NEWER],
    "2027-02-28 23:59:59+07": [NEW, NEWER],
    "2027-03-01 00:00+07": [NEWER],
    "2030-01-01 00:00+07": [NEWER],
}


def senders(database: Database, address: str) -> set[str]:
    """Who may send under it; Postfix hears of each login with the name of its key."""
    return {who.rpartition("/")[0] for who in asked(database, "sender", address)}


@pytest.mark.parametrize("moment", SENT_UNDER)
def test_at_every_moment_exactly_these_spellings_are_sent(directory: Database, moment: str) -> None:
    directory.set_now(moment)
    give_password(directory, at("annv"), re.sub(r"\+07$", "+07:00", moment), "self")
    present, *coming = SENT_UNDER[moment]
    for domain in (DOMAIN, NEW, NEWER, LEGACY):
        allowed = domain in (present, *coming)
        for local in ("annv", "vp", "vanthu"):
            assert senders(directory, f"{local}@{domain}") == ({at("annv")} if allowed else set())
            said = asked(directory, "superseded", f"{local}@{domain}")
            assert (f"{local}@{present}" in " ".join(said)) == (not allowed), said
    assert directory.ask("congvu_webmail", "select present_address(%s)", at("annv")) == [(f"annv@{present}",)]
    assert directory.ask("congvu_webmail", "select address from box_identity") == [(f"vp@{present}",)]
    (told,) = asked(directory, "senders_of_login", at("annv"))
    mine = {f"{local}@{domain}" for domain in (present, *coming) for local in ("annv", "vp", "vanthu")}
    assert set(told.removeprefix("PREPEND X-Congvu-Senders:").split()) == mine


@pytest.mark.parametrize("domain", [DOMAIN, NEW, NEWER, LEGACY])
def test_mail_to_every_name_arrives(directory: Database, domain: str) -> None:
    mine = {at("annv")}
    assert asked(directory, "hosted_domain", domain) == {domain}
    assert asked(directory, "own_sender", domain)
    assert asked(directory, "alias", f"annv@{domain}") | asked(directory, "mailbox", f"annv@{domain}") == mine
    assert asked(directory, "alias", f"vanthu@{domain}") == {at("vp")}
    assert asked(directory, "alias", f"postmaster@{domain}") == {at("vp")}
    assert asked(directory, "alias", f"khongco@{domain}") == set()
    assert asked(directory, "sent_copy", f"vp@{domain}") == {f"vp+sent@{DOMAIN}"}
    assert directory.ask("dovecot", "select home_address(%s)", f"annv@{domain}") == [(at("annv"),)]


def test_what_is_not_ours_is_left_alone(directory: Database) -> None:
    for query in ("alias", "hosted_domain", "own_sender", "sender", "superseded", "sent_copy"):
        assert asked(directory, query, "annv@congdan.example") == set()


IMPOSSIBLE = [
    (f"insert into domain_name values ('{DOMAIN}', '{DOMAIN}')", "addresses of its own"),
    (f"insert into domain values ('{NEW}')", "addresses of its own"),
    (
        f"insert into domain_name values ('khac.example', '{DOMAIN}', '{TURN}')",
        "domain_name_home_cut_over_key",
    ),
    ("insert into domain_name values ('khac.example', 'elsewhere.example')", "domain_name_home_fkey"),
    (f"insert into address (address, use) values ('annv@{NEW}', 'alias')", "address_domain_fkey"),
    ("truncate domain_name", "kept as they are"),
]


@pytest.mark.parametrize(("statement", "words"), IMPOSSIBLE)
def test_no_address_is_given_twice_over_all_spellings(
    directory: Database, statement: str, words: str
) -> None:
    with pytest.raises(errors.IntegrityError, match=words):
        directory.change("congvu_owner", statement)


def test_a_name_is_kept_once_people_send_under_it(directory: Database) -> None:
    directory.set_now("2026-12-15 00:00+07")
    for statement in (
        f"update domain_name set cut_over = '2026-12-16' where name = '{NEW}'",
        f"update domain_name set cut_over = null where name = '{NEW}'",
        f"delete from domain_name where name = '{NEW}'",
    ):
        with pytest.raises(errors.IntegrityError, match="people send under"):
            directory.change("congvu_admin", statement)
    directory.change(
        "congvu_admin", "delete from domain_name where name = %s", NEWER
    )  # its turn is still to come


def test_before_its_turn_a_name_is_taken_back_without_a_trace(directory: Database) -> None:
    directory.change("congvu_admin", "delete from domain_name")
    for query, key in (("sender", f"annv@{NEW}"), ("alias", f"annv@{NEW}"), ("hosted_domain", NEW)):
        assert asked(directory, query, key) == set()
    assert senders(directory, at("annv")) == {at("annv")}


def test_the_database_says_what_the_pure_rules_say(directory: Database) -> None:
    names = [Name(NEW, None), Name(NEWER, None), Name(LEGACY, None)]
    with directory.store() as db:
        names = store.read_names(db)[DOMAIN]
        assert {each.name for each in names} == {NEW, NEWER, LEGACY}
    for moment in SENT_UNDER:
        directory.set_now(moment)
        with directory.store() as db:
            day = db.today()
        sent = {value for (value,) in directory.ask("postfix", "select sending_addresses(%s)", at("annv"))}
        assert sent == {f"annv@{each}" for each in sending_names(DOMAIN, names, day)}
        present = directory.ask("postfix", "select present_address(%s)", at("annv"))
        assert present == [(f"annv@{present_name(DOMAIN, names, day)}",)]
    for domain in (DOMAIN, NEW, LEGACY, "congdan.example"):
        written = f"annv@{domain}"
        assert directory.ask("postfix", "select home_address(%s)", written) == [
            (home_address(written, DOMAIN, names),)
        ]


def test_names_come_into_force_together_with_their_record(directory: Database) -> None:
    with directory.store() as db:
        had = store.read_names(db)[DOMAIN]
        # two swap their turns, and one goes
        swapped = (had[0], Name(had[0].name, had[1].cut_over)), (had[1], Name(had[1].name, had[0].cut_over))
        store.change_names(db, NamesPlan(DOMAIN, (*swapped, (had[2], None))), "test")
    with directory.store() as db:
        assert [each.name for each in store.read_names(db)[DOMAIN]] == [NEWER, NEW]
    verb = "select subject, detail from audit_record where verb = 'domain.names'"
    ((subject, detail),) = directory.ask("congvu_admin", verb)
    assert subject == DOMAIN
    assert len(detail["before"]) == 3
    assert len(detail["after"]) == 2
