"""A second edge or store is an inventory change (design.md section 5): a role reaches another group's service
by a `mail_*` endpoint, never by an address or a socket that is right only while one host is in all groups."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from house import ROOT, code_lines, load, roles, tasks, yaml_files

# What stands for "this host", and the group whose service is meant: its roles know their own sockets.
# None: no group's; whoever listens on or calls a loopback address says in OWN what is there.
TRACES = {
    r"/run/postgresql|\.s\.PGSQL": "mail_directory",
    r"/run/congvu-password": "mail_directory",
    r"/run/dovecot|private/(?:dovecot-lmtp|auth|quota-status)\b": "mail_store",
    r"/run/redis|/run/clamav|/run/rspamd|/spool/postfix|:1133\d\b": "mail_edge",
    r"/run/congvu-web|/run/php": "mail_web",
    r"\b127\.\d+\.\d+\.\d+|\blocalhost\b|(?<![\w:])::1\b": None,
}
# Places that name this host and are right: (role, file, trace) -> why it is the role's own.
UNBOUND = "etc/unbound/unbound.conf.d/congvu.conf.j2"
OWN: dict[tuple[str, str, str], str] = {
    # Every host has a resolver of its own (base): the only service that is meant to be on whatever host asks.
    ("base", "templates/etc/resolv.conf.j2", "127.0.0.1"): "asks the host's own resolver",
    ("base", f"templates/{UNBOUND}", "127.0.0.1"): "the host's own resolver listens",
    ("base", f"templates/{UNBOUND}", "::1"): "the host's own resolver listens",
    ("base", f"templates/{UNBOUND}", "127.0.0.0"): "the host's own resolver answers the host alone",
    ("rspamd", "defaults/main.yml", "127.0.0.1"): "asks the host's own resolver",
    # Ranges that mean "the host itself", not a service on it.
    ("hardening", "templates/etc/fail2ban/jail.d/congvu.conf.j2", "127.0.0.0"): "never bans the host itself",
    ("hardening", "templates/etc/fail2ban/jail.d/congvu.conf.j2", "::1"): "never bans the host itself",
    ("postfix", "templates/etc/postfix/main.cf.j2", "127.0.0.0"): "mynetworks: no greeting pause for itself",
    ("postfix", "templates/etc/postfix/main.cf.j2", "::1"): "mynetworks: no greeting pause for itself",
    ("rspamd", "templates/etc/rspamd/rspamd.conf.j2", "127.0.0.0"): "takes only the host itself for local",
    ("rspamd", "templates/etc/rspamd/rspamd.conf.j2", "::1"): "takes only the host itself for local",
    # Not a host of ours at all.
    ("backup", "tasks/restore.yml", "localhost"): "the controller, where the escrow's key is",
    ("accounts", "tasks/main.yml", "localhost"): "the controller, which keeps a copy of issued passwords",
    ("dns", "tasks/main.yml", "localhost"): "the controller, which keeps the zone as a file",
    ("audit", "tasks/main.yml", "localhost"): "the controller, which observes the host from outside",
    ("audit", "tasks/seals.yml", "localhost"): "the controller, where the seals are out of the host's reach",
    # As the store's own Sieve does, which answers by the host's sendmail, too.
    (
        "canary",
        "templates/etc/systemd/system/congvu-canary.service.j2",
        "/spool/postfix",
    ): "the store hands mail over by the host's sendmail, whichever server that leads to",
    # mail_store_* may name sockets relative to Postfix's queue: that is where, when both are on one host.
    (
        "dovecot",
        "defaults/main.yml",
        "/spool/postfix",
    ): "the embedded case; with two hosts the endpoints are TCP",
    # A URL needs a host's name, also where the way is a Unix socket.
    ("roundcube", "files/plugins/congvu/congvu.php", "localhost"): "a name for HTTP over a Unix socket",
    # What is saved is bound to its group by the table there.
    ("backup", "vars/main.yml", "/spool/postfix"): "the queue, on hosts of mail_edge",
    # A sandbox belongs to its unit, wherever that runs; the table there binds each unit to its group.
    ("hardening", "vars/main.yml", "/run/redis"): "the sandbox of Redis, on hosts of mail_edge",
}


def owners(*playbooks: Path) -> dict[str, set[str]]:
    """Role -> the groups to whose hosts the playbooks bind it."""
    bound: dict[str, set[str]] = {}
    for path in playbooks:
        for play in (entry for entry in load(path) or [] if "hosts" in entry):
            named = [
                *(play.get("roles") or []),
                *(call for task in tasks(play.get("tasks")) for call in calls(task)),
            ]
            for role in named:
                name = role if isinstance(role, str) else role.get("role", role.get("name"))
                bound.setdefault(name, set()).update(re.split(r"[:,]", str(play["hosts"])))
    return bound


def calls(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The role that a task calls, if it is one that does."""
    return [
        task[key] for key in ("ansible.builtin.import_role", "ansible.builtin.include_role") if key in task
    ]


