"""A module's documentation is its argument spec, option by option, and a story proves it four ways."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import ansible.module_utils
import pytest
import yaml
from ansible.module_utils import basic
from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import add_fragments
from house import ROOT

MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
FIELDS = {"type": "str", "required": False, "default": None, "choices": None, "elements": None}
# Check, do, check again, do again (molecule/*/tests call it four_ways). Or why not:
NOT_FOUR_WAYS = {"mail_directory_info": "it reads only", "mail_zone_info": "it reads only"}


class _Asked(Exception):
    """Carries what a module hands to AnsibleModule."""


def loaded(path: Path) -> Any:
    """The module as a Python module; Ansible packs plugins/module_utils with it under that name."""
    utils = str(ROOT / "plugins" / "module_utils")
    if utils not in ansible.module_utils.__path__:
        ansible.module_utils.__path__.append(utils)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], dict[str, Any]]:
    """(documentation, what AnsibleModule is called with)."""

    def ask(_self: object, **arguments: Any) -> None:
        raise _Asked(arguments)

    monkeypatch.setattr(basic.AnsibleModule, "__init__", ask)
    module = loaded(path)
    with pytest.raises(_Asked) as caught:
        module.main()
    documentation = yaml.safe_load(module.DOCUMENTATION)
    add_fragments(documentation, str(path), fragment_loader, is_module=True)
    return documentation, caught.value.args[0]


def option_faults(documented: dict[str, Any], spec: dict[str, Any], place: str = "") -> list[str]:
    faults = [
        f"{place}{name}: is not in the argument spec" for name in sorted(documented.keys() - spec.keys())
    ]
    for name, option in spec.items():
        said = documented.get(name)
        if said is None:
            faults.append(f"{place}{name}: is not documented")
            continue
        if not said.get("description"):
            faults.append(f"{place}{name}: has no description")
        for field, absent in FIELDS.items():
            # Options that have defaults of their own default to them, which documentation calls {}.
            real = option.get(field, {} if field == "default" and option.get("apply_defaults") else absent)
            if said.get(field, absent) != real:
                faults.append(f"{place}{name}: {field} is {real!r}, documented {said.get(field, absent)!r}")
        below = said.get("suboptions") or {}, option.get("options") or {}
        faults += option_faults(*below, place=f"{place}{name}.")
    return faults


def unproven(tree: Path) -> list[str]:
    tests = "\n".join(path.read_text("utf-8") for path in tree.glob("molecule/*/tests/test_*.py"))
    proven = set(re.findall(r'four_ways\(\s*"(\w+)"', tests))
    modules = {path.stem for path in (tree / "plugins" / "modules").glob("*.py")}
    return sorted(modules - proven - NOT_FOUR_WAYS.keys())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_documentation_is_the_argument_spec(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documentation, arguments = asked(path, monkeypatch)
    assert documentation["module"] == path.stem
    assert option_faults(documentation["options"], arguments["argument_spec"]) == []
    assert arguments["supports_check_mode"] is True
    assert documentation["attributes"]["check_mode"]["support"] == "full"


DOCUMENTED: dict[str, Any] = {
    "path": {"description": "A path.", "type": "path", "required": True},
    "database": {
        "description": "Where.",
        "type": "dict",
        "default": {},
        "suboptions": {"host": {"description": "A host.", "type": "str", "default": "x"}},
    },
}
SPEC: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "database": {"type": "dict", "apply_defaults": True, "options": {"host": {"default": "x"}}},
}


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, []),
        ({"path": {"type": "path"}}, ["path: required is False, documented True"]),
        ({"path": {"required": True}}, ["path: type is 'str', documented 'path'"]),
        (
            {"path": {"type": "path", "required": True, "choices": ["a"]}},
            ["path: choices is ['a'], documented None"],
        ),
        ({"more": {}}, ["more: is not documented"]),
        (
            {"database": {"type": "dict", "apply_defaults": True, "options": {"host": {"default": "y"}}}},
            ["database.host: default is 'y', documented 'x'"],
        ),
        (
            {"database": {"type": "dict", "apply_defaults": True}},
            ["database.host: is not in the argument spec"],
        ),
    ],
)
def test_a_difference_is_found(change: dict[str, Any], faults: list[str]) -> None:
    assert option_faults(DOCUMENTED, {**SPEC, **change}) == faults


def test_every_module_is_proven_four_ways() -> None:
    assert unproven(ROOT) == []


def test_a_module_without_the_proof_is_found(plant) -> None:
    story = 'def test_it() -> None:\n    four_ways("mail_x", path="p")\n'
    modules = {f"plugins/modules/{name}.py": "" for name in ("mail_x", "mail_y")}
    assert unproven(plant({"molecule/modules/tests/test_x.py": story, **modules})) == ["mail_y"]
