"""Signatures by OpenSSH's own program, which whoever checks them has as well."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from congvu.chain.seal import PRINCIPAL
from congvu.errors import UserError

BUNDLE = "congvu-bundle"  # the namespace of a bundle's manifest
SEAL = "congvu-seal"


def sign(content: bytes, key: Path, namespace: str) -> str:
    """The signature over the content, as text. Raises UserError for a key that does not sign."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace]
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    if done.returncode != 0:
        raise UserError(f"{key}: ssh-keygen does not sign: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode("ascii")


def public(key: Path) -> str:
    """The public key of a private one: its kind and itself, without a comment."""
    done = subprocess.run(["ssh-keygen", "-y", "-f", str(key)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UserError(f"{key}: ssh-keygen reads no key there: {done.stderr.strip()}")
    return " ".join(done.stdout.split()[:2])


def allowed(signers: list[str]) -> str:
    """A file of allowed signers, each key once and in their order."""
    return "".join(
        f'{PRINCIPAL} namespaces="{SEAL},{BUNDLE}" {signer}\n' for signer in dict.fromkeys(signers)
    )


def genuine(content: bytes, signature: str, signers: Path, namespace: str) -> bool:
    """Whether one of the allowed signers signed this content for this purpose."""
    with tempfile.NamedTemporaryFile("w", suffix=".sig") as file:
        file.write(signature)
        file.flush()
        command = ["ssh-keygen", "-q", "-Y", "verify", "-f", str(signers), "-I", PRINCIPAL, "-n", namespace]
        done = subprocess.run([*command, "-s", file.name], input=content, capture_output=True, check=False)
    return done.returncode == 0
