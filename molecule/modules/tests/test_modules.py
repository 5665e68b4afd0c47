"""Every module of ours on a real host, each in four steps: check, do, check again, do again."""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from testinfra.host import Host

from congvu.passwords import hash_password

ROOT = Path(__file__).resolve().parents[3]
GROUP = os.environ.get("CONGVU_HOSTS", "demo")
pytestmark = pytest.mark.usefixtures("files")
DOMAIN = "snv.binhdinh.test"
STAGE = "/root/congvu-test"
COMING = (
    "THU01,Phan Thị Thử Nghiệm,Viên chức,Văn phòng Sở,Chuyên viên,01/01/2020,,\n"
    "THU02,Đỗ Văn Thử,Viên chức,Văn phòng Sở,Chuyên viên,02/01/2020,,\n"
)


def module(name: str, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run one module on the host, as `ansible` does; its result."""
    command = ["ansible", "mail", "-i", "inventories/shared", "-i", "inventories/demo", "-m", name]
    command += ["--diff", *(["--check"] if check else []), *(["-a", json.dumps(options)] if options else [])]
    environment = {
        **os.environ,
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "CONGVU_HOSTS": GROUP,
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    result: dict[str, Any] = json.loads(done.stdout)["plays"][0]["tasks"][0]["hosts"]["mail"]
    return {**result, "output": done.stdout + done.stderr}


def four_ways(name: str, **options: Any) -> list[dict[str, Any]]:
    """Check, do, check again, do again: only the first two may say that something changes."""
    results = [module(name, check, **options) for check in (True, False, True, False)]
    assert [result.get("failed", False) for result in results] == [False] * 4, results
    assert [result["changed"] for result in results] == [True, True, False, False], results
    return results


def put(name: str, text: str) -> str:
    """Stage a file on the host, for root only; its path."""
    ssh = ["ssh", "-F", ROOT / "build" / "hosts" / GROUP / "ssh_config", "mail"]
    command = f"umask 077; mkdir -p {STAGE}; cat >{STAGE}/{name}"
    subprocess.run([*ssh, command], input=text.encode(), check=True)
    return f"{STAGE}/{name}"


@pytest.fixture(scope="module")
def files(host: Host) -> Iterator[dict[str, str]]:
    """The demo's organisation, and two more people; afterwards the organisation is what it was."""
    inventory = ROOT / "inventories" / "demo"
    organisation = put("organisation.yml", (inventory / "organisation.yml").read_text("utf-8"))
    people = (inventory / "people.csv").read_text("utf-8")
    before = {"organisation": organisation, "people": put("before.csv", people), "domain": DOMAIN}
    yield {**before, "people": put("people.csv", people.rstrip("\n") + "\n" + COMING)}
    restored = module("mail_directory", **before)
    host.run(f"rm -r {STAGE}")
    assert restored["changed"], restored


def address(staff_id: str) -> str:
    """The mailbox of a person, as the directory says."""
    boxes = module("mail_directory_info")["accounts"]
    return str(next(box["address"] for box in boxes if box["staff_id"] == staff_id))


def test_mail_directory(files: dict[str, str]) -> None:
    checked, done, *_ = four_ways("mail_directory", **files)
    assert checked["diff"] == done["diff"], "the check foretold something else"
    assert address("THU01") == f"nghiemptt@{DOMAIN}"


def test_mail_directory_names_every_fault_and_changes_nothing(files: dict[str, str]) -> None:
    rows = (
        "staff_id,full_name,kind,unit,start",
        "X1,,Công chức,vp,2020-01-01",
        "X2,Lê An,Khách,Không có,hôm qua",
    )
    bad = put("bad.csv", "\n".join(rows))
    result = module("mail_directory", **{**files, "people": bad})
    assert result["failed"]
    assert len(result["faults"]) >= 3
    assert not module("mail_directory", check=True, **files)["changed"]


def test_mail_directory_info_only_looks() -> None:
    result = module("mail_directory_info")
    assert not result["changed"]
    assert DOMAIN in result["domains"]


def test_mail_domain() -> None:
    """Given a name, and then without it again."""
    names = [{"name": "snv.gialai.test", "cut_over": "2099-01-01", "in_use": {"vp": "vp"}}]
    _, done, *_ = four_ways("mail_domain", domain=DOMAIN, names=names)
    line = f"snv.gialai.test: name of {DOMAIN}, people send under it from 2099-01-01\n"
    assert done["diff"]["after"] == line
    four_ways("mail_domain", domain=DOMAIN, names=[])


def test_mail_credential() -> None:
    digest = hash_password("Mot-mat-khau-thu-7")
    set_at = (datetime.now(UTC) - timedelta(days=20)).isoformat()
    path = put("credentials.csv", f'address,hash,set_at\n{address("THU01")},"{digest}",{set_at}\n')
    for result in four_ways("mail_credential", path=path, domain=DOMAIN):
        assert digest not in result["output"]


def test_mail_password(host: Host) -> None:
    results = four_ways("mail_password")
    issued = host.file(results[1]["path"])
    assert (issued.user, issued.mode) == ("root", 0o600)
    secret = issued.content_string.splitlines()[1].split(",")[-1]
    assert address("THU02") in issued.content_string
    assert all(secret not in result["output"] for result in results)
    host.run_expect([0], f"rm {results[1]['path']}")


def test_mail_password_as_slips_for_the_office(host: Host, tmp_path: Path) -> None:
    """Root keeps nothing that it could read; the Office opens a page with the letter for each person."""
    key, certificate = tmp_path / "office.key", tmp_path / "office.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-subj", "/CN=office"]
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    slips = {
        "certificate": put("office.pem", certificate.read_text()),
        "organisation": "Sở Nội vụ",
        "office": "Văn phòng Sở",
    }
    slips["page"] = f"https://mail.{DOMAIN}/mat-khau"
    result = module("mail_password", reset=["THU01", "THU02"], slips=slips)
    sealed = host.file(result["path"])
    assert (sealed.user, sealed.mode) == ("root", 0o600)
    opening = ["openssl", "cms", "-decrypt", "-binary", "-inform", "PEM", "-inkey", key]
    opened = subprocess.run(opening, input=sealed.content, check=True, capture_output=True).stdout
    host.run_expect([0], f"rm {result['path']}")
    with pdfplumber.open(io.BytesIO(opened)) as document:
        texts = [page.extract_text() for page in document.pages]
    assert len(texts) == 2
    assert {address(person) for person in ("THU01", "THU02")} == {
        word for text in texts for word in text.split() if word.endswith(f"@{DOMAIN}")
    }
    for text in texts:
        password = text.partition("Mật khẩu được cấp")[2].split()[0]
        assert len(password) == 14
        outside, title = "CHỈ NGƯỜI CÓ TÊN TRÊN PHIẾU ĐƯỢC MỞ", "PHIẾU CẤP MẬT KHẨU THƯ ĐIỆN TỬ CÔNG VỤ"
        for line in (outside, title, slips["page"]):
            assert line in text
        assert password not in result["output"]


