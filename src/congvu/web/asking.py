"""Asking the password service: JSON over HTTP over a Unix socket."""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection, HTTPException
from typing import Any

# The service hashes for some 50 ms and waits for the database at most a few seconds.
_TIMEOUT = 20.0


class Unavailable(Exception):
    """The service gave no answer that can be relied on; whether it did what was asked is not known."""


class _UnixConnection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(path: str, verb: str, question: dict[str, str]) -> dict[str, Any]:
    """Return the service's answer to `verb` ("change"); raises Unavailable if it gives none."""
    connection = _UnixConnection(path)
    try:
        connection.request("POST", f"/{verb}", json.dumps(question), {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable(str(error)) from error
    finally:
        connection.close()
    if response.status not in (200, 429) or not isinstance(answer, dict) or "answer" not in answer:
        raise Unavailable(f"{verb}: status {response.status}")
    return answer