def traces(tree: Path) -> list[tuple[str, str, str, int, str | None]]:
    """(role, file in it, trace, line, group whose service it means) of all that stands for this host."""
    found = []
    for role in roles(tree):
        for part in ("tasks", "handlers", "templates", "defaults", "vars", "files"):
            for path in sorted(p for p in (role / part).rglob("*") if p.is_file()):
                name = str(path.relative_to(role))
                for line, text in code_lines(path):
                    for trace, group in TRACES.items():
                        found += [(role.name, name, hit[0], line, group) for hit in re.finditer(trace, text)]
    return found


def seam_faults(tree: Path, own: dict[tuple[str, str, str], str]) -> list[str]:
    bound = owners(tree / "playbooks" / "site.yml")
    faults = []
    seen = set()
    for role, name, trace, line, group in traces(tree):
        seen.add((role, name, trace))
        if (role, name, trace) in own or (group and bound.get(role) == {group}):
            continue
        whose = f"is {group}'s" if group else "assumes that the service is on this host"
        faults.append(
            f"roles/{role}/{name}:{line}: {trace} {whose}:"
            " take a mail_* endpoint, or say in OWN why it is right"
        )
    faults += [f"OWN: {entry} is no longer there" for entry in own if entry not in seen]
    return faults


def unbound_roles(tree: Path) -> list[str]:
    bound = owners(*yaml_files(tree / "playbooks"))
    return [f"roles/{role.name}: no playbook uses it" for role in roles(tree) if role.name not in bound]


def test_no_role_assumes_that_another_groups_host_is_its_own() -> None:
    assert seam_faults(ROOT, OWN) == []


def test_every_role_is_bound_to_a_group() -> None:
    assert unbound_roles(ROOT) == []


def test_the_site_is_bound_to_groups() -> None:
    """A host's name in a playbook would be an inventory's business."""
    groups = {"mail_hosts", "mail_directory", "mail_edge", "mail_store", "mail_web"}
    strangers = set().union(*owners(ROOT / "playbooks" / "site.yml").values()) - groups
    assert strangers == set()


def test_a_role_that_no_play_uses_is_found(plant) -> None:
    tree = plant({"playbooks/site.yml": SITE, "roles/edge/README.md": "", "roles/spare/README.md": ""})
    assert unbound_roles(tree) == ["roles/spare: no playbook uses it"]


SITE = "- hosts: mail_store\n  roles: [store]\n- hosts: mail_edge\n  roles: [{role: edge}]\n"


@pytest.mark.parametrize(
    ("file", "text", "faults"),
    [
        ("roles/edge/templates/a.j2", "lmtp = unix:private/dovecot-lmtp\n", 1),
        ("roles/edge/templates/a.j2", "hosts = /run/postgresql\n", 1),
        ("roles/edge/defaults/main.yml", "edge_milter: inet:127.0.0.1:11332\n", 2),
        ("roles/edge/tasks/main.yml", "- name: X\n  x.y.z: {host: '::1'}\n", 1),
        ("roles/edge/templates/a.j2", "lmtp = {{ mail_store_lmtp }}\n# not localhost\n", 0),
        ("roles/store/templates/a.j2", "path = /run/dovecot/stats\n", 0),
        ("roles/store/templates/a.j2", "host = localhost\n", 1),
    ],
)
def test_an_assumption_is_found(plant, file: str, text: str, faults: int) -> None:
    tree = plant({"playbooks/site.yml": SITE, "roles/edge/README.md": "", file: text})
    edge = [
        fault for fault in seam_faults(tree, {}) if "11332" not in fault
    ]  # its own port, on an address that is not
    assert len(edge) == min(faults, 1)


def test_an_exception_holds_only_while_it_is_needed(plant) -> None:
    tree = plant({"playbooks/site.yml": SITE, "roles/edge/files/a": "localhost\n"})
    assert seam_faults(tree, {("edge", "files/a", "localhost"): "its own"}) == []
    assert len(seam_faults(tree, {("edge", "files/b", "localhost"): "its own"})) == 2
