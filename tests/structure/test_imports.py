"""Who may know whom (design.md section 3): the layers, and the judge who shares nothing with the worker."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import ROOT

LAYERS = (
    {"errors", "clock", "words"},
    {"policy"},
    {
        "names",
        "passwords",
        "fingerprints",
        "letters",
        "notices",
        "events",
        "odd_use",
        "canary",
        "incidents",
        "second_factor",
        "reminders",
        "mailinglists",
        "accounts",
        "mailrules",
        "calendar",
        "checks",
        "preflight",
        "zone",
        "backup",
        "chain",
    },
    {"evidence"},
    {"report"},
    {"duties", "chase"},
    {"store"},
    {"web", "services"},
)
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
# What those who observe and report may know. `passwords`, `names` and `accounts` decide what must be: a judge
# that asked them would find every mistake of theirs to be right.
JUDGES = {
    "evidence": {"errors", "clock", "policy"},
    "report": {"errors", "clock", "words", "policy", "calendar", "evidence"},
}
OBSERVERS_MAY = {"policy", "evidence", "errors", "clock"}
SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|VIEW))\b", re.S
)


def imports(path: Path, package: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that a file imports, wherever it does; `package`: the file's own."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]).rstrip(".")
            # `from congvu import names`: the part is the name imported
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def package_files(tree: Path) -> Iterator[tuple[Path, str, str]]:
    """(file, its package, its part: the first name below congvu)."""
    source = tree / "src"
    for path in sorted((source / "congvu").rglob("*.py")):
        relative = path.relative_to(source)
        package = ".".join(relative.parent.parts)
        yield path, package, relative.parts[1].removesuffix(".py")


def import_faults(tree: Path) -> list[str]:
    faults: list[str] = []
    graph: dict[str, set[str]] = {}
    for path, package, part in package_files(tree):
        place = str(path.relative_to(tree))
        if part != "__init__" and part not in RANK:
            faults.append(f"{place}: {part} is in no layer of design.md section 3")
            continue
        for line, name in imports(path, package):
            top, _, rest = name.partition(".")
            if top in {"ansible", "ansible_collections"}:
                faults.append(f"{place}:{line}: congvu imports ansible")
            if top == "psycopg" and part not in {"store"}:
                faults.append(f"{place}:{line}: only store speaks to the database")
            other = rest.split(".")[0]
            if top != "congvu" or other not in RANK or other == part:
                continue
            graph.setdefault(part, set()).add(other)
            if RANK[other] > RANK.get(part, -1):
                faults.append(f"{place}:{line}: {part} imports {other}, which is a later layer")
            if part in JUDGES and other not in JUDGES[part]:
                faults.append(f"{place}:{line}: {part} judges, and may not import {other}")
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as cycle:
        faults.append(f"src/congvu: imports in a circle: {' -> '.join(cycle.args[1])}")
    return faults


def observer_faults(tree: Path) -> list[str]:
    """tests/controls looks at the host: it knows neither the code that made it so nor what was asked."""
    faults = []
    for path in sorted((tree / "tests" / "controls").rglob("*.py")):
        place = str(path.relative_to(tree))
        for line, name in imports(path, "tests.controls"):
            top, _, rest = name.partition(".")
            if top in {"ansible", "plugins"} or (top == "congvu" and rest.split(".")[0] not in OBSERVERS_MAY):
                faults.append(f"{place}:{line}: an observer imports {name}")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                intent = re.search(
                    r"\b(group_vars|host_vars|inventories|argument_specs|roles/\w+/)", node.value
                )
                if intent and "\n" not in node.value:
                    faults.append(f"{place}:{node.lineno}: an observer reads {intent[1]}")
    return faults


def sql_faults(tree: Path) -> list[str]:
    """SQL stands in store (and in modules nowhere): one place to read what the database is asked."""
    faults = []
    files = [path for path, _, part in package_files(tree) if part != "store"]
    for path in [*files, *sorted((tree / "plugins").rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
                faults.append(f"{path.relative_to(tree)}:{node.lineno}: SQL outside store")
    return faults


def test_imports_run_from_later_layers_to_earlier_ones() -> None:
    assert import_faults(ROOT) == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("names.py", "from congvu.store import database\n", "names imports store, which is a later layer"),
        ("names.py", "def f():\n    from congvu import web\n", "names imports web, which is a later layer"),
        (
            "policy/load.py",
            "from ..accounts import plan\n",
            "policy imports accounts, which is a later layer",
        ),
        ("errors.py", "import ansible.errors\n", "congvu imports ansible"),
        (
            "evidence.py",
            "from congvu.passwords import check\n",
            "evidence judges, and may not import passwords",
        ),
        ("report/rows.py", "import congvu.accounts\n", "report judges, and may not import accounts"),
        ("web/app.py", "import psycopg\n", "only store speaks to the database"),
        ("helpers.py", "", "helpers is in no layer"),
    ],
)
def test_a_wrong_import_is_found(plant, file: str, text: str, said: str) -> None:
    faults = import_faults(plant({f"src/congvu/{file}": text}))
    assert len(faults) == 1
    assert said in faults[0]


def test_a_circle_inside_a_layer_is_found(plant) -> None:
    tree = plant(
        {
            "src/congvu/names.py": "from congvu import accounts",
            "src/congvu/accounts.py": "from . import names",
        }
    )
    assert [fault for fault in import_faults(tree) if "circle" in fault]


def test_observers_share_nothing_with_what_they_observe() -> None:
    assert observer_faults(ROOT) == []


@pytest.mark.parametrize(
    "text",
    [
        "from congvu.passwords import hash_password\n",
        "import ansible\n",
        "PATH = 'group_vars/all/main.yml'\n",
    ],
)
def test_an_observer_that_asks_the_worker_is_found(plant, text: str) -> None:
    assert observer_faults(plant({"tests/controls/test_x.py": text}))
    assert not observer_faults(
        plant({"tests/controls/test_x.py": "from congvu.evidence import Observation\n"})
    )


def test_sql_stands_in_store() -> None:
    assert sql_faults(ROOT) == []


@pytest.mark.parametrize("file", ["src/congvu/web/app.py", "plugins/modules/mail_x.py"])
def test_sql_elsewhere_is_found(plant, file: str) -> None:
    assert sql_faults(plant({file: "Q = 'SELECT address FROM door'\n"}))
    assert not sql_faults(plant({file: "TEXT = 'select a unit from the list'\n"}))
