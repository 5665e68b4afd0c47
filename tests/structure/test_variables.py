"""A misspelt variable is silently ignored by Ansible. Here it fails: what is set must be declared by some
role, and what a role reads must be declared by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house import (
    ROOT,
    expressions,
    free_names,
    given_names,
    load,
    mappings,
    names_in,
    options,
    roles,
    set_names,
    yaml_files,
)

# Of Ansible itself: how to reach a host, the banner of templates. One by one: a misspelt one fails, too.
CONNECTION = {
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_connection",
    "ansible_python_interpreter",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_ssh_private_key_file",
    "ansible_managed",
    "ansible_become",
}
# Proves that root group_vars arrive and that an environment overrides them; read by no role.
SENTINEL, AT_ROOT = "mail_environment", "shared"
MAGIC = {
    *(
        "ansible_facts",
        "ansible_playbook_python",
        "ansible_managed",
        "ansible_check_mode",
        "ansible_diff_mode",
        "ansible_version",
        "ansible_loop",
    ),
    *(
        "inventory_hostname",
        "inventory_dir",
        "hostvars",
        "groups",
        "group_names",
        "ansible_play_hosts",
        "role_path",
    ),
    *("playbook_dir", "template_path", "item", "omit", "lookup", "query", "now", "policy", "role_name"),
}
BARE = ("when", "failed_when", "changed_when", "until", "that")  # keys that hold expressions without braces


def unknown_variables(tree: Path) -> list[str]:
    declared = {name for role in roles(tree) for name in options(role)}
    return [
        f"{place}: {name} is declared by no role"
        for name, place in sorted(set_names(tree).items())
        if name not in declared | CONNECTION | {SENTINEL}
    ]


def read_names(path: Path) -> set[str]:
    """The variables that a file of a role reads."""
    if path.suffix == ".j2":
        return set(free_names(path.read_text(encoding="utf-8")))
    names = names_in(load(path))
    for entry in mappings(load(path)):
        for key in BARE:
            for expression in expressions(entry.get(key)):
                names |= free_names("{{ " + expression + " }}")
    return names


def undeclared_names(tree: Path) -> list[str]:
    faults = []
    # The one register that roles share: whether packages are still to come, so that a check run stops there.
    packages = {f"__{role.name}_packages" for role in roles(tree)}
    for role in roles(tree):
        files = [path for path in yaml_files(role) if path.parts[-2:] != ("meta", "argument_specs.yml")]
        constants = {name for path in yaml_files(role / "vars") for name in load(path) or {}}
        known = options(role).keys() | constants | packages | MAGIC | CONNECTION
        for path in files:
            known |= given_names(load(path))
        read: set[str] = set()
        for path in [*files, *sorted(role.rglob("*.j2"))]:
            read |= read_names(path)
            faults += [
                f"{path.relative_to(tree)}: reads {name}, which roles/{role.name} does not declare"
                for name in sorted(read_names(path) - known)
            ]
        if "policy" in read and "policy" not in options(role):
            faults.append(f"roles/{role.name}: reads policy without requiring it in argument_specs")
        faults += [
            f"roles/{role.name}: {name} is declared and never read"
            for name in sorted(options(role).keys() - read)
        ]
    return faults


def test_every_variable_that_is_set_belongs_to_a_role() -> None:
    assert unknown_variables(ROOT) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("group_vars/all/misspelt.yml", "mail_domian: snv.binhdinh.test\n"),
        ("inventories/demo/group_vars/all/misspelt.yml", "mail_domian: snv.binhdinh.test\n"),
        ("inventories/demo/host_vars/mail.yml", "mail_domian: snv.binhdinh.test\n"),
        ("inventories/demo/hosts.yml", "mail: {hosts: {mail: {mail_domian: snv.binhdinh.test}}}\n"),
        ("inventories/demo/hosts.yml", "mail: {vars: {ansible_hots: 192.0.2.1}}\n"),
    ],
)
def test_a_misspelt_variable_is_found(tmp_path: Path, file: str, text: str) -> None:
    for folder in ("group_vars", "inventories", "roles"):
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True)
    before = unknown_variables(tmp_path)
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert len(set(unknown_variables(tmp_path)) - set(before)) == 1


def test_every_variable_that_a_role_reads_is_declared() -> None:
    assert undeclared_names(ROOT) == []


SPEC = "argument_specs: {main: {options: {web_port: {default: 443, description: The port.}}}}\n"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("templates/etc/web.conf.j2", "listen {{ web_prot }};\n{{ web_port }}", "reads web_prot"),
        ("templates/etc/web.conf.j2", "{{ mail_domain }} {{ web_port }}", "reads mail_domain"),
        (
            "templates/etc/web.conf.j2",
            "{{ policy['values']['tls.min_version'] }} {{ web_port }}",
            "without requiring it",
        ),
        ("tasks/main.yml", "- name: X\n  x.y.z: {port: '{{ web_port }}'}\n  when: web_on\n", "reads web_on"),
        ("tasks/main.yml", "- name: X\n  x.y.z: {port: 443}\n", "web_port is declared and never read"),
    ],
)
def test_an_undeclared_name_is_found(plant, file: str, text: str, said: str) -> None:
    faults = undeclared_names(plant({"roles/web/meta/argument_specs.yml": SPEC, f"roles/web/{file}": text}))
    assert len(faults) == 1
    assert said in faults[0]


def test_what_a_role_makes_itself_is_no_fault(plant) -> None:
    tasks = """
