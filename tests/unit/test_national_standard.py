"""The profile of the national standard at work: the password service and the page with 14 characters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from directories import OTHER_HASH
from fix_database import POLICY, Database
from fix_portal import Visitor, begin, code, text
from fix_services import DOMAIN, PASSWORD, Server, answer, change, gunicorn

from congvu import policy
from congvu.fingerprints import Fingerprint
from congvu.store.fingerprints import Chosen, set_password
from congvu.store.second_factor import remove_factor

NEW = "Rừng-dừa 7 xanh"
STRONG = "Kq7$mzRt-xế-Wv4%"
SHORT = "Bx4%wêGf"


@pytest.fixture(scope="module")
def strict_files(host_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the roles write under this profile."""
    folder = tmp_path_factory.mktemp("strict")
    resolved = policy.load(POLICY, "tcvn-14423", date(2026, 11, 23))
    (folder / "policy.json").write_text(json.dumps(policy.dump(resolved)))
    changed = {"policy": str(folder / "policy.json")}
    settings = json.loads((host_files / "password.json").read_text())
    (folder / "password.json").write_text(json.dumps({**settings, **changed}))
    changed["service_socket"] = str(folder / "password.sock")
    settings = json.loads((host_files / "web.json").read_text())
    (folder / "web.json").write_text(json.dumps({**settings, **changed}))
    return folder


@pytest.fixture
def visitor(strict_files: Path, service: Server, roles: Database) -> Iterator[Visitor]:
    assert service.output
    assert roles.host
    with gunicorn(f'congvu.web.app:create_app("{strict_files}/web.json")', strict_files, "web") as server:
        yield Visitor(server)


def confirmed(visitor: Visitor) -> str:
    """Turn the second factor on, with the code of a moment ago; its secret."""
    secret = begin(visitor)
    assert visitor.post("/bao-mat", act="confirm", code=code(secret, -1)).status == 303
    return secret


def needs_factor(database: Database) -> bool:
    asked = "select needs_factor from credential where address = %s"
    return bool(database.ask("congvu_owner", asked, f"annv@{DOMAIN}")[0][0])


@pytest.fixture
def service(strict_files: Path, people: Database) -> Iterator[Server]:
    assert people.host
    app = f'congvu.services.password:create_app("{strict_files}/password.json")'
    with gunicorn(app, strict_files, "password") as server:
        yield server


def test_thirteen_characters_are_too_few_and_fourteen_enough(service: Server) -> None:
    told = change(service, "annv", STRONG[:13]).json
    assert [fault["rule"] for fault in told["faults"]] == ["min_length"]
    assert told["faults"][0]["message"] == "Mật khẩu phải có ít nhất 14 ký tự (mới có 13)."
    assert change(service, "annv", STRONG[:14]).json["answer"] == "changed"


def test_beside_a_second_factor_eight_are_enough(head: Visitor, service: Server, roles: Database) -> None:
    secret = confirmed(head)
    question = {"login": "annv", "present": PASSWORD, "client": "203.0.113.9"}
    short = service.post("change", **question, new=SHORT[:7], code=code(secret)).json
    assert [fault["message"] for fault in short["faults"]] == ["Mật khẩu phải có ít nhất 8 ký tự (mới có 7)."]
    assert service.post("change", **question, new=SHORT, code=code(secret, 1)).json["answer"] == "changed"
    assert needs_factor(roles)


@pytest.mark.parametrize(("length", "then"), [(13, "must_change"), (14, "open")])
def test_what_is_too_short_alone_does_not_outlive_the_factor(
    head: Visitor, service: Server, roles: Database, length: int, then: str
) -> None:
    secret, new = confirmed(head), STRONG[:length]
    question = {"login": "annv", "present": PASSWORD, "new": new, "client": "203.0.113.9"}
    assert service.post("change", **question, code=code(secret)).json["answer"] == "changed"
    with roles.store("congvu_admin") as db:
        assert remove_factor(db, f"annv@{DOMAIN}", "root", "điện thoại mất")
    assert answer(service, "annv", new) == then
    assert (roles.ask("dovecot", "select login from door_key where login = %s", f"annv@{DOMAIN}") == []) == (
        then != "open"
    )
    if then == "must_change":
        assert change(service, "annv", NEW[:13], new).json["faults"][0]["rule"] == "min_length"
        assert change(service, "annv", NEW, new).json["answer"] == "changed"
        assert answer(service, "annv", NEW) == "open"
    assert not needs_factor(roles)


def test_no_other_password_is_held_to_need_the_factor(
    head: Visitor, service: Server, roles: Database
) -> None:
    secret = confirmed(head)
    question = {"login": "annv", "present": PASSWORD, "new": SHORT, "client": "203.0.113.9"}
    assert service.post("change", **question, code=code(secret)).json["answer"] == "changed"
    roles.change("congvu_admin", "update credential set hash = %s, origin = 'issued', set_at = congvu_now() "
                 "where address = %s", OTHER_HASH, f"annv@{DOMAIN}")  # fmt: skip
    assert not needs_factor(roles)


def test_the_directory_takes_no_short_password_where_the_factor_has_just_ended(
    service: Server, roles: Database
) -> None:
    assert service.output
    mark = Fingerprint(bytes(32), bytes(32), "0" * 16)
    address = f"annv@{DOMAIN}"
    with roles.store("congvu_password") as db:
        present = db.credential(address)
        assert present
        assert set_password(db, address, present, "", Chosen(OTHER_HASH, mark, True)) == "refused"
        assert set_password(db, address, present, "", Chosen(OTHER_HASH, mark, False)) == "changed"


def test_the_pages_say_both(head: Visitor) -> None:
    page = head.server.send("GET", "/mat-khau?ly-do=cap-lai").text
    assert "từ 14 đến 128 ký tự; đã bật xác thực hai lớp thì từ 8 ký tự" in page
    assert 'data-min="14" data-min-with-code="8"' in page
    assert "quá ngắn khi không còn xác thực hai lớp" in text(page)
    confirmed(head)
    assert "Mật khẩu ngắn hơn 14 ký tự phải được đổi" in text(head.get("/bao-mat").text)
