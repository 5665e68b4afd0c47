"""The password service: its answers, its throttle, its changes, and what it leaves in the journal."""

from __future__ import annotations

import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from fix_database import Database
from fix_services import (
    DOMAIN,
    NEW,
    OFFICE,
    OUTSIDE,
    PASSWORD,
    WRONG,
    Reply,
    Server,
    answer,
    change,
    check,
    own,
)

from congvu.passwords import verify


def fail(database: Database, times: int, login: str = "", client: str = "") -> None:
    """Put failures on record, as if they had just happened."""
    database.ask(
        "congvu_owner",
        "insert into attempt (kind, login, client) "
        "select 'enter', sha256(convert_to(%s || n, 'UTF8')), %s from generate_series(1, %s) n",
        login,
        client,
        times,
    )


def let_pass(database: Database, minutes: int) -> None:
    """The record moves, never the clock."""
    database.ask("congvu_owner", "update attempt set at = at - make_interval(mins => %s)", minutes)


# -- the doors -------------------------------------------------------------------------------------


DOORS = {
    "annv": ("open", "active"),
    "linhnhp": ("open", "due"),
    "ducpv": ("must_change", "expired"),
    "hoalt": ("must_change", "initial"),
    "dathd": ("must_change", "reset"),
    "nghiptt": ("refused", None),
    "tccb": ("refused", None),
    "nobody": ("refused", None),
}


def test_a_state_opens_its_doors_and_no_others(service: Server) -> None:
    replies = {login: check(service, f"{login}@{DOMAIN}").json for login in DOORS}
    assert {login: (reply["answer"], reply.get("state")) for login, reply in replies.items()} == DOORS
    for reply in replies.values():
        assert ("expires_on" in reply) == ("due_on" in reply) == (reply["answer"] == "open")


def test_an_initial_password_is_worth_nothing_after_a_week(service: Server, people: Database) -> None:
    for days, expected in ((7, "must_change"), (8, "refused")):
        people.change(
            "congvu_owner",
            "update credential set set_at = now() - make_interval(days => %s) where origin <> 'self'",
            days,
        )
        assert [answer(service, login) for login in ("hoalt", "dathd")] == [expected] * 2
    assert change(service, "hoalt").json == {"answer": "refused"}


def test_a_login_and_a_password_are_taken_as_people_write_them(service: Server) -> None:
    for login in ("annv", f"AnNV@{DOMAIN.upper()}", f"  annv@{DOMAIN} ", "ａｎｎｖ"):
        assert answer(service, login) == "open", login
    assert answer(service, "annv", unicodedata.normalize("NFD", PASSWORD)) == "open"


NAMED = "insert into domain_name values ('snv.moi.example', '{}', '2099-01-01')"


def test_every_name_of_the_domain_means_the_same_login(service: Server, people: Database) -> None:
    other = "AnNV@snv.moi.example"
    assert answer(service, other) == "refused"
    people.change("congvu_admin", NAMED.format(DOMAIN))
    assert check(service, other).json["login"] == f"annv@{DOMAIN}"
    assert change(service, other).json == {"answer": "changed"}
    assert answer(service, "annv", NEW) == "open"
    for login in (other, "annv", f"annv@{DOMAIN}") * 2:  # they are counted together
        last = check(service, login, WRONG, OFFICE)
    assert last.status == 429


def test_nobody_else_comes_in(service: Server) -> None:
    odd = [
        "",
        "@",
        "annv@",
        f"@{DOMAIN}",
        "annv@gmail.com",
        "annv+x",
        "ann v",
        "annv\0",
        "\ud800",
        "'--",
        "x" * 999,
    ]
    assert {login: check(service, login).json["answer"] for login in odd} == dict.fromkeys(odd, "refused")


def test_a_wrong_password_opens_nothing(service: Server) -> None:
    wrong = ["", WRONG, PASSWORD.lower(), PASSWORD + " ", "\0", "\ud800", PASSWORD[:-1], "x" * 3000]
    for login, password in zip(["annv", "hoalt"] * 4, wrong, strict=True):
        assert check(service, login, password).json == {"answer": "refused"}, password


def test_refusals_cannot_be_told_apart(service: Server) -> None:
    """Neither by their bytes nor by their time: each costs one argon2, also for who does not exist."""

    def refused(login: str, password: str) -> tuple[Reply, float]:
        start = time.perf_counter()
        reply = check(service, login, password, OFFICE)
        return reply, time.perf_counter() - start

    cases = {"wrong": "annv", "unknown": "nobody", "suspended": "nghiptt", "box": "tccb", "initial": "hoalt"}
    seen = {name: [refused(login, WRONG) for _ in range(4)] for name, login in cases.items()}
    assert len({reply.text for replies in seen.values() for reply, _ in replies}) == 1
    fastest = {name: min(seconds for _, seconds in replies) for name, replies in seen.items()}
    assert max(fastest.values()) < 3 * min(fastest.values()), fastest


