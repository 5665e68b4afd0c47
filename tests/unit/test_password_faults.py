"""The password service when something is wrong, and what it leaves in the journal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from fix_database import Database
from fix_services import DOMAIN, NEW, OUTSIDE, PASSWORD, PASSWORDS, PEOPLE, WRONG, Server, change, check

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


@pytest.mark.parametrize("spoilt", ["policy.json", "words", "fingerprint.key", "password.json"])
def test_it_does_not_start_without_what_it_judges_by(host_files: Path, tmp_path: Path, spoilt: str) -> None:
    settings = json.loads((host_files / "password.json").read_text())
    policy = json.loads((host_files / "policy.json").read_text())
    if spoilt == "policy.json":
        policy["values"]["password.min_length"] = 4
    elif spoilt == "words":
        settings["words"] = str(tmp_path / "missing")
    elif spoilt == "fingerprint.key":  # the role was cut short while it made one
        settings["fingerprint_key"] = str(tmp_path / "short")
        (tmp_path / "short").write_bytes(b"x" * 7)
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
    secrets = [*PASSWORDS.values(), NEW, WRONG, "Lộ-mất-rồi-1", "ngắn"]
    leaked, short = secrets[-2:]
    for login in [*PEOPLE, "nobody", *secrets]:  # a password in the wrong field, too
        check(service, login, leaked)
        change(service, login, short)
        change(service, login, NEW, present=WRONG)
        check(service, login, client=leaked)
        service.post("assess", login=login, candidate=NEW)
    service.send("POST", f"/check?{quote(leaked)}", "{}", Content_Type="application/json")
    people.ask("congvu_owner", "alter table credential add check (hash = 'x') not valid")
    change(service, "linhnhp", "Mưa-rào-88k")
    assert journal()[-2]["event"] == "fault"
    written = service.output.read_text() + json.dumps(journal(), ensure_ascii=False)
    assert len(journal()) > 50
    for secret in [*secrets, "Mưa-rào-88k", "$argon2"]:
        assert secret not in written
        assert json.dumps(secret)[1:-1] not in written
        assert secret.lower() not in written
