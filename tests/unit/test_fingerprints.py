"""No password twice: neither again by one person, nor by two. And what a thief of the directory gets."""

from __future__ import annotations

import hashlib
import hmac
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from directories import HASH, OTHER_HASH
from fix_database import Database
from fix_services import DOMAIN, KEY, NEW, PASSWORDS, Server, answer, change, check, own

from congvu.errors import UserError
from congvu.fingerprints import Key
from congvu.store.fingerprints import Chosen, is_recognised, set_password, unrecognised

ANNV, HOALT = f"annv@{DOMAIN}", f"hoalt@{DOMAIN}"


def rules(service: Server, login: str, new: str, present: str | None = None) -> list[str]:
    """The rules that the change breaks; none: it was made."""
    reply = change(service, login, new, present).json
    assert reply["answer"] in ("changed", "invalid"), reply
    return [fault["rule"] for fault in reply.get("faults", [])]


def state(database: Database, login: str) -> str:
    return str(
        database.ask("congvu_admin", "select state from account where address = %s", f"{login}@{DOMAIN}")[0][
            0
        ]
    )


def records(database: Database) -> list[tuple[str, str, str]]:
    """(actor, verb, subject) without the domain, in order."""
    found = database.ask(
        "congvu_admin", "select actor, verb, subject from audit_record where actor <> 'test' order by id"
    )
    return [(actor.split("@")[0], verb, subject.split("@")[0]) for actor, verb, subject in found]


# -- the fingerprint -------------------------------------------------------------------------------


def test_equal_passwords_meet_over_all_accounts_and_only_under_one_key() -> None:
    one, other = KEY.fingerprint("Mưa-rào-88k", ANNV), KEY.fingerprint("Mưa-rào-88k", HOALT)
    assert one.shared == other.shared
    assert one.own != other.own
    assert one == KEY.fingerprint(unicodedata.normalize("NFD", "Mưa-rào-88k"), ANNV)
    assert KEY.fingerprint("Mưa-rào-88l", ANNV).shared != one.shared
    stranger = Key(b"k" * 32).fingerprint("Mưa-rào-88k", ANNV)
    assert {stranger.own, stranger.shared, stranger.key}.isdisjoint({one.own, one.shared, one.key})
    assert one.key == hashlib.sha256(KEY.secret).hexdigest()[:16]
    assert KEY.secret.hex() not in repr(KEY) + str(one)


def test_what_stands_for_one_account_is_not_made_of_the_rest_without_the_key() -> None:
    """Else a thief could look for an account's present password in another's history."""
    one = KEY.fingerprint("Mưa-rào-88k", ANNV)
    made = {
        hashlib.sha256(one.shared + ANNV.encode()).digest(),
        hmac.digest(one.shared, ANNV.encode(), "sha256"),
    }
    assert one.own not in made


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_key_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(UserError, match=f"^here: has {len(content)} bytes instead of the 32"):
        Key(content, "here")


# -- not again -------------------------------------------------------------------------------------


def test_the_last_ten_are_not_used_again(service: Server, people: Database) -> None:
    chosen = [f"Mưa-rào-{n}k{letter * 3}" for n, letter in zip(range(31, 43), "bcdghkmnpqrs", strict=True)]
    present = own("annv")
    for number, new in enumerate(chosen):
        people.ask("congvu_owner", "delete from attempt")  # a day between each
        assert change(service, "annv", new, present).json == {"answer": "changed"}, new
        present = new
        assert people.ask("congvu_owner", "select count(*) from password_fingerprint") == [
            (min(number + 2, 10),)
        ]
    people.ask("congvu_owner", "delete from attempt")
    for old in chosen[2:-1]:
        assert rules(service, "annv", old, present) == ["history"], old
    people.ask("congvu_owner", "delete from attempt")
    assert rules(service, "annv", chosen[1], present) == []
    messages = change(service, "annv", chosen[5], chosen[1]).json["faults"]
    assert messages[0]["message"] == "Mật khẩu mới không được trùng với 10 mật khẩu dùng gần đây nhất."


def test_the_first_password_is_not_gone_back_to(service: Server, people: Database) -> None:
    assert rules(service, "hoalt", NEW) == []
    assert rules(service, "hoalt", own("hoalt"), NEW) == ["history"]
    assert state(people, "hoalt") == "active"


def test_the_policy_says_how_many(service: Server, people: Database) -> None:
    people.change("congvu_owner", "update policy_value set value = '2' where key = 'password.history'")
    assert rules(service, "annv", NEW) == []
    assert rules(service, "annv", "Mưa-rào-88k", NEW) == []
    assert rules(service, "annv", NEW, "Mưa-rào-88k") == ["history"]
    assert rules(service, "annv", own("annv"), "Mưa-rào-88k") == []