# -- the throttle ----------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["annv", "nobody", "Mật khẩu của tôi"])
def test_after_five_failures_not_even_the_right_password_helps(
    service: Server, people: Database, login: str
) -> None:
    for _ in range(5):
        assert check(service, login, WRONG, OFFICE).json == {"answer": "refused"}
    turned_away = check(service, login, PASSWORD, OUTSIDE)
    assert turned_away.status == 429
    assert turned_away.json["answer"] == "throttled"
    assert 0 < turned_away.json["retry_after"] <= 15 * 60
    assert change(service, login).status == 429
    let_pass(people, 15)
    assert check(service, login).json["answer"] == ("open" if login == "annv" else "refused")


def test_the_wait_has_an_end_for_who_keeps_trying(service: Server, people: Database) -> None:
    fail(people, 5, "x", OUTSIDE)  # others' failures do not matter
    for _ in range(5):
        check(service, "annv", WRONG)
    let_pass(people, 14)
    assert check(service, "annv", WRONG).status == 429
    let_pass(people, 1)
    assert answer(service, "annv") == "open"


def test_the_right_password_forgives_earlier_failures(service: Server) -> None:
    for _ in range(3):
        for _ in range(4):
            assert answer(service, "annv", WRONG) == "refused"
        assert answer(service, "annv") == "open"


def test_failures_at_both_verbs_count_together(service: Server) -> None:
    for _ in range(3):
        check(service, "annv", WRONG)
    for _ in range(2):
        assert change(service, "annv", present=WRONG).json == {"answer": "refused"}
    assert check(service, "annv").status == 429


def test_one_client_cannot_try_every_login(service: Server, people: Database) -> None:
    network = "2001:db8:1:2::/64"
    for client in (OUTSIDE, network, "unknown"):
        fail(people, 99, "somebody", client)
    clients = {
        OUTSIDE: 429,
        "203.0.113.10": 200,
        "2001:db8:1:2:3:4:5:6": 429,
        "2001:db8:1:3::1": 200,
        "not an address": 429,
    }
    for number, client in enumerate(clients):
        assert check(service, f"nobody{number}", WRONG, client).status == 200
    assert {client: check(service, "annv", PASSWORD, client).status for client in clients} == clients


def test_the_office_is_never_shut_out_as_a_whole(service: Server, people: Database) -> None:
    for client in (OFFICE, "2001:db8:20:1::5"):
        fail(people, 200, "somebody", client)
        assert answer(service, "annv", client=client) == "open"
        assert answer(service, "nobody", WRONG, client) == "refused"
    assert people.ask("congvu_owner", "select count(*) from attempt where client = ''") == [(2,)]


def test_many_at_once_cannot_slip_through(service: Server) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: answer(service, "annv", WRONG), range(12)))
    assert sorted(answers) == ["refused"] * 5 + ["throttled"] * 7


def test_attempts_are_kept_no_longer_than_they_count(service: Server, people: Database) -> None:
    check(service, "annv", WRONG)
    let_pass(people, 15)
    check(service, "hoalt", WRONG)
    assert people.ask("congvu_owner", "select count(*) from attempt") == [(1,)]


# -- the change ------------------------------------------------------------------------------------


def stored(database: Database, login: str) -> tuple[str, str]:
    """Return the hash and origin of a login's credential."""
    question = "select hash, origin from credential where address = %s"
    return tuple(database.ask("congvu_owner", question, f"{login}@{DOMAIN}")[0])


@pytest.mark.parametrize("login", ["annv", "linhnhp", "ducpv", "hoalt", "dathd"])
def test_who_knows_the_password_changes_it(service: Server, people: Database, login: str) -> None:
    assert change(service, login).json == {"answer": "changed"}
    ended = people.ask("congvu_owner", "select login from session_end")
    assert ended == [(f"{login}@{DOMAIN}",)]  # mail sessions that the old one had opened
    assert check(service, login).json == {"answer": "refused"}
    opened = check(service, login, NEW).json
    assert (opened["answer"], opened["state"]) == ("open", "active")
    hashed, origin = stored(people, login)
    assert origin == "self"
    assert verify(NEW, hashed)
    record = "select actor, verb, subject, detail->>'client' from audit_record where verb = 'password.change'"
    address = f"{login}@{DOMAIN}"
    assert people.ask("congvu_owner", record) == [(address, "password.change", address, OUTSIDE)]


