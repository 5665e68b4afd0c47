"""Habits of tasks and templates that ansible-lint does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from house import ROOT, compose, given_names, load, mappings, roles, set_names, task_files, tasks, yaml_files

MANAGED = re.compile(
    r"^(#jinja2:.*\n)?(#!.*\n|<\?(php|xml.*)\n)?\{\{ ansible_managed \| comment(\(.*\))? \}\}"
)
EFFECTS = (
    "Restart",
    "Reload",
    "Apply",
    "Rebuild",
    "Update",
    "Renew",
    "Refresh",
    "Compile",
    "Load",
    "Start",
    "Stop",
)
NEEDS_A_REASON = {"changed_when": {"false", "False", "no"}, "failed_when": {"false", "False", "no"}}


def header_faults(tree: Path) -> list[str]:
    return [
        f"{path.relative_to(tree)}: does not begin with the managed header"
        for path in sorted((tree / "roles").glob("*/templates/**/*"))
        if path.is_file() and not MANAGED.match(path.read_text(encoding="utf-8"))
    ]


def keys(node: yaml.Node | None) -> Iterator[tuple[yaml.MappingNode, yaml.ScalarNode, yaml.Node]]:
    """(mapping, key, value) of every entry in a YAML document, with their lines."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield node, key, value
            yield from keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from keys(value)


def reason_faults(tree: Path) -> list[str]:
    """A shell, or a result that is declared rather than observed, says why beside it or above its task."""
    faults = []
    for path in task_files(tree):
        lines = path.read_text(encoding="utf-8").splitlines()
        for task, key, value in keys(compose(path)):
            name, line = key.value, key.start_mark.line
            place = f"{path.relative_to(tree)}:{line + 1}"
            if name in {"ignore_errors", "ignore_unreachable"}:
                faults.append(f"{place}: {name} hides a failure: say what may fail in failed_when")
            said_so = isinstance(value, yaml.ScalarNode) and value.value in NEEDS_A_REASON.get(name, ())
            a_shell = name in {"ansible.builtin.shell", "ansible.builtin.raw"}
            if not said_so and not a_shell:
                continue
            beside = (lines[line], *(lines[n - 1] for n in (line, task.start_mark.line) if n))
            if not ("#" in beside[0] or any(text.lstrip().startswith("#") for text in beside[1:])):
                faults.append(f"{place}: {name} without a comment that says why")
    return faults


def policy_faults(tree: Path) -> list[str]:
    """`policy` comes from the vars plugin alone; set_fact and register would beat it."""
    places = [str(path.relative_to(tree)) for path in task_files(tree) if "policy" in given_names(load(path))]
    places += [place for name, place in set_names(tree).items() if name == "policy"]
    for role in roles(tree):
        constants = yaml_files(role / "vars", role / "defaults")
        places += [str(path.relative_to(tree)) for path in constants if "policy" in (load(path) or {})]
    return [f"{place}: sets policy" for place in places]


def private_faults(tree: Path) -> list[str]:
    """What a role finds out is its own business: `__role_name`, so that nobody else relies on it."""
    faults = []
    for role in roles(tree):
        for path in yaml_files(role / "tasks", role / "handlers"):
            for task in tasks(load(path)):
                names = {task["register"]} if "register" in task else set()
                names |= (task.get("ansible.builtin.set_fact") or {}).keys() - {"cacheable"}
                faults += [
                    f"{path.relative_to(tree)}: {name} does not begin with __{role.name}_"
                    for name in sorted(names)
                    if not name.startswith(f"__{role.name}_")
                ]
    return faults


def handler_faults(tree: Path) -> list[str]:
    faults = []
    for role in roles(tree):
        handlers = [task for path in yaml_files(role / "handlers") for task in tasks(load(path))]
        names = {str(task.get("name")) for task in handlers} | {
            str(task["listen"]) for task in handlers if "listen" in task
        }
        faults += [
            f"roles/{role.name}: the handler {name!r} is not named by its effect ({', '.join(EFFECTS)} ...)"
            for name in sorted(names)
            if not re.match(rf"({'|'.join(EFFECTS)}) \S", name)
        ]
        called: set[str] = set()
        for path in yaml_files(role / "tasks", role / "handlers"):
            for task in mappings(load(path)):
                notify = task.get("notify") or []
                called |= {notify} if isinstance(notify, str) else set(notify)
        faults += [
            f"roles/{role.name}: notifies {name!r}, which is no handler of it"
            for name in sorted(called - names)
        ]
        faults += [f"roles/{role.name}: nothing notifies {name!r}" for name in sorted(names - called)]
    return faults


