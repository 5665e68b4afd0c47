"""An answer of the password service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An answer; `login` and `state` are for the journal alone. No login: no such account."""

    body: dict[str, Any]
    status: int = 200
    login: str | None = None
    state: str = "unknown"
