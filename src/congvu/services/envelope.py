"""What a host makes and only somebody else may read: encrypted for a certificate whose key is on no host."""

from __future__ import annotations

import subprocess
from pathlib import Path

from congvu.errors import UserError


def seal(content: bytes, certificate: Path) -> bytes:
    """The content as CMS in PEM, which `openssl cms -decrypt -binary -inform PEM -inkey KEY` opens.

    Raises UserError for a certificate that cannot be used.
    """
    command = ["openssl", "cms", "-encrypt", "-aes-256-gcm", "-binary", "-outform", "PEM", str(certificate)]
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise UserError(f"{certificate}: openssl does not encrypt for it: {said}")
    return done.stdout
