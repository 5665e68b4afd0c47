"""A newcomer follows README.md, "The first production host", and the controller's part of docs/operate.

In a copy of the repository, with the example's values replaced by those of a bare test host; every command is
run as it stands there, in its order.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests" / "structure"))
from documents import Block, blocks, operated  # noqa: E402  (it reads documents for tests/structure, too)

GROUP = os.environ.get("CONGVU_HOSTS", "demo")
HOSTS = ROOT / "build" / "hosts" / GROUP
TESTHOST = str(ROOT / "molecule" / "hosts" / "testhost")
# README.vi.md has the same commands (tests/structure).
BLOCKS = [
    block
    for path in operated(ROOT)
    if path.name != "README.vi.md"
    for block in blocks(path, ROOT)
    if not block.by_hand and (block.where == "controller" or path.parent == ROOT)
]


def replace(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, f"{path}: the example no longer holds {old}"
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def adapt(production: Path, address: str) -> None:
    """Put in one's own values, for a closed network with an authority and names of one's own."""
    network = str(ipaddress.ip_network(f"{address}/24", strict=False))
    reach = f'ansible_host: fresh, ansible_user: root, ansible_ssh_common_args: "-F {HOSTS / "ssh_config"}"'
    replace(production / "hosts.yml", ("ansible_host: mail.snv.example.vn, ansible_user: root", reach))
    replace(
        production / "group_vars" / "all.yml",
        ("203.0.113.0/24", network),
        ("snv.example.vn", "snv.langson.test"),
        ("tỉnh Ví Dụ", "tỉnh Lạng Sơn"),
    )
    signatures = ROOT / "inventories" / "demo" / "signatures"
    main = production / "group_vars" / "mail_hosts" / "main.yml"
    with main.open("a", encoding="utf-8") as file:
        file.write(yaml.safe_dump({"base_resolver_records": [
            "snv.langson.test. IN MX 10 mail.snv.langson.test.",
            'snv.langson.test. IN TXT "v=spf1 mx -all"',
            f"mail.snv.langson.test. IN A {address}",
        ]}))  # fmt: skip
    replace(
        main,
        ('certificates_chain_file: "{{ inventory_dir }}/files/chain.pem"\n', ""),
        ('certificates_key_file: "{{ inventory_dir }}/files/key.pem"\n', ""),
        ("# certificates_", "certificates_"),
        ("203.0.113.0/28", network),
        ("[niemphong@thanhtra.example.vn]", "[]"),  # nobody is there
        ("# mail_internet", "mail_internet"),
        ("# base_", "base_"),
        ("203.0.113.53", f"{address.rpartition('.')[0]}.1"),
        ("# clamav_", "clamav_"),
        ("{{ inventory_dir }}/files/main.cvd", f"{signatures}/eicar.hdb"),
        ("{{ inventory_dir }}/files/daily.cvd", f"{signatures}/eicar.ndb"),
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The repository as a fresh clone gives it, with the present changes, and a bare host to go with it."""
    subprocess.run([TESTHOST, "up", "fresh"], check=True)
    target = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_symlink() or (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)
    adapt(
        target / "inventories" / "production", json.loads((HOSTS / "hosts.json").read_text("utf-8"))["fresh"]
    )
    yield target
    # the stories after this one need the memory; the group's end removes what is left
    subprocess.run([TESTHOST, "exec", "fresh", "systemctl", "poweroff"], check=False)


@pytest.fixture(scope="module")
def environment(copy: Path) -> dict[str, str]:
    """A new shell with the copy's venv active; nothing that Molecule or this venv set."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(
            ("ANSIBLE_", "MOLECULE_", "CONGVU_", "VIRTUAL_ENV", "PYTEST_", "MAKE", "MFLAGS")
        )
    }
    return {**kept, "PATH": f"{copy / '.venv' / 'bin'}:{kept['PATH']}", "ANSIBLE_NOCOLOR": "1"}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_a_block_does_what_it_says(block: Block, copy: Path, environment: dict[str, str]) -> None:
    shell = ["bash", "-e"] if block.where == "controller" else [TESTHOST, "exec", "fresh", "bash", "-e"]
    where = {**environment, "CONGVU_HOSTS": GROUP} if block.where == "host" else environment
    done = subprocess.run(
        shell, input=block.commands, cwd=copy, env=where, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    # 3: a host that was never audited needs attention, and says so
    assert done.returncode in ((0, 3) if "congvu status" in block.commands else (0,)), said[-6000:]
    if block.place.startswith("docs/operate/converge.md"):
        assert "mail1: nothing changed" in said
