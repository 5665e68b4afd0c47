"""The resolved policy as it was reviewed, and what each other profile makes of it.

`python tests/policy/pinned.py --write` makes both anew.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from congvu.policy import dump, load

ROOT = Path(__file__).resolve().parents[2]
PINNED = Path(__file__).parent / "pinned" / "default.json"


def resolved(folder: Path = ROOT / "policy") -> dict[str, Any]:
    """What the default profile comes to."""
    plain: dict[str, Any] = dump(load(folder, "default", date(2026, 11, 23)))
    return plain


def changed(profile: str, folder: Path = ROOT / "policy") -> dict[str, Any]:
    """What another profile changes: rows that it leaves out, values with their texts, exceptions."""
    usual, other = resolved(folder), dump(load(folder, profile, date(2026, 11, 23)))
    rows = {row["id"] for row in usual["provisions"]} - {row["id"] for row in other["provisions"]}
    values = {
        key: {"value": rule["value"], "norm": rule["norm"]}
        for key, rule in other["value_rules"].items()
        if rule != usual["value_rules"][key]
    }
    return {"without": sorted(rows), "values": values, "exceptions": other["exceptions"]}


def profiles(folder: Path = ROOT / "policy") -> list[str]:
    """Every profile but the default one."""
    return sorted(path.stem for path in (folder / "profiles").glob("*.yml") if path.stem != "default")


def text(plain: dict[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    PINNED.parent.mkdir(exist_ok=True)
    PINNED.write_text(text(resolved()), encoding="utf-8")
    for name in profiles():
        PINNED.with_name(f"{name}.json").write_text(text(changed(name)), encoding="utf-8")
