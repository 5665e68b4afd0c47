"""The password service: its answers, its throttle, its changes, and what it leaves in the journal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from fix_database import Database
from fix_services import DOMAIN, PASSWORD, PEOPLE, Reply, Server

from congvu.passwords import verify

NEW = "Tbw4%lla-vàng"
OUTSIDE = "203.0.113.9"
OFFICE = "10.20.3.4"
WRONG = "Sai-rồi-1"


def check(server: Server, login: str, password: str = PASSWORD, client: str = OUTSIDE) -> Reply:
    return server.post("check", login=login, password=password, client=client)


def change(server: Server, login: str, new: str = NEW, present: str = PASSWORD) -> Reply:
    return server.post("change", login=login, present=present, new=new, client=OUTSIDE)


def answer(server: Server, login: str, password: str = PASSWORD, client: str = OUTSIDE) -> str:
    return str(check(server, login, password, client).json["answer"])


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


def test_a_login_and_a_password_are_taken_as_people_write_them(service: Server) -> None:
    for login in ("annv", f"AnNV@{DOMAIN.upper()}", f"  annv@{DOMAIN} ", "ａｎｎｖ"):
        assert answer(service, login) == "open", login
    assert answer(service, "annv", unicodedata.normalize("NFD", PASSWORD)) == "open"


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
    assert max(fastest.values()) < 2 * min(fastest.values()), fastest


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
    ("hoalt", PASSWORD + "1", ["trivial_change"]),
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
        "select 'assess', sha256(convert_to(%s, 'UTF8')), '' from generate_series(1, 100)",
        f"annv@{DOMAIN}",
    )
    assert service.post("assess", login="annv", candidate="x").status == 429
    assert service.post("assess", login="hoalt", candidate="x").status == 200
    assert answer(service, "annv") == "open"


# -- closed when anything is wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/check", "", 400),
        ("POST", "/check", "{", 400),
        ("POST", "/check", "[]", 400),
        ("POST", "/check", "null", 400),
        ("POST", "/check", json.dumps({"login": "annv", "password": PASSWORD}), 400),
        ("POST", "/check", json.dumps({"login": "annv", "password": [PASSWORD], "client": OUTSIDE}), 400),
        ("POST", "/check", json.dumps({"login": None, "password": PASSWORD, "client": OUTSIDE}), 400),
        ("POST", "/change", json.dumps({"login": "annv", "present": PASSWORD, "client": OUTSIDE}), 400),
        ("POST", "/check", json.dumps({"login": "x" * 20_000}), 413),
        ("GET", "/check", "", 405),
        ("POST", "/", "{}", 404),
        ("POST", "/reset", "{}", 404),
    ],
)
def test_what_is_no_question_gets_no_door(
    password_server: Server, method: str, path: str, body: str, status: int
) -> None:
    reply = password_server.send(method, path, body, Content_Type="application/json")
    assert (reply.status, reply.json) == (status, {"answer": "malformed"})


def test_a_question_must_say_that_it_is_json(service: Server) -> None:
    """A browser's form cannot, hence cannot ask even if it found a way to the socket."""
    body = json.dumps({"login": "annv", "password": PASSWORD, "client": OUTSIDE})
    assert service.send("POST", "/check", body, Content_Type="text/plain").json == {"answer": "malformed"}


def test_without_the_database_everything_is_closed(password_server: Server, journal) -> None:
    for verb in ("check", "change", "assess"):
        question = {"login": "annv", "password": PASSWORD, "present": PASSWORD, "new": NEW, "candidate": NEW}
        reply = password_server.post(verb, client=OUTSIDE, **question)
        assert (reply.status, reply.json) == (503, {"answer": "unavailable"})
    faults = [line for line in journal() if line["event"] == "fault"]
    assert len(faults) == 3
    assert "StoreError" in faults[0]["error"]


def test_without_half_of_the_database_everything_is_closed(service: Server, people: Database) -> None:
    people.ask("congvu_owner", "drop view account cascade")
    assert check(service, "annv").json == {"answer": "unavailable"}
    assert change(service, "annv").json == {"answer": "unavailable"}


@pytest.mark.parametrize("spoilt", ["policy.json", "words", "password.json"])
def test_it_does_not_start_without_what_it_judges_by(host_files: Path, tmp_path: Path, spoilt: str) -> None:
    settings = json.loads((host_files / "password.json").read_text())
    policy = json.loads((host_files / "policy.json").read_text())
    if spoilt == "policy.json":
        policy["values"]["password.min_length"] = 4
    elif spoilt == "words":
        settings["words"] = str(tmp_path / "missing")
    else:
        settings["unheard_of"] = True
    settings["policy"] = str(tmp_path / "policy.json")
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    (tmp_path / "password.json").write_text(json.dumps(settings))
    app = f'congvu.services.password:create_app("{tmp_path}/password.json")'
    command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{tmp_path}/s", app]
    assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode != 0


# -- the journal -----------------------------------------------------------------------------------


def test_every_answer_leaves_a_line(service: Server, journal) -> None:
    check(service, "annv")
    check(service, "hoalt")
    check(service, "annv", WRONG)
    check(service, "nghiptt")
    change(service, "annv", "ngắn")
    change(service, "annv")
    service.post("assess", login="annv", candidate="x")
    assert [(line["verb"], line["answer"], line["login"], line["state"]) for line in journal()] == [
        ("check", "open", f"annv@{DOMAIN}", "active"),
        ("check", "must_change", f"hoalt@{DOMAIN}", "initial"),
        ("check", "refused", f"annv@{DOMAIN}", "active"),
        ("check", "refused", f"nghiptt@{DOMAIN}", "suspended"),
        ("change", "invalid", f"annv@{DOMAIN}", "active"),
        ("change", "changed", f"annv@{DOMAIN}", "active"),
        ("assess", "assessed", None, "unknown"),
    ]
    assert {line["client"] for line in journal()} == {OUTSIDE, None}


def test_no_password_reaches_the_journal(service: Server, people: Database, journal) -> None:
    secrets = [PASSWORD, NEW, WRONG, "Lộ-mất-rồi-1", "ngắn"]
    for login in [*PEOPLE, "nobody", *secrets]:  # a password in the wrong field, too
        check(service, login, secrets[3])
        change(service, login, secrets[4])
        change(service, login, NEW, present=WRONG)
        check(service, login, PASSWORD, client=secrets[3])
        service.post("assess", login=login, candidate=NEW)
    service.send("POST", f"/check?{quote(secrets[3])}", "{}", Content_Type="application/json")
    people.ask("congvu_owner", "alter table credential add check (hash = 'x') not valid")
    change(service, "linhnhp", "Mưa-rào-88k")
    assert journal()[-2]["event"] == "fault"
    written = service.output.read_text() + json.dumps(journal(), ensure_ascii=False)
    assert len(journal()) > 50
    for secret in [*secrets, "Mưa-rào-88k", "$argon2"]:
        assert secret not in written
        assert json.dumps(secret)[1:-1] not in written
        assert secret.lower() not in written
