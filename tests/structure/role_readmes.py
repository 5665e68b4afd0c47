"""The second part of a role's README.md, made of its argument_specs: what a person would copy, and forget to.

What stands above MARKER is written by hand. `python tests/structure/role_readmes.py --write` makes the
rest anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from house import ROOT, load, roles

MARKER = "<!-- From here on made of meta/argument_specs.yml: make golden -->"


def described(spec: dict[str, Any]) -> str:
    """The description, with the suboptions behind it."""
    text = spec.get("description", "")
    text = " ".join([text] if isinstance(text, str) else text)
    below = "; ".join(f"`{name}`: {described(each)}" for name, each in (spec.get("options") or {}).items())
    return " ".join(f"{text} {below}".split()).replace("|", "\\|")


def value(spec: dict[str, Any]) -> str:
    """Its default, if it has one and that is short enough for a table."""
    if spec.get("required"):
        return "required"
    if "default" not in spec:
        return ""
    text = json.dumps(spec["default"], ensure_ascii=False)
    return f"`{text}`" if len(text) <= 60 else "see `defaults/main.yml`"


def kind(spec: dict[str, Any]) -> str:
    of = f" of {spec['elements']}" if "elements" in spec else ""
    choices = f": {', '.join(map(str, spec['choices']))}" if "choices" in spec else ""
    return f"{spec.get('type', 'str')}{of}{choices}"


def table(role: Path) -> str:
    """The variables of every entry point; those that all roles share come first, as they do in the file."""
    lines: list[str] = []
    for entry, content in load(role / "meta" / "argument_specs.yml")["argument_specs"].items():
        options = content.get("options") or {}
        if not options:
            continue
        head = "Variables" if entry == "main" else f"Variables of `tasks_from: {entry}`"
        lines += ["", f"## {head}", "", "| variable | type | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{name}` | {kind(spec)} | {value(spec)} | {described(spec)} |"
            for name, spec in options.items()
        ]
    return "\n".join(lines) + "\n"


def readme(role: Path) -> str:
    """What README.md has to be: its own words, and the table."""
    written = (role / "README.md").read_text(encoding="utf-8").partition(MARKER)[0].rstrip()
    return f"{written}\n\n{MARKER}\n{table(role)}"


def stale(tree: Path) -> list[str]:
    return [
        f"roles/{role.name}/README.md: is not what argument_specs say; make golden"
        for role in roles(tree)
        if (role / "README.md").read_text(encoding="utf-8") != readme(role)
    ]


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    for one in roles(ROOT):
        (one / "README.md").write_text(readme(one), encoding="utf-8")
