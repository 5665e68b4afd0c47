"""The chain on a real host: sealed by its unit, sent away, fetched, packed, and checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / os.environ.get("CONGVU_HOSTS", "demo")
SEALS = BUILD / "seals"
CLOCK = "create or replace function congvu_now() returns timestamptz language sql stable as 'select now() {}'"


def ask(host: Host, statement: str) -> str:
    return str(host.check_output(f'psql -XAtq -U congvu_owner -d congvu -c "{statement}"')).strip()


@pytest.fixture
def tomorrow(host: Host) -> Iterator[None]:
    """The directory's clock goes a day ahead, so that this day is over."""
    ask(host, CLOCK.format("+ interval ''1 day''"))
    yield
    ask(host, CLOCK.format(""))


def test_what_was_before_the_host_is_sealed_and_has_left_it(host: Host) -> None:
    kept = {path.name for path in SEALS.iterdir()}
    day = ask(host, "select min(day) from seal")
    assert {f"{day}.txt", f"{day}.txt.sig", "allowed_signers"} <= kept
    assert ask(host, "select 'previous: ' || repeat('0', 64)") in (SEALS / f"{day}.txt").read_text()


def test_the_key_is_roots_alone(host: Host) -> None:
    for name in ("seal.key", "pseudonym.key"):
        file = host.file(f"/var/lib/congvu/keys/{name}")
        assert (file.user, file.mode & 0o077) == ("root", 0)
    assert host.run("runuser -u congvu-seal -- cat /var/lib/congvu/keys/seal.key").rc != 0


@pytest.mark.usefixtures("tomorrow")
def test_the_unit_seals_the_day_and_the_seal_goes_out_by_mail(host: Host) -> None:
    before = int(ask(host, "select count(*) from seal"))
    host.run_expect([0], "systemctl start congvu-seal.service")
    assert int(ask(host, "select count(*) from seal")) == before + 1
    lines = int(
        ask(host, "select lines from segment where source = 'audit_record' order by day desc limit 1")
    )
    assert lines > 0
    host.run_expect([0], "systemctl start congvu-notices.service")
    assert (
        ask(
            host, "select count(*) from seal s where not exists (select from seal_copy c where c.day = s.day)"
        )
        == "0"
    )
    for _ in range(30):
        if host.run("journalctl -q -u 'postfix*' -g 'to=<kiemtra@congdan.test>.*status=sent'").stdout:
            return
        time.sleep(1)
    raise AssertionError("no seal was delivered")


def test_an_auditor_finds_the_bundle_to_be_what_was_sealed(ansible: Any) -> None:
    done = ansible("ansible-playbook", "playbooks/seals.yml")
    assert done.returncode == 0, done.stdout
    done = ansible("ansible-playbook", "playbooks/report.yml", "-e", "bundle=true")
    assert done.returncode == 0, done.stdout
    bundle = max(BUILD.glob("reports/*/congvu-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    command = [sys.executable, "-m", "congvu.services.cli", "verify", str(bundle), "--seals", str(SEALS)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Open window: 0 hours" in checked.stdout
    subprocess.run(["tar", "-xzf", str(bundle), "-C", str(bundle.parent)], check=True)
    folder = bundle.with_name(bundle.name.removesuffix(".tar.gz"))
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert report["seal"]["status"] == "sealed"
    for path in folder.glob("evidence/*.jsonl"):
        assert "@" not in path.read_text("utf-8"), path


ANEW = (
    "set session_replication_role = replica; "
    "update seal set body = b, head = encode(sha256(convert_to(b, 'UTF8')), 'hex') "
    "from (select day as d, replace(body, 'audit_record {}', 'audit_record {}') as b from seal) x "
    "where d = day"
)


def test_what_root_writes_anew_is_told_when_the_seals_are_fetched(host: Host, ansible: Any) -> None:
    assert ansible("ansible-playbook", "playbooks/seals.yml").returncode == 0  # kept by then
    as_root = 'runuser -u postgres -- psql -q congvu -c "{}"'
    host.run_expect([0], as_root.format(ANEW.format("", "7")))
    try:
        done = ansible("ansible-playbook", "playbooks/seals.yml")
    finally:
        host.run_expect([0], as_root.format(ANEW.format("7", "")))
    assert done.returncode != 0
    assert "is not the one that was kept" in done.stdout
    assert ansible("ansible-playbook", "playbooks/seals.yml").returncode == 0