def test_every_template_begins_with_the_managed_header() -> None:
    assert header_faults(ROOT) == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("{{ ansible_managed | comment }}\nport = 25\n", 0),
        ("{{ ansible_managed | comment('xml') }}\n<a/>\n", 0),
        ("<?php\n{{ ansible_managed | comment('c') }}\n", 0),
        ("#!/bin/sh\n{{ ansible_managed | comment }}\n", 0),
        ("port = 25\n{{ ansible_managed | comment }}\n", 1),
        ("# Managed by Ansible\n", 1),
    ],
)
def test_a_template_without_the_header_is_found(plant, text: str, faults: int) -> None:
    assert len(header_faults(plant({"roles/web/templates/etc/web.conf.j2": text}))) == faults


def test_what_is_declared_rather_than_observed_has_a_reason() -> None:
    assert reason_faults(ROOT) == []


TASK = "- name: Ask\n  ansible.builtin.command: {argv: [ask]}\n"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (TASK + "  changed_when: false\n", 1),
        (TASK + "  changed_when: false  # asking changes nothing\n", 0),
        (TASK + "  # asking changes nothing\n  changed_when: false\n", 0),
        ("# asking changes nothing\n" + TASK + "  changed_when: false\n", 0),
        (TASK + "  changed_when: __x.rc == 0\n", 0),
        (TASK + "  failed_when: false\n", 1),
        (TASK + "  ignore_errors: true  # whatever\n", 1),
        ("- name: Ask\n  block:\n    - name: X\n      ansible.builtin.shell: a | b\n", 1),
        ("- name: Ask\n  ansible.builtin.shell: a | b  # no module reads a pipe\n", 0),
    ],
)
def test_a_result_without_a_reason_is_found(plant, text: str, faults: int) -> None:
    assert len(reason_faults(plant({"roles/web/tasks/main.yml": text}))) == faults


def test_nothing_but_the_vars_plugin_sets_policy() -> None:
    assert policy_faults(ROOT) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("roles/web/tasks/main.yml", TASK + "  register: policy\n"),
        ("roles/web/tasks/main.yml", "- name: X\n  ansible.builtin.set_fact: {policy: {}}\n"),
        (
            "roles/web/tasks/main.yml",
            "- name: X\n  ansible.builtin.include_vars: {file: x.yml, name: policy}\n",
        ),
        ("roles/web/tasks/main.yml", TASK + "  vars: {policy: {}}\n"),
        ("playbooks/x.yml", "- hosts: mail\n  vars: {policy: {}}\n"),
        ("group_vars/all/x.yml", "policy: {}\n"),
        ("roles/web/defaults/main.yml", "policy: {}\n"),
    ],
)
def test_a_second_policy_is_found(plant, file: str, text: str) -> None:
    assert len(policy_faults(plant({"roles/web/README.md": "", file: text}))) == 1


def test_what_roles_find_out_is_private() -> None:
    assert private_faults(ROOT) == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (TASK + "  register: __web_answer\n", 0),
        (TASK + "  register: web_answer\n", 1),
        (TASK + "  register: __other_answer\n", 1),
        ("- name: X\n  ansible.builtin.set_fact: {__web_a: 1, web_b: 2, cacheable: true}\n", 1),
    ],
)
def test_a_public_finding_is_found(plant, text: str, faults: int) -> None:
    block = "- block:\n" + "".join(f"    {line}\n" for line in text.splitlines())
    assert len(private_faults(plant({"roles/web/tasks/main.yml": block}))) == faults


def test_handlers_are_named_by_their_effect_and_called() -> None:
    assert handler_faults(ROOT) == []


@pytest.mark.parametrize(
    ("handler", "notify", "faults"),
    [
        ("Reload nginx", "Reload nginx", 0),
        ("Reload nginx", "Reload Nginx", 2),
        ("nginx changed", "nginx changed", 1),
    ],
)
def test_a_handler_that_is_misnamed_or_never_called_is_found(
    plant, handler: str, notify: str, faults: int
) -> None:
    tree = plant(
        {
            "roles/web/handlers/main.yml": f"- name: {handler}\n  x.y.z: {{}}\n",
            "roles/web/tasks/main.yml": f"- block:\n    - name: Y\n      x.y: {{}}\n      notify: {notify}\n",
        }
    )
    assert len(handler_faults(tree)) == faults
