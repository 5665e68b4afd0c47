"""Small files, and the tools that keep the rest of the form."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from house import ROOT

LONGEST = 400
CODE = {".py", ".yml", ".yaml", ".j2", ".php", ".js", ".css", ".html", ".sql", ".sh", ".md", ""}
ELSEWHERE = {
    ".git",
    ".venv",
    ".ansible",
    "build",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}


def long_files(tree: Path) -> list[str]:
    faults = []
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in ELSEWHERE and not name.endswith(".egg-info")]
        for path in (Path(folder) / name for name in names if Path(name).suffix in CODE):
            lines = path.read_bytes().count(b"\n")
            if lines > LONGEST and b"\0" not in path.read_bytes()[:1024]:
                faults.append(
                    f"{path.relative_to(tree)}: {lines} lines; nobody reads more than {LONGEST} at once"
                )
    return sorted(faults)


def test_no_file_is_too_long_to_be_read() -> None:
    assert long_files(ROOT) == []


def test_a_file_that_is_too_long_is_found(plant) -> None:
    tree = plant({"src/congvu/a.py": "\n" * 401, "src/congvu/b.py": "\n" * 400, "build/c.py": "\n" * 500})
    assert [fault.split(":")[0] for fault in long_files(tree)] == ["src/congvu/a.py"]


def test_types_and_style_are_checked_strictly() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert tools["mypy"]["strict"] is True
    assert {"E", "F", "I", "B", "S", "UP"} <= set(tools["ruff"]["lint"]["select"])
    assert tools["pytest"]["ini_options"]["filterwarnings"][0] == "error"


def test_lint_has_no_skip_list() -> None:
    """An exception stands at its line with its reason, not in a list far away."""
    text = (ROOT / ".config" / "ansible-lint.yml").read_text(encoding="utf-8")
    assert "profile: production" in text
    assert "offline: true" in text
    assert "skip_list" not in text
    assert "warn_list" not in text
