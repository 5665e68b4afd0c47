"""The printed zone, served by a real name server, satisfies its own check; what is broken is named."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[3]
GROUP = os.environ.get("CONGVU_HOSTS", "demo")
HEAD = "@ IN SOA ns.congdan.test. hostmaster.congdan.test. 1 3600 600 86400 60\n@ IN NS ns.congdan.test.\n"
ELSEWHERE = "; in another zone: "
CONF = """server:
  ip-address: {address}
zone:
  name: {domain}
  zonefile: /etc/nsd/own.zone
zone:
  name: in-addr.arpa
  zonefile: /etc/nsd/reverse.zone
"""
Serve = Callable[[str], None]


def playbook(*extra: str) -> subprocess.CompletedProcess[str]:
    """Run playbooks/dns.yml as an operator does."""
    command = ["ansible-playbook", "-i", "inventories/shared", "-i", "inventories/demo", "playbooks/dns.yml"]
    return subprocess.run([*command, *extra], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def partner() -> Iterator[Host]:
    """The outside provider becomes the name server of both zones, for the time of these tests."""
    config = ROOT / "build" / "hosts" / GROUP / "ssh_config"
    host = testinfra.get_host("ssh://partner", ssh_config=str(config))
    host.run_expect([0], "DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends nsd")
    yield host
    host.run_expect([0], "DEBIAN_FRONTEND=noninteractive apt-get -qq purge nsd && rm -rf /etc/nsd")


@pytest.fixture(scope="module")
def address() -> str:
    hosts: dict[str, str] = json.loads((ROOT / "build" / "hosts" / GROUP / "hosts.json").read_text("utf-8"))
    return hosts["partner"]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The zone as the playbook leaves it."""
    file = tmp_path_factory.mktemp("zone") / "own.zone"
    done = playbook("-e", f"dns_zone_file={file}")
    assert done.returncode == 0, done.stdout + done.stderr
    text = file.read_text("utf-8")
    for line in text.splitlines():
        assert line in done.stdout, "what is printed differs from the file"
    return text


@pytest.fixture
def serve(partner: Host, address: str, demo: dict[str, Any]) -> Serve:
    """Serve a zone; nsd-checkzone has to accept it first."""

    def run(zone: str) -> None:
        own = [line for line in zone.splitlines() if not line.startswith(";")]
        reverse = [line.removeprefix(ELSEWHERE) for line in zone.splitlines() if line.startswith(ELSEWHERE)]
        files = {
            "own.zone": "\n".join([*own[:2], HEAD, *own[2:], ""]),
            "reverse.zone": "\n".join(["$ORIGIN in-addr.arpa.", "$TTL 3600", HEAD, *reverse, ""]),
            "nsd.conf": CONF.format(address=address, domain=demo["domain"]),
        }
        for name, text in files.items():
            ssh = ["ssh", "-F", str(ROOT / "build" / "hosts" / GROUP / "ssh_config"), "partner"]
            subprocess.run([*ssh, f"cat >/etc/nsd/{name}"], input=text.encode(), check=True)
        partner.run_expect([0], f"nsd-checkzone {demo['domain']} /etc/nsd/own.zone")
        partner.run_expect([0], "systemctl restart nsd")

    return run


def check(address: str) -> subprocess.CompletedProcess[str]:
    return playbook("-e", "dns_check=true", "-e", json.dumps({"dns_servers": [address]}))


def test_the_printed_zone_satisfies_the_check(serve: Serve, printed: str, address: str) -> None:
    serve(printed)
    done = check(address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The DNS says what it should." in done.stdout


def broken(zone: str, domain: str) -> tuple[str, dict[str, str]]:
    """One record of each kind is broken; name and type, by kind."""
    kept = [line for line in zone.splitlines() if not line.startswith(f"_dmarc.{domain}. ")]
    text = "\n".join(kept).replace("v=spf1 mx -all", "v=spf1 +all")
    text += f"\n{domain}. IN MX 5 backup.congdan.test.\n"
    return text, {
        "missing": f"_dmarc.{domain}. TXT",
        "different": f"{domain}. TXT",
        "surplus": f"{domain}. MX",
    }


def test_every_fault_is_named_at_once(serve: Serve, printed: str, address: str, demo: dict[str, Any]) -> None:
    zone, faults = broken(printed, demo["domain"])
    serve(zone)
    done = check(address)
    said = " ".join(done.stdout.split())
    assert done.returncode == 2
    assert "3 records are not as they should be" in said
    for kind, record in faults.items():
        assert f"{kind}: {record}: expected" in said, said
    assert 'found "v=spf1 +all"' in said


def test_a_server_that_does_not_answer_is_no_clean_zone(partner: Host, address: str) -> None:
    partner.run_expect([0], "systemctl stop nsd")
    done = check(address)
    assert done.returncode == 2
    assert "unanswered" in done.stdout
