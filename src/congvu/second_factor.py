"""Codes by time (TOTP, RFC 6238) and app passwords: made, sealed, recognised. Pure but for random bytes."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from congvu.fingerprints import Key

_STEP = 30  # seconds
_NONCE = 12  # bytes
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # none that is read as another


@dataclass(frozen=True)
class Seal:
    """Keeps secrets of second factors under the site's key, each bound to its address."""

    key: Key

    def close(self, secret: str, address: str) -> bytes:
        """The secret as the directory may hold it."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher().encrypt(nonce, secret.encode(), address.encode())

    def open(self, sealed: bytes, address: str) -> str | None:
        """The secret; None if it was sealed under another key, or for another address."""
        try:
            return self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], address.encode()).decode()
        except InvalidTag:
            return None

    def _cipher(self) -> AESGCM:
        return AESGCM(hmac.digest(self.key.secret, b"second factor", "sha256"))


def new_secret() -> str:
    """A secret for an authenticator: 160 random bits in base32."""
    return pyotp.random_base32()


def uri(secret: str, address: str, issuer: str) -> str:
    """What an authenticator reads from a link or a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=issuer)


def step_of(code: str, secret: str, now: datetime) -> int | None:
    """The number of the 30 seconds whose code this is; clocks may be one step apart. None: it is wrong."""
    given = "".join(code.split())
    if not (given.isascii() and given.isdigit()):
        return None
    present = int(now.timestamp()) // _STEP
    totp = pyotp.TOTP(secret)
    right = [step for step in (present - 1, present, present + 1)
             if hmac.compare_digest(totp.generate_otp(step), given)]  # fmt: skip
    return max(right, default=None)


def new_app_password() -> tuple[str, str]:
    """A random password for one device, and its first letters, which name it."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(28))
    groups = [letters[:8], *(letters[at : at + 4] for at in range(8, 28, 4))]
    return "-".join(groups), letters[:8]
