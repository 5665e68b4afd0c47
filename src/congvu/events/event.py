"""One thing that happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KINDS = frozenset(
    {
        "login", "login_refused", "session_end", "opened", "read",
        "submitted", "received", "delivered", "relayed", "deferred", "bounced",
        "virus", "spam", "rejected", "limited",
        "act", "gap",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """``login``: as it was given, it may be nobody's; ``peer``: the network address it came from."""

    happened_at: datetime
    host: str
    kind: str
    door: str | None = None
    login: str | None = None
    mailbox: str | None = None
    peer: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