BAD = [
    ("annv", "P@ssw0rd", ["banned"]),
    ("annv", "Kq7$mzR", ["min_length", "trivial_change"]),
    ("annv", "Tbw4xlla", ["special"]),
    ("annv", "Sunflower@12", ["banned"]),
    ("annv", "SnvBinhDinh@26", ["banned"]),
    ("annv", "Nguyenvanan#7", ["personal"]),
    ("linhnhp", "9!xTochucbienche.Q", ["personal"]),
    ("annv", PASSWORD, ["same_as_present"]),
    ("annv", unicodedata.normalize("NFD", PASSWORD), ["same_as_present"]),
    ("hoalt", own("hoalt") + "1", ["trivial_change"]),
    ("annv", "Tbw4%lla\0", ["control_character"]),
    ("annv", "Tbw4%lla\ud800", ["control_character"]),
    ("annv", "", ["min_length", "digit", "upper", "lower", "special"]),
    ("annv", "Tbw4%lla" * 17, ["max_length"]),
]


def test_a_bad_password_is_not_set(service: Server, people: Database) -> None:
    before = people.ask("congvu_owner", "select * from credential order by 1")
    for login, new, rules in BAD:
        reply = change(service, login, new).json
        assert (reply["answer"], [fault["rule"] for fault in reply["faults"]]) == ("invalid", rules), new
        assert all(fault["message"].startswith("Mật khẩu") for fault in reply["faults"])
    assert people.ask("congvu_owner", "select * from credential order by 1") == before


def test_who_has_no_door_or_no_password_changes_and_learns_nothing(service: Server, people: Database) -> None:
    before = people.ask("congvu_owner", "select * from credential order by 1")
    for new in (NEW, "x", "P@ssw0rd"):
        for login in ("nghiptt", "tccb", "nobody"):
            assert change(service, login, new).json == {"answer": "refused"}, login
        assert change(service, "annv", new, present=WRONG).json == {"answer": "refused"}
    assert people.ask("congvu_owner", "select * from credential order by 1") == before


def test_a_change_cannot_be_replayed(service: Server) -> None:
    assert change(service, "annv").json == {"answer": "changed"}
    assert change(service, "annv").json == {"answer": "refused"}
    assert change(service, "annv", "Mưa-rào-88k").json == {"answer": "refused"}
    assert answer(service, "annv", NEW) == "open"


def test_of_two_changes_at_once_one_wins_and_the_other_knows_it(service: Server, people: Database) -> None:
    chosen = ["Mưa-rào-88k", "Nắng-gắt-99k", "Gió-mùa-77k"]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda new: change(service, "annv", new).json["answer"], chosen))
    assert sorted(answers) == ["changed", "refused", "refused"]
    winner = chosen[answers.index("changed")]
    assert verify(winner, stored(people, "annv")[0])
    assert people.ask("congvu_owner", "select count(*) from audit_record where verb = 'password.change'") == [
        (1,)
    ]


# -- the assessment --------------------------------------------------------------------------------


def test_a_candidate_is_assessed_without_any_password(service: Server, people: Database) -> None:
    def rules(login: str, candidate: str) -> list[str]:
        reply = service.post("assess", login=login, candidate=candidate)
        return [fault["rule"] for fault in reply.json["faults"]]

    before = stored(people, "linhnhp")
    assert rules("linhnhp", "P@ssw0rd") == rules("nobody", "P@ssw0rd") == ["banned"]
    assert rules("linhnhp", "Linh#29x81Kq") == ["personal"]
    assert rules("annv", "Linh#29x81Kq") == rules("nobody", "Linh#29x81Kq") == []
    assert rules("annv", "ngắn") == ["min_length", "digit", "upper", "special"]
    assert stored(people, "linhnhp") == before


def test_assessing_is_throttled_apart_from_the_doors(service: Server, people: Database) -> None:
    people.ask(
        "congvu_owner",
        "insert into attempt (kind, login, client) "
        "select 'assess', sha256(convert_to(%s, 'UTF8')), '' from generate_series(1, 1000)",
        f"annv@{DOMAIN}",
    )
    assert service.post("assess", login="annv", candidate="x").status == 429
    assert service.post("assess", login="hoalt", candidate="x").status == 200
    assert answer(service, "annv") == "open"
