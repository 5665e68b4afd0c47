"""The shape of a role: a documented, validated surface, and the same defaults in both of its places."""

from __future__ import annotations

from pathlib import Path

import pytest
from house import ROOT, load, options, roles
from role_readmes import readme, stale

SHARED = ("mail_", "policy")  # declared as required by whoever uses them, set in group_vars


def role_faults(tree: Path) -> list[str]:
    faults = []
    for role in roles(tree):
        for needed in ("meta/argument_specs.yml", "README.md", "tasks/main.yml"):
            if not (role / needed).exists():
                faults.append(f"roles/{role.name}: {needed} is missing")
        declared = options(role)
        path = role / "defaults" / "main.yml"
        defaults = (load(path) or {}) if path.exists() else {}
        documented = {name: spec["default"] for name, spec in declared.items() if "default" in spec}
        faults += [
            f"roles/{role.name}: {name} is {documented.get(name)!r} in argument_specs,"
            f" {defaults.get(name)!r} in defaults"
            for name in sorted(documented.keys() | defaults.keys())
            if (name in documented, documented.get(name)) != (name in defaults, defaults.get(name))
        ]
        for name, spec in declared.items():
            place = f"roles/{role.name}: {name}"
            if not spec.get("description"):
                faults.append(f"{place} has no description")
            if name.startswith(SHARED) and not name.startswith(f"{role.name}_"):
                if not spec.get("required"):
                    faults.append(f"{place} is shared, hence required, never defaulted")
            elif not name.startswith(f"{role.name}_"):
                faults.append(f"{place} does not begin with the role's name")
    return faults


SPEC = """
argument_specs:
  main:
    options:
      %s
"""
SOUND = {
    "roles/web/meta/argument_specs.yml": SPEC % "web_port: {type: int, default: 443, description: The port.}",
    "roles/web/defaults/main.yml": "web_port: 443\n",
    "roles/web/README.md": "# web\n",
    "roles/web/tasks/main.yml": "[]\n",
}


def test_every_role_has_its_parts() -> None:
    assert roles(ROOT)
    assert role_faults(ROOT) == []


def test_a_sound_role_has_no_fault(plant) -> None:
    assert role_faults(plant(SOUND)) == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("defaults/main.yml", "web_port: 444\n", "web_port is 443 in argument_specs, 444 in defaults"),
        (
            "defaults/main.yml",
            "web_port: 443\nweb_host: x\n",
            "web_host is None in argument_specs, 'x' in defaults",
        ),
        ("meta/argument_specs.yml", SPEC % "web_port: {default: 443}", "web_port has no description"),
        (
            "meta/argument_specs.yml",
            SPEC % "mail_domain: {description: d}\n      web_port: {default: 443, description: d}",
            "mail_domain is shared, hence required",
        ),
        (
            "meta/argument_specs.yml",
            SPEC % "port: {required: true, description: d}\n      web_port: {default: 443, description: d}",
            "port does not begin with the role's name",
        ),
    ],
)
def test_a_fault_in_a_role_is_found(plant, file: str, text: str, said: str) -> None:
    faults = role_faults(plant({**SOUND, f"roles/web/{file}": text}))
    assert len(faults) == 1
    assert said in faults[0]


@pytest.mark.parametrize("part", ["README.md", "meta/argument_specs.yml"])
def test_a_missing_part_is_found(plant, part: str) -> None:
    tree = plant({name: text for name, text in SOUND.items() if not name.endswith(part)})
    assert any(part in fault for fault in role_faults(tree))


def test_the_readmes_are_in_step_with_the_argument_specs() -> None:
    assert stale(ROOT) == []


def test_a_stale_readme_is_found(plant) -> None:
    tree = plant(SOUND)
    assert len(stale(tree)) == 1
    role = tree / "roles" / "web"
    (role / "README.md").write_text(readme(role), encoding="utf-8")
    assert stale(tree) == []
    assert "| `web_port` | int | `443` | The port. |" in readme(role)
    plant({"roles/web/meta/argument_specs.yml": SPEC % "web_port: {type: int, default: 444, description: d}"})
    assert len(stale(tree)) == 1
