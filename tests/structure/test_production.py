"""inventories/production is an example that works: with a vault of one's own, and people that load."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from house import ROOT

from congvu import accounts

PRODUCTION = ROOT / "inventories" / "production"
FILES = ("organisation.yml", "people.csv", "absences.csv")
VAULT = "inventories/production/group_vars/mail_hosts/vault.yml"


def ansible(tree: Path, program: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of the venv in a copy of the repository, as an operator does."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(tree / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **more}
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what an inventory needs, with the example's secrets encrypted as its comments say."""
    for name in ("inventories", "group_vars", "plugins", "policy"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True)
    shutil.copy(ROOT / "ansible.cfg", tmp_path)
    (tmp_path / "password").write_text("only-for-this-test\n", "utf-8")
    example = "inventories/production/vault.yml.example"
    given = ("--vault-password-file", "password", "--output", VAULT, example)
    assert ansible(tmp_path, "ansible-vault", "encrypt", *given).returncode == 0
    return tmp_path


def test_the_example_loads_with_its_password(tree: Path) -> None:
    secrets = yaml.safe_load((PRODUCTION / "vault.yml.example").read_text("utf-8"))
    assert (tree / VAULT).read_text("utf-8").startswith("$ANSIBLE_VAULT;1.1;AES256")
    for given in ({}, {"ANSIBLE_VAULT_PASSWORD_FILE": "password"}):
        arguments = () if given else ("--vault-password-file", "password")
        done = ansible(tree, "ansible-inventory", "--host", "mail1", *arguments, **given)
        assert done.returncode == 0, done.stderr
        assert secrets.items() <= json.loads(done.stdout).items()


def test_a_forgotten_password_is_said_clearly_and_stops_everything(tree: Path) -> None:
    done = ansible(tree, "ansible-inventory", "--host", "mail1")
    assert done.returncode != 0
    assert "no vault secrets" in done.stderr
    assert done.stdout == ""


def test_no_secret_of_the_example_lies_open() -> None:
    """The example is the only file with such names, and it says of itself that it is none."""
    example = (PRODUCTION / "vault.yml.example").read_text("utf-8")
    assert all("no-secret" in str(value) for value in yaml.safe_load(example).values())
    assert not (ROOT / VAULT).exists()


def test_the_example_organisation_is_sound() -> None:
    files = [(PRODUCTION / "files" / name).read_bytes() for name in FILES]
    asked = accounts.read(files, "snv.example.vn")
    wanted = accounts.plan(accounts.Directory(accounts.Organisation("snv.example.vn")), asked).wanted
    assert len(wanted.people) == 4
    assert "vp@snv.example.vn" in wanted.boxes
