"""Errors that are meant for people. Anything else that is raised is a bug and keeps its traceback.

::

    Exception
    └── UserError        its text is shown as it stands
        └── PolicyError  the regulation as data is at fault; names every fault at once
"""

from __future__ import annotations

from collections.abc import Iterable


class UserError(Exception):
    """Something that the person at the keyboard can put right; the message says how."""


class PolicyError(UserError):
    """``policy/`` cannot be used. ``faults`` holds one line of text for each fault, in reading order."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))
