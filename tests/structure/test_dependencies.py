"""Every dependency is locked, used and explained in docs/develop/dependencies.md; no row outlives its use."""

from __future__ import annotations

import importlib.metadata
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from house import ROOT, collections_used, load, roles, tasks, yaml_files
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

# By the package's own record: once a test has loaded Ansible's plugins, the module of that name is another.
INSTALLED = Path(str(importlib.metadata.distribution("ansible").locate_file("ansible_collections")))


def installed_version(collection: str) -> str | None:
    """The version of a collection that the locked PyPI package `ansible` carries."""
    manifest = INSTALLED.joinpath(*collection.split("."), "MANIFEST.json")
    if not manifest.exists():
        return None
    return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])


def collection_faults(tree: Path) -> list[str]:
    path = tree / "requirements.yml"
    wanted = {str(row["name"]): str(row["version"]) for row in (load(path) or {}).get("collections", [])}
    used = collections_used(tree)
    faults = [
        f"{used[name]}: uses {name}, which requirements.yml does not name"
        for name in sorted(used.keys() - wanted)
    ]
    for name, versions in sorted(wanted.items()):
        if name not in used:
            faults.append(f"requirements.yml: nothing uses {name}")
        if installed_version(name) not in SpecifierSet(versions):
            faults.append(
                f"requirements.yml: {name} {versions}, but ansible carries {installed_version(name)}"
            )
    return faults


def requirements(tree: Path) -> dict[str, Requirement]:
    """What pyproject.toml asks for, by canonical name."""
    project = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    wanted = [
        Requirement(text)
        for text in (*project["dependencies"], *(t for part in extras.values() for t in part))
    ]
    return {canonicalize_name(requirement.name): requirement for requirement in wanted}


def lock_faults(tree: Path) -> list[str]:
    text = (tree / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text)
    locked: dict[str, str] = {}
    faults = []
    for entry in entries:
        pinned = re.match(r"([\w.-]+)(?:\[.*\])?==([^\s;]+)", entry)
        if pinned:
            locked[canonicalize_name(pinned[1])] = pinned[2]
            if "--hash=sha256:" not in entry:
                faults.append(f"requirements.lock: {pinned[1]} has no hash")
    if re.search(r"https?://|--(extra-)?index-url|--find-links|file:", text):
        faults.append("requirements.lock: holds an address")
    for name, requirement in sorted(requirements(tree).items()):
        if name not in locked:
            faults.append(f"requirements.lock: {name} is missing")
        elif locked[name] not in requirement.specifier:
            faults.append(f"requirements.lock: {name} {locked[name]} is not {requirement.specifier}")
    return faults


def role_packages(tree: Path) -> set[str]:
    """The Debian packages that roles install by name."""
    found: set[str] = set()
    for role in roles(tree):
        settings: dict[str, Any] = {}
        for path in yaml_files(role / "defaults", role / "vars"):
            settings |= load(path) or {}
        for path in yaml_files(role / "tasks"):
            for task in tasks(load(path)):
                names = (task.get("ansible.builtin.apt") or {}).get("name") or []
                names = settings.get(re.sub(r"\W", "", names), names) if isinstance(names, str) else names
                listed = [names] if isinstance(names, str) else names
                found |= {re.split(r"[= ]", str(name))[0] for name in listed if "{" not in str(name)}
    return found


def other_packages(tree: Path) -> set[str]:
    """Those that our own package depends on, and the tools that `make` brings."""
    found: set[str] = set()
    control = tree / "packaging" / "debian" / "control"
    if control.exists():
        depends = re.search(r"^Depends:(.*(?:\n .*)*)", control.read_text(encoding="utf-8"), re.M)
        found |= {name.split()[0] for name in (depends[1] if depends else "").split(",") if name.strip()}
    if (tree / "Makefile").exists():
        text = (tree / "Makefile").read_text(encoding="utf-8")
        tools = re.search(r"^TOOLS := ((?:.*\\\n)*.*)", text, re.M)
        found |= set(re.findall(r"\S+:(\S+)", tools[1] if tools else ""))
        found |= set(re.findall(r"--no-install-recommends ([a-z][a-z0-9.+-]+)", text))
        found |= set(re.findall(r"missing\+=\(([a-z][a-z0-9.+-]+)\)", text))
    return found


