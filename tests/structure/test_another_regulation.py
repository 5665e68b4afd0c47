"""Another agency swaps in its regulation by `policy/` and an inventory: no code knows the present one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from house import ROOT, code_lines, load, yaml_files

CODE = ("src", "roles", "plugins", "playbooks", "group_vars", "packaging")


def rows(tree: Path) -> list[str]:
    """The ids of the regulation's provisions."""
    files = [path for path in yaml_files(tree / "policy" / "regulation") if path.stem != "about"]
    return [row["id"] for path in files for row in load(path)]


def findings(tree: Path) -> list[str]:
    return [each["id"] for each in load(tree / "policy" / "findings.yml")]


def known_faults(tree: Path) -> list[str]:
    """Lines of code that name a row, a finding, the title or the number of rows of the regulation."""
    title = load(tree / "policy" / "regulation" / "about.yml")["title"]
    names = [*rows(tree), *findings(tree), title["vi"], title["en"], str(len(rows(tree)))]
    pattern = re.compile(rf"(?<![\w.#-])({'|'.join(map(re.escape, names))})(?![\w-]|\.\w)")
    faults = []
    for path in sorted(path for part in CODE for path in (tree / part).rglob("*") if path.is_file()):
        if "__pycache__" in path.parts or path.parent.name.endswith(".egg-info"):
            continue
        for line, text in code_lines(path):
            faults += [
                f"{path.relative_to(tree)}:{line}: knows {hit[1]} of the regulation"
                for hit in pattern.finditer(text)
            ]
    return faults


def test_no_code_knows_the_regulation() -> None:
    assert len(rows(ROOT)) > 1
    assert known_faults(ROOT) == []


SMALL = {
    "policy/regulation/about.yml": "title: {vi: Quy chế A, en: Rules A}\n",
    "policy/regulation/a.yml": "[{id: a1.k2}, {id: a1.k2.b}, {id: a3}]\n",
    "policy/findings.yml": "[{id: F01}]\n",
}


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('if row.id == "a1.k2":\n', 1),
        ('about = "a1.k2.b"\n', 1),
        ("assert len(rows) == 3\n", 1),
        ('title = "Quy chế A"\n', 1),
        ("known = {'F01'}\n", 1),
        ("# a1.k2 is a reason, not code\ncolour = '#a3'; other = 'a1.k2.c'; x.a3\n", 0),
    ],
)
def test_code_that_knows_it_is_found(plant, text: str, faults: int) -> None:
    assert len(known_faults(plant({**SMALL, "src/congvu/report/x.py": text}))) == faults
