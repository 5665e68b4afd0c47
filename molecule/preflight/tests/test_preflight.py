"""Faults under the playbook that operators run, on real hosts: each is told by its sentence, nothing changes.

Each fault has a name of its own in the inventory; all names but one are the same host, so one run tells all.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import testinfra

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "unit"))

from certificates import DAY, Issued, issue  # noqa: E402

NOW = datetime.now(UTC)
NAME = "mail.snv.binhdinh.test"
# An inventory of this depth finds what the demo's finds.
INVENTORY = ROOT / "build" / "preflight"
SEEN = "/run/before-preflight"


def certificate(
    leaf: Issued, *others: Issued, key: Issued | None = None, first: bool = True
) -> dict[str, str]:
    chain = [leaf.pem, *(each.pem for each in others)]
    return {"chain": "".join(chain if first else reversed(chain)), "key": (key or leaf).key_pem()}


def certificates() -> dict[str, tuple[dict[str, str], str]]:
    """Name of a host -> its chain and key, and what has to be said of them."""
    top = issue("Authority", ends=NOW + 99 * DAY)
    middle = issue("Issuer", top, ends=NOW + 99 * DAY)
    leaf, other = issue(NAME, middle, ends=NOW + DAY), issue("mail.elsewhere.test", middle, ends=NOW + DAY)
    old = issue(NAME, middle, NOW - 9 * DAY, NOW - DAY)
    early = issue(NAME, middle, NOW + DAY, NOW + 9 * DAY)
    return {
        "expired": (certificate(old, middle), "has expired: certificate 1 was valid until"),
        "early": (certificate(early, middle), "is not valid yet: certificate 1 begins on"),
        "stranger": (certificate(leaf, middle, key=other), "does not belong to the certificate in"),
        "elsewhere": (certificate(other, middle), f"is for mail.elsewhere.test, and not for {NAME}"),
        "reversed": (certificate(leaf, middle, first=False), "holds the host's certificate as number 2"),
        "mixed": (
            certificate(leaf, top),
            "is out of order: certificate 1 was not issued by the one after it",
        ),
        "rubbish": ({"chain": "rubbish", "key": leaf.key_pem()}, "holds no certificates in PEM"),
    }


# Name of a host -> what its inventory says, and what has to be said of that
VARIABLES: dict[str, tuple[dict[str, Any], str]] = {
    "nameless": ({"mail_domain": ""}, "mail_domain: is missing"),
    "blank": ({"mail_organisation": None, "mail_office_networks": None}, "mail_organisation: names no organ"),
    "copied": ({"mail_domain": "snv.example.vn"}, 'mail_domain: "snv.example.vn" is a placeholder'),
    "short": ({"mail_hostname": "mail"}, 'mail_hostname: "mail" is no full name in the DNS'),
    "foreign": ({"mail_hostname": "mail.daklak.test"}, '"mail.daklak.test" is no host of binhdinh.test'),
    "masked": ({"mail_office_networks": ["10.1.2.3/8"]}, 'mail_office_networks: "10.1.2.3/8" is no network'),
    "small": ({"preflight_memory_mb": 9_000_000}, "is less than 9000000 MiB (preflight_memory_mb)"),
    "full": ({"preflight_disk_mb": 900_000_000}, "is less than 900000000 MiB (preflight_disk_mb)"),
    "absent": ({"certificates_chain_file": "/nowhere.pem"}, '"/nowhere.pem" cannot be read'),
    "unpacked": ({"package_file": "/nowhere.deb"}, 'package_file: "/nowhere.deb" is no file here'),
}


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    """Writes the inventory; name of a host -> what has to be said of it."""
    shutil.rmtree(INVENTORY, ignore_errors=True)
    INVENTORY.mkdir(parents=True)
    (INVENTORY / "group_vars").symlink_to(ROOT / "inventories" / "demo" / "group_vars")
    hosts: dict[str, dict[str, Any]] = {name: given for name, (given, _) in VARIABLES.items()}
    said = {name: words for name, (_, words) in VARIABLES.items()}
    for name, (files, words) in certificates().items():
        hosts[name], said[name] = {}, words
        for part, text in files.items():
            path = INVENTORY / f"{name}-{part}.pem"
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
            hosts[name][f"certificates_{part}_file"] = str(path)
    web = {name: {**given, "ansible_host": "mail"} for name, given in hosts.items()} | {"partner": {}}
    groups = {
        "mail_web": {"hosts": web},
        "mail_directory": {"hosts": {"mail": {}}},
        "mail_store": {"hosts": {"mail": {}}},
    }
    inventory = {"mail_hosts": {"children": groups}}
    (INVENTORY / "hosts.yml").write_text(json.dumps(inventory), encoding="utf-8")
    return said


@pytest.fixture(scope="module")
def hosts(request: pytest.FixtureRequest) -> Iterator[list[Any]]:
    """The mail host, and the other, which is Debian 12 for a while and has a web server of its own."""
    config = request.config.getoption("ssh_config")
    mail, partner = (testinfra.get_host(f"ssh://{name}", ssh_config=config) for name in ("mail", "partner"))
    partner.run_expect([0], "cp /usr/lib/os-release /etc/debian_version /run/")
    partner.run_expect([0], "sed -i s/13/12/ /usr/lib/os-release /etc/debian_version")
    partner.run_expect([0], "systemd-run --unit=stranger python3 -m http.server --directory /run/lock 80")
    for host in (mail, partner):
        host.run_expect([0], f"touch {SEEN}")
    yield [mail, partner]
    partner.run_expect([0], "systemctl stop stranger")
    partner.run_expect([0], "cp /run/os-release /usr/lib/ && cp /run/debian_version /etc/")


def changed(host: Any) -> str:
    """Files of the system that are newer than the mark."""
    places = "/etc /usr /opt /boot /root/.ssh /var/lib/dpkg /var/lib/congvu"
    return str(host.run(f"find {places} -newer {SEEN} -type f 2>/dev/null").stdout)


def test_every_fault_of_every_host_is_told_and_nothing_changes(
    ansible: Callable[..., Any], expected: dict[str, str], hosts: list[Any]
) -> None:
    inventory = ("-i", "inventories/shared", "-i", str(INVENTORY))
    forks = ("--forks", "5")  # so many names for one host: sshd would turn some of them away
    done = ansible("ansible-playbook", *inventory, *forks, "playbooks/site.yml")
    assert done.returncode == 2, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Prepare every host" not in done.stdout
    assert done.stdout.count("changed=0") == len(expected) + 3  # and mail, partner, localhost
    lines = [line.strip() for line in done.stdout.splitlines()]
    for name, words in expected.items():
        mine = {line for line in lines if line.startswith(f"{name}, ")}
        assert [line for line in mine if words in line], (name, words, mine)
        # beside it the group without hosts; and a certificate is never for a wrong mail_hostname
        assert len(mine) == (3 if words.startswith(("mail_hostname", '"mail.')) else 2), mine
    assert 'mail, inventory: "mail_edge" is a group without hosts; name a host for it in hosts.yml' in lines
    assert any(
        line.startswith('partner, system: "Debian 12') and "install Debian 13" in line for line in lines
    )
    assert any('partner, port: "80" is taken by python3 (process ' in line for line in lines)
    assert [changed(host) for host in hosts] == ["", ""]


@pytest.mark.parametrize("mode", [(), ("--check",), ("--tags", "no-such-tag")], ids=["run", "check", "tags"])
def test_one_host_at_fault_keeps_the_others_from_being_changed(
    ansible: Callable[..., Any], hosts: list[Any], mode: tuple[str, ...]
) -> None:
    inventory = ("-i", "inventories/shared", "-i", "inventories/demo")
    groups = {"mail_hosts": {"children": {"mail_web": {"hosts": {"partner": {}}}}}}
    INVENTORY.mkdir(parents=True, exist_ok=True)
    extra = INVENTORY / "second.json"
    extra.write_text(json.dumps(groups), encoding="utf-8")
    done = ansible("ansible-playbook", *inventory, "-i", str(extra), "playbooks/site.yml", *mode)
    assert done.returncode == 2
    assert "mail, " not in done.stdout.replace("mail, partner", "")
    assert "Prepare every host" not in done.stdout
    assert [changed(host) for host in hosts] == ["", ""]


def test_an_inventory_without_hosts_is_refused(ansible: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("mail_hosts: {}\n", encoding="utf-8")
    done = ansible("ansible-playbook", "-i", "inventories/shared", "-i", str(tmp_path), "playbooks/site.yml")
    assert done.returncode == 2
    assert "The inventory names no mail host" in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("ansible-playbook", "playbooks/site.yml"),
        ("ansible-playbook", "playbooks/site.yml", "--check", "--tags", "no-such-tag"),
        ("ansible-playbook", "playbooks/site.yml", "--start-at-task", "Install the base packages"),
        ("ansible", "mail", "-m", "ping"),
    ],
    ids=["playbook", "tags", "start-at-task", "ad hoc"],
)
def test_a_value_out_of_bounds_stops_everything(
    ansible: Callable[..., Any], tmp_path: Path, hosts: list[Any], command: tuple[str, ...]
) -> None:
    policy = shutil.copytree(ROOT / "policy", tmp_path / "policy")
    (policy / "profiles" / "demo.yml").unlink()  # then the demo takes what everybody takes
    profile = policy / "profiles" / "default.yml"
    values = "values:\n  password.min_length: 7\n  rotation.expire_months: 12\n"
    profile.write_text(profile.read_text(encoding="utf-8") + values, encoding="utf-8")
    done = ansible(*command, CONGVU_POLICY_DIR=str(policy))
    assert done.returncode == 4
    assert "default.yml:5: password.min_length: 7 is out of bounds" in done.stderr
    assert "default.yml:6: rotation.expire_months: 12 is out of bounds" in done.stderr
    assert "TASK" not in done.stdout
    assert changed(hosts[0]) == ""