def rows(tree: Path) -> set[str]:
    """The names in the first column of the tables of dependencies.md; a row may have several."""
    text = (tree / "docs" / "develop" / "dependencies.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def row_faults(tree: Path) -> list[str]:
    collections = {str(row["name"]) for row in (load(tree / "requirements.yml") or {}).get("collections", [])}
    libraries = {requirement.name for requirement in requirements(tree).values()}
    needed = libraries | collections | role_packages(tree) | other_packages(tree)
    faults = [f"docs/develop/dependencies.md: no row for {name}" for name in sorted(needed - rows(tree))]
    return faults + [
        f"docs/develop/dependencies.md: nothing asks for {name}" for name in sorted(rows(tree) - needed)
    ]


def test_collections_hold_together_with_the_locked_package() -> None:
    assert collection_faults(ROOT) == []


def test_the_lock_fits_pyproject() -> None:
    assert lock_faults(ROOT) == []


def test_the_lock_is_what_is_installed() -> None:
    locked = re.search(r"^ansible==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    assert locked
    assert importlib.metadata.version("ansible") == locked[1]


def test_every_dependency_has_its_row() -> None:
    assert row_faults(ROOT) == []


USES = "- name: X\n  ansible.posix.sysctl: {}\n- name: Y\n  ansible.builtin.apt: {name: [nginx, curl]}\n"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ([("ansible.posix", ">=2.0,<3")], None),
        ([("ansible.posix", ">=1.0,<2")], "but ansible carries"),
        ([("ansible.posix", ">=2.0,<3"), ("community.general", ">=1")], "nothing uses community.general"),
        ([], "uses ansible.posix, which requirements.yml does not name"),
    ],
)
def test_collections_that_do_not_fit_are_found(
    plant, wanted: list[tuple[str, str]], said: str | None
) -> None:
    listed = json.dumps({"collections": [{"name": name, "version": version} for name, version in wanted]})
    faults = collection_faults(plant({"requirements.yml": listed, "roles/web/tasks/main.yml": USES}))
    assert len(faults) == (said is not None)
    assert said is None or said in faults[0]


PROJECT = "[project]\ndependencies = ['flask>=3']\n"


@pytest.mark.parametrize(
    ("lock", "faults"),
    [
        ("flask==3.1.3 \\\n    --hash=sha256:00\n", 0),
        ("flask==3.1.3\n", 1),
        ("flask==2.0 \\\n    --hash=sha256:00\n", 1),
        ("jinja2==3.1 \\\n    --hash=sha256:00\n", 1),
        ("--index-url https://example.org\nflask==3.1.3 \\\n    --hash=sha256:00\n", 1),
    ],
)
def test_a_lock_that_does_not_fit_is_found(plant, lock: str, faults: int) -> None:
    assert len(lock_faults(plant({"pyproject.toml": PROJECT, "requirements.lock": lock}))) == faults


def test_a_missing_and_a_needless_row_are_found(plant) -> None:
    table = "| name | what for |\n|---|---|\n| `flask`, `nginx` | pages |\n| `django` | nothing |\n"
    tree = plant(
        {
            "pyproject.toml": PROJECT,
            "requirements.yml": "collections: []\n",
            "roles/web/tasks/main.yml": USES,
            "packaging/debian/control": "Package: x\nDepends: python3 (>= 3.13),\n tzdata\nDescription: x\n",
            "Makefile": "TOOLS := podman:podman \\\n  ssh:openssh-client\n",
            "docs/develop/dependencies.md": table,
        }
    )
    assert row_faults(tree) == [
        "docs/develop/dependencies.md: no row for curl",
        "docs/develop/dependencies.md: no row for openssh-client",
        "docs/develop/dependencies.md: no row for podman",
        "docs/develop/dependencies.md: no row for python3",
        "docs/develop/dependencies.md: no row for tzdata",
        "docs/develop/dependencies.md: nothing asks for django",
    ]
