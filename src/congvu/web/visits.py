"""A visit to the people's page: the session that the browser holds, and what every page does with it."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, make_response, redirect, render_template, request, url_for

from congvu import store
from congvu.policy import Resolved
from congvu.web import forms

_COOKIE = "__Host-trang-cua-toi"
_SESSION = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Behind:
    """What stands behind the page: the policy in force, the password service, the directory."""

    policy: Resolved
    service_socket: str
    database: Mapping[str, str]

    def connect(self) -> AbstractContextManager[store.Store]:
        return store.connect(role="congvu_portal", **self.database)


def session() -> bytes:
    """Return what the browser holds, empty if it is no session at all."""
    held = request.cookies.get(_COOKIE, "")
    return bytes.fromhex(held) if _SESSION.fullmatch(held) else b""


def form_token() -> str:
    """Return what the forms of this session repeat; from it the session cannot be worked out."""
    return hmac.new(session(), b"form", hashlib.sha256).hexdigest()


def redirect_to(endpoint: str, **query: str) -> Response:
    """Lead on by GET, so that going back or loading anew sends nothing again."""
    shown = urlencode({name: value for name, value in query.items() if value})
    return make_response(redirect(url_for(endpoint) + (f"?{shown}" if shown else ""), 303))


def led_in(held: str) -> Response:
    response = redirect_to("portal.home")
    forms.forget(response)
    response.set_cookie(_COOKIE, held, secure=True, httponly=True, samesite="Strict", path="/")
    return response


def to_entrance(reason: str) -> Response:
    response = redirect_to("portal.entrance", **{"ly-do": reason})
    response.delete_cookie(_COOKIE, secure=True, httponly=True, samesite="Strict")
    return response


def written(name: str) -> str:
    """Return a text of the form as it is kept: NFC, lines ended by \\n, no blanks around it."""
    text = unicodedata.normalize("NFC", request.form.get(name, ""))
    return text.replace("\r\n", "\n").replace("\0", "").strip()


def show(name: str, status: int = 200, **shown: Any) -> Response:
    """Return a page of the person whose session it is (`g.home`)."""
    shown = {"done": "xong" in request.args and request.method == "GET", "problem": "", **shown}
    return make_response(render_template(f"portal/{name}.html", home=g.home, **shown), status)
