"""What the stories share: the contract of the hosts they run on (demo.json)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
GROUP = os.environ.get("CONGVU_HOSTS", "demo")


@pytest.fixture(scope="session")
def demo() -> dict[str, Any]:
    """demo.json, written anew: people change their passwords and their states while stories run."""
    folder = ROOT / "build" / GROUP
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.demo.contract",
            f"--hosts={ROOT / 'build' / 'hosts' / GROUP}",
            f"--folder={folder}",
        ],
        cwd=ROOT,
        check=True,
    )
    contract: dict[str, Any] = json.loads((folder / "demo.json").read_text("utf-8"))
    return contract