def test_config_files(host: Host) -> None:
    wanted = [
        {"dest": f"{STAGE}/made/one.conf", "content": "một\n", "mode": "0640"},
        {"dest": f"{STAGE}/two.conf", "content": "listen 80\n", "validate": "grep -q listen %s"},
        {"dest": f"{STAGE}/before.conf", "content": "x\n", "validate": "not-installed-yet %s"},
    ]
    four_ways("config_files", files=wanted)
    assert host.file(f"{STAGE}/made/one.conf").mode == 0o640
    host.run_expect([0], f"chmod 0600 {STAGE}/two.conf")
    assert module("config_files", files=wanted)["changed_files"] == [f"{STAGE}/two.conf"]


def test_config_files_replaces_nothing_when_one_is_refused(host: Host) -> None:
    wanted = [
        {"dest": f"{STAGE}/three.conf", "content": "good\n"},
        {"dest": f"{STAGE}/four.conf", "content": "bad\n", "validate": "grep -q good %s"},
    ]
    result = module("config_files", files=wanted)
    assert result["failed"]
    assert "four.conf" in result["msg"]
    assert not host.file(f"{STAGE}/three.conf").exists


def test_stale_units(host: Host) -> None:
    host.run_expect([0], "touch /etc/redis/redis.conf; sysctl -q net.ipv4.conf.all.log_martians=0")
    copy = f"{STAGE}/made/copy"
    table = [
        {"unit": "redis-server.service", "paths": ["/etc/redis/*.conf"]},
        {"unit": "not-here.service", "paths": ["/etc/redis/*.conf"]},
        {"made": copy, "paths": [f"{STAGE}/two.conf"], "command": f"cp {STAGE}/two.conf {copy}"},
        {"sysctl": "/etc/sysctl.d/60-congvu.conf"},
    ]
    checked, done, *_ = four_ways("stale_units", table=table)
    assert checked["taken_up"] == done["taken_up"]
    assert len(done["taken_up"]) == 3


def test_leftovers(host: Host) -> None:
    host.run_expect([0], f"mkdir -p {STAGE}/.congvu.x/y {STAGE}/kept && touch {STAGE}/.ansible_tmp1")
    host.run_expect([0], "dpkg --unpack $(ls /var/cache/apt/archives/dns-root-data_*.deb | tail -n 1)")
    _, done, *_ = four_ways("leftovers", names=[".congvu.*", ".ansible_tmp*"], folders=[STAGE])
    assert done["packages"]
    assert done["removed"] == [f"{STAGE}/.ansible_tmp1", f"{STAGE}/.congvu.x"]
    assert host.file(f"{STAGE}/kept").exists
    assert host.run_expect([0], "dpkg --audit").stdout == ""


def test_mail_handover() -> None:
    """To somebody else and back: a handover is not taken back, another one follows."""
    today, number = datetime.now(UTC).date().isoformat(), int(datetime.now(UTC).timestamp())
    act = {"box": "tcbm", "domain": DOMAIN, "decided_on": today, "effective_on": today}
    _, done, *_ = four_ways("mail_handover", **act, decision=f"{number}/QĐ-SNV", receiver="SNV039")
    assert done["giver"] == "SNV037"
    back = module("mail_handover", **act, decision=f"{number}a/QĐ-SNV", receiver="SNV037")
    assert (back["changed"], back["giver"]) == (True, "SNV039")


def test_mail_break_glass() -> None:
    """Open it, and end it."""
    end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    act = {"ticket": f"{time.time_ns()}/QĐ-SNV", "owner": "SNV031", "reader": "SNV037", "approver": "SNV039"}
    given = {**act, "reason": "kiểm thử", "ends_at": end, "domain": DOMAIN}
    _, done, *_ = four_ways("mail_break_glass", **given)
    assert done["box"] == address("SNV031")
    assert module("mail_break_glass", **given, ended_by="kiểm thử")["changed"]
    assert not module("mail_break_glass", **given, ended_by="kiểm thử")["changed"]
    refused = module("mail_break_glass", **{**given, "ticket": "", "approver": "SNV037"})
    assert {fault["column"] for fault in refused["faults"]} == {"ticket", "approver"}
