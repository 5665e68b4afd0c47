"""Forms of ours: each repeats a secret of its browser, and the browser names our own page as the origin."""

from __future__ import annotations

import hmac
import secrets

from flask import Response, request

# For forms before any session. `__Host-`: no other host and no clear text can have set it.
_COOKIE = "__Host-mat-khau"


def visitor_token() -> str:
    """Return the secret of a browser that is not logged in, a new one if it has none."""
    return request.cookies.get(_COOKIE) or secrets.token_urlsafe(32)


def remember(response: Response, token: str) -> None:
    """Let the browser keep its secret until it is closed."""
    response.set_cookie(_COOKIE, token, secure=True, httponly=True, samesite="Strict", path="/")


def forget(response: Response) -> None:
    """The forms that this browser was given are worth nothing from here on."""
    response.delete_cookie(_COOKIE, secure=True, httponly=True, samesite="Strict")


def from_visitor() -> bool:
    """Tell whether the form was sent by our own page in this browser."""
    return repeats(request.cookies.get(_COOKIE, ""))


def repeats(secret: str) -> bool:
    """Tell whether the form comes from our own page and repeats this secret."""
    token = request.form.get("token", "")
    same_token = bool(token) and hmac.compare_digest(token.encode(), secret.encode())
    same_origin = request.headers.get("Origin") == f"{request.scheme}://{request.host}"
    return same_token and same_origin
