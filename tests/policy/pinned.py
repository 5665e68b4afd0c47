"""The resolved policy as it was reviewed: `python tests/policy/pinned.py --write` makes it anew."""

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


def text(plain: dict[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    PINNED.parent.mkdir(exist_ok=True)
    PINNED.write_text(text(resolved()), encoding="utf-8")