- name: X
  x.y.z: {port: "{{ web_port }}", me: "{{ inventory_hostname }}"}
  register: __web_thing
- name: Y
  when: __web_thing is changed
  x.y.z: {it: "{{ one }}", loud: "{{ shout | x.y.loud }}"}
  vars: {shout: 1}
  loop: [1]
  loop_control: {loop_var: one}
"""
    tree = plant({"roles/web/meta/argument_specs.yml": SPEC, "roles/web/tasks/main.yml": tasks})
    assert undeclared_names(tree) == []


def ansible(program: str, *arguments: str) -> str:
    """Runs a program of the venv from the root, as an operator does."""
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    settings = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
    environment = {**os.environ, **settings, "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with one host and nothing to say."""
    folder = tmp_path_factory.mktemp("silent")
    (folder / "hosts.yml").write_text("mail_hosts: {hosts: {mail1: {}}}\n", "utf-8")
    return folder


def inventory(environment: Path, host: str) -> str:
    """The sentinel's value as ansible-inventory sees it."""
    shared = str(ROOT / "inventories" / "shared")
    seen = json.loads(ansible("ansible-inventory", "-i", shared, "-i", str(environment), "--host", host))
    return str(seen[SENTINEL])


def playbook(environment: Path, host: str, tmp_path: Path) -> str:
    """The sentinel's value as a playbook sees it; no host is reached for that."""
    task = {"ansible.builtin.debug": {"var": SENTINEL}}
    play = tmp_path / "play.yml"
    play.write_text(json.dumps([{"hosts": host, "gather_facts": False, "tasks": [task]}]), "utf-8")
    shared = str(ROOT / "inventories" / "shared")
    said = ansible("ansible-playbook", "-i", shared, "-i", str(environment), str(play))
    return said.partition(f'"{SENTINEL}": "')[2].partition('"')[0]


def test_root_group_vars_arrive(silent: Path, tmp_path: Path) -> None:
    assert inventory(silent, "mail1") == AT_ROOT
    assert playbook(silent, "mail1", tmp_path) == AT_ROOT


def test_an_environment_overrides_them(tmp_path: Path) -> None:
    demo, production = (ROOT / "inventories" / name for name in ("demo", "production"))
    assert inventory(production, "mail1") == "production"
    assert inventory(demo, "mail") == playbook(demo, "mail", tmp_path) == "demo"


def test_nothing_beats_an_environment() -> None:
    """group_vars beside playbooks would: they are stronger than those of an inventory."""
    assert not (ROOT / "playbooks" / "group_vars").exists()
    assert (ROOT / "inventories" / "shared" / "group_vars").resolve() == ROOT / "group_vars"
