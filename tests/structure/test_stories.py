"""Nothing is green by being absent: Molecule only warns where tests or a playbook are missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from house import ROOT, load, mappings, yaml_files

NO_SCENARIO = {"hosts"}  # molecule/hosts: the test hosts themselves


def scenarios(tree: Path) -> list[Path]:
    return sorted(path.parent for path in (tree / "molecule").glob("*/molecule.yml"))


def scenario_faults(tree: Path) -> list[str]:
    faults = []
    for folder in sorted(path for path in (tree / "molecule").glob("*") if path.is_dir()):
        if not (folder / "molecule.yml").exists():
            strays = [path for path in folder.glob("*.yml") if path.stem in {"converge", "prepare", "verify"}]
            faults += [
                f"{path.relative_to(tree)}: stands in no scenario"
                for path in strays
                if folder.name not in NO_SCENARIO
            ]
    for scenario in scenarios(tree):
        place = f"molecule/{scenario.name}"
        sequence = (
            ((load(scenario / "molecule.yml") or {}).get("scenario") or {}).get("test_sequence")
        ) or []
        for step in sequence:
            needs = {"idempotence": "converge", "check": "converge", "syntax": "converge"}.get(step, step)
            if needs in {"dependency", "verify"}:
                continue
            if not (scenario / f"{needs}.yml").exists():
                faults.append(f"{place}: the step {step} has no {needs}.yml, and Molecule would pass over it")
        if scenario.name != "mailhost" and (scenario / "prepare.yml").exists():
            faults.append(f"{place}: prepare is taken once for all stories; use side_effect or converge")
        if scenario.name == "default" and set(sequence) <= {"create", "destroy"}:
            continue  # makes and removes what the others share
        tests = [
            path
            for path in scenario.glob("tests/test_*.py")
            if re.search(r"^def test_", path.read_text(), re.M)
        ]
        if not tests and not (scenario / "verify.yml").exists():
            faults.append(f"{place}: has no tests")
    return faults


def imported(path: Path) -> set[str]:
    """The names of the playbooks that a playbook imports."""
    calls = [entry.get("import_playbook") for entry in mappings(load(path))]
    return {Path(str(call)).name for call in calls if call}


def unused_playbooks(tree: Path) -> list[str]:
    """Playbooks that no scenario runs, by itself or through another playbook."""
    used: set[str] = set()
    waiting: set[str] = set()
    for scenario in scenarios(tree):
        for path in yaml_files(scenario):
            waiting |= imported(path)
        for path in scenario.glob("tests/*.py"):  # a story may call a playbook as an operator does
            waiting |= {Path(name).name for name in re.findall(r"playbooks/([\w-]+\.yml)", path.read_text())}
    while waiting:
        name = waiting.pop()
        used.add(name)
        if (tree / "playbooks" / name).exists():
            waiting |= imported(tree / "playbooks" / name) - used
    return [
        f"playbooks/{path.name}: no scenario uses it"
        for path in yaml_files(tree / "playbooks")
        if path.name not in used
    ]


def untried_modules(tree: Path) -> list[str]:
    """Custom modules that no scenario runs: in its playbooks, in those it imports, or in its tests."""
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [*yaml_files(tree / "molecule", tree / "playbooks"), *yaml_files(tree / "roles")]
    )
    tried = "\n".join(path.read_text("utf-8") for path in (tree / "molecule").glob("*/tests/*.py"))
    modules = sorted(path.stem for path in (tree / "plugins" / "modules").glob("*.py"))
    return [
        f"plugins/modules/{name}.py: nothing runs it"
        for name in modules
        if not re.search(rf"^\s+{name}:", text, re.M) and f'"{name}"' not in tried
    ]


def test_every_scenario_has_tests() -> None:
    assert scenarios(ROOT)
    assert scenario_faults(ROOT) == []


def test_every_playbook_is_used_by_a_scenario() -> None:
    assert unused_playbooks(ROOT) == []


def test_every_custom_module_is_run() -> None:
    assert untried_modules(ROOT) == []


STORY = {
    "molecule/site/molecule.yml": "scenario: {test_sequence: [converge, idempotence, verify]}\n",
    "molecule/site/converge.yml": "- import_playbook: ../../playbooks/site.yml\n",
    "molecule/site/tests/test_site.py": "def test_it(): ...\n",
    "playbooks/site.yml": "- import_playbook: base.yml\n",
    "playbooks/base.yml": "- hosts: all\n",
}


def test_a_sound_story_has_no_fault(plant) -> None:
    tree = plant(STORY)
    assert scenario_faults(tree) == unused_playbooks(tree) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("molecule/site/tests/test_site.py", "# nothing yet\n"),
        ("molecule/site/molecule.yml", "scenario: {test_sequence: [check, side_effect, converge, verify]}\n"),
        ("molecule/site/prepare.yml", "- hosts: all\n"),
        ("molecule/stray/converge.yml", "[]\n"),
    ],
)
def test_an_empty_story_is_found(plant, file: str, text: str) -> None:
    assert len(scenario_faults(plant({**STORY, file: text}))) == 1


def test_an_unused_playbook_is_found(plant) -> None:
    tree = plant({**STORY, "playbooks/other.yml": "- hosts: all\n"})
    assert unused_playbooks(tree) == ["playbooks/other.yml: no scenario uses it"]


def test_an_unused_module_is_found(plant) -> None:
    tree = plant({**STORY, "plugins/modules/mail_x.py": "", "plugins/modules/mail_y.py": ""})
    assert len(untried_modules(tree)) == 2
    plant(
        {"molecule/site/prepare.yml": "- hosts: all\n  tasks:\n    - name: X\n      mail_x:\n        a: 1\n"}
    )
    assert len(untried_modules(tree)) == 1