# -- not by two ------------------------------------------------------------------------------------


def test_another_accounts_password_is_refused_and_dead(
    service: Server, people: Database, journal: Callable[[], list[dict[str, Any]]]
) -> None:
    assert rules(service, "hoalt", NEW) == []
    reply = change(service, "annv", NEW)
    assert [fault["rule"] for fault in reply.json["faults"]] == ["in_use"]
    assert reply.json["faults"][0]["message"] == (
        "Mật khẩu này không được chấp nhận vì lý do an toàn. Hãy chọn một mật khẩu hoàn toàn khác."
    )
    # No door at all takes it, the password page neither; whoever chose it goes on with the former one.
    assert state(people, "hoalt") == "revoked"
    assert check(service, "hoalt", NEW).json == change(service, "hoalt", "Mưa-rào-88k", NEW).json
    assert check(service, "hoalt", NEW).json == {"answer": "refused"}
    assert answer(service, "annv") == "open"
    assert people.ask("dovecot", "select login from door_key where login = %s", HOALT) == []
    assert records(people)[-2:] == [
        ("annv", "password.in_use", "annv"),
        ("annv", "credential.revoke", "hoalt"),
    ]
    everything = str(people.ask("congvu_admin", "select * from audit_record")) + str(journal())
    for secret in (NEW, KEY.fingerprint(NEW, ANNV).shared.hex(), "in_use"):
        assert (secret in everything) == (secret == "in_use"), secret
    # Nobody gets it any more, and who has it already dead is not revoked again.
    assert rules(service, "linhnhp", NEW) == ["in_use"]
    assert records(people)[-1] == ("linhnhp", "credential.revoke", "hoalt")


def test_only_an_administrator_ends_a_revocation(service: Server, people: Database) -> None:
    assert rules(service, "hoalt", NEW) == []
    assert rules(service, "annv", NEW) == ["in_use"]
    update = (
        f"update credential set hash = '{HASH}', origin = %s, set_at = congvu_now() where address = '{HOALT}'"
    )
    people.change("congvu_admin", update, "imported")
    assert state(people, "hoalt") == "revoked"
    people.change("congvu_admin", update.replace(HASH, OTHER_HASH), "reset")
    assert state(people, "hoalt") == "reset"
    assert rules(service, "annv", NEW) == []  # it is nobody's now


def test_a_password_is_free_when_it_is_given_up_or_its_owner_leaves(
    service: Server, people: Database
) -> None:
    assert rules(service, "hoalt", NEW) == []
    assert rules(service, "hoalt", "Mưa-rào-88k", NEW) == []
    assert rules(service, "annv", NEW) == []
    people.change("congvu_admin", "delete from credential where address = %s", HOALT)
    assert rules(service, "linhnhp", "Mưa-rào-88k") == []
    assert state(people, "hoalt") == "initial"


def test_of_two_who_choose_one_password_at_once_one_wins(people: Database) -> None:
    logins = ("annv", "linhnhp")
    hashes = dict(people.ask("congvu_owner", "select address, hash from credential"))
    start = threading.Barrier(2)

    def choose(login: str) -> str:
        address = f"{login}@{DOMAIN}"
        fingerprint = KEY.fingerprint(NEW, address)
        with people.store("congvu_password") as db:
            start.wait(10)
            return set_password(db, address, hashes[address], "", Chosen(OTHER_HASH, fingerprint, False))

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(choose, logins))
    assert sorted(outcomes) == ["changed", "in_use"]
    winner = logins[outcomes.index("changed")]
    assert (state(people, winner), state(people, logins[outcomes.index("in_use")])) in [
        ("revoked", "active"),
        ("revoked", "due"),
    ]


def test_not_even_the_owner_can_keep_one_password_for_two(people: Database) -> None:
    """Below the function stands an index: who forgets the lock is still refused."""
    row = "insert into password_fingerprint (address, own, shared, key) values (%s, %s, %s, repeat('0', 16))"
    people.change("congvu_owner", row, ANNV, b"a" * 32, b"s" * 32)
    with pytest.raises(Exception, match="password_fingerprint_shared_key"):
        people.change("congvu_owner", row, HOALT, b"b" * 32, b"s" * 32)
    with pytest.raises(Exception, match="password_fingerprint_address_idx"):
        people.change("congvu_owner", row, ANNV, b"c" * 32, b"t" * 32)


