"""What a password is recognised by without being kept: fingerprints under the key of this site. Pure.

ADR 0012 says against whom. `shared` is the same for one password on every account, and slow to make; `own` is
comparable within one account only. Without the key neither can be made, nor made of the other.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from argon2.low_level import Type, hash_secret_raw

from congvu.errors import UserError
from congvu.passwords import MEMORY_KIB, PASSES, normalise

KEY_BYTES = 32
# Fixed, since equal passwords have to meet; what a salt is for the key does.
_SALT = b"congvu.password.fingerprint"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the directory keeps: 32 bytes each, and which key they were made under."""

    own: bytes
    shared: bytes
    key: str


@dataclass(frozen=True)
class Key:
    """The site's key: 32 random bytes. Raises UserError for anything else, naming `file`."""

    secret: bytes = field(repr=False)
    file: str = ""

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise UserError(
                f"{self.file}: has {len(self.secret)} bytes instead of the {KEY_BYTES} of a fingerprint key; "
                "bring it back from the escrow (docs/operate/backup.md), or remove it and run site.yml"
            )

    @property
    def id(self) -> str:
        """Which key it is; says nothing about it. By hand: sha256sum FILE | cut -c1-16."""
        return hashlib.sha256(self.secret).hexdigest()[:16]

    def fingerprint(self, password: str, address: str) -> Fingerprint:
        """The fingerprint of an account's password, at the cost of a stored hash."""
        shared = hash_secret_raw(
            self._keyed("password", normalise(password).encode()),
            _SALT,
            time_cost=PASSES,
            memory_cost=MEMORY_KIB,
            parallelism=1,
            hash_len=32,
            type=Type.ID,
        )
        return Fingerprint(self._keyed(f"account {address}", shared), shared, self.id)

    def _keyed(self, purpose: str, content: bytes) -> bytes:
        return hmac.digest(self.secret, purpose.encode() + b"\0" + content, "sha256")
