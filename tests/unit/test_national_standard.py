"""The profile of the national standard at work: the password service and the page with 14 characters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fix_database import POLICY, Database
from fix_services import Server, change, gunicorn

from congvu import policy

STRONG = "Kq7$mzRt-xế-Wv4%"


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


def test_the_page_says_fourteen(strict_files: Path) -> None:
    with gunicorn(f'congvu.web.app:create_app("{strict_files}/web.json")', strict_files, "web") as server:
        page = server.send("GET", "/mat-khau").text
    assert "từ 14 đến 128 ký tự" in page
    assert 'data-min="14"' in page