# -- fishing ---------------------------------------------------------------------------------------


def test_nobody_tries_more_than_ten_passwords_a_day(service: Server, people: Database) -> None:
    assert rules(service, "linhnhp", NEW) == []
    for _ in range(3):
        assert rules(service, "annv", NEW) == ["in_use"]
    present = own("annv")
    for number in range(7):  # what is taken tells as much as what is not
        assert rules(service, "annv", f"Mưa-rào-{number}3{'bcdghkm'[number] * 3}", present) == []
        present = f"Mưa-rào-{number}3{'bcdghkm'[number] * 3}"
    assert rules(service, "annv", "Nắng-gắt-99k", present) == ["too_many"]
    assert rules(service, "annv", "ngắn", present)[0] == "min_length"  # what tells nothing is answered
    assert rules(service, "hoalt", "Nắng-gắt-99k") == []
    people.ask("congvu_owner", "update attempt set at = at - interval '23 hours'")
    assert answer(service, "annv", present) == "open"  # which forgets old attempts of its own kind only
    assert rules(service, "annv", "Gió-mùa-77k", present) == ["too_many"]
    people.ask("congvu_owner", "update attempt set at = at - interval '1 hour'")
    assert rules(service, "annv", "Gió-mùa-77k", present) == []


# -- passwords that came as a hash alone -----------------------------------------------------------


def test_an_imported_password_is_recognised_when_it_is_first_seen(service: Server, people: Database) -> None:
    with people.store() as db:
        assert (unrecognised(db, KEY.id), is_recognised(db, ANNV, KEY.id)) == (6, False)
    for _ in range(2):
        assert answer(service, "annv") == "open"
    with people.store() as db:
        assert (unrecognised(db, KEY.id), is_recognised(db, ANNV, KEY.id)) == (5, True)
        assert (unrecognised(db, "f" * 16), is_recognised(db, ANNV, "f" * 16)) == (6, False)
    assert records(people) == [("annv", "password.recognise", "annv")]
    assert rules(service, "linhnhp", own("annv")) == ["in_use"]
    assert state(people, "annv") == "revoked"


def test_a_wrong_password_is_never_recognised(service: Server, people: Database) -> None:
    assert answer(service, "annv", "Sai-rồi-1") == "refused"
    assert answer(service, "nghiptt") == "refused"
    assert people.ask("congvu_owner", "select * from password_fingerprint") == []


def test_one_that_two_brought_along_ends_for_both(service: Server, people: Database) -> None:
    people.change(
        "congvu_owner",
        "update credential set hash = (select hash from credential where address = %s), origin = 'imported' "
        "where address = %s",
        ANNV,
        HOALT,
    )
    assert answer(service, "annv") == "open"
    assert check(service, "hoalt", own("annv")).json == {"answer": "refused"}
    assert (state(people, "annv"), state(people, "hoalt")) == ("revoked", "revoked")
    assert check(service, "annv").json == {"answer": "refused"}
    assert records(people)[1:] == [
        ("hoalt", "password.in_use", "hoalt"),
        ("hoalt", "credential.revoke", "annv"),
        ("hoalt", "credential.revoke", "hoalt"),
    ]


def test_a_fingerprint_speaks_of_the_present_password_only(service: Server, people: Database) -> None:
    """Whatever replaces a password, also past our tools."""
    assert answer(service, "annv") == "open"
    people.change("congvu_owner", f"update credential set hash = '{HASH}' where address = %s", ANNV)
    with people.store() as db:
        assert not is_recognised(db, ANNV, KEY.id)
    assert rules(service, "hoalt", own("annv")) == []


# -- a stolen directory ----------------------------------------------------------------------------


def test_a_stolen_directory_does_not_tell_who_shares_a_password(service: Server, people: Database) -> None:
    """One takes what the other has given up: no two rows have anything in common but the key's id."""
    assert rules(service, "annv", NEW) == []
    assert rules(service, "annv", "Mưa-rào-88k", NEW) == []
    assert rules(service, "hoalt", NEW) == []
    rows = people.ask("congvu_owner", "select own, shared from password_fingerprint")
    marks = [bytes(mark) for row in rows for mark in row if mark is not None]
    assert len(marks) == len(set(marks)) == 5 + 2
    guess = Key(b"?" * 32)
    for password in (*PASSWORDS.values(), NEW, "Mưa-rào-88k"):
        for address in (ANNV, HOALT):
            made = guess.fingerprint(password, address)
            assert {made.own, made.shared}.isdisjoint(marks)
