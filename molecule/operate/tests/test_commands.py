"""The commands of README.md and docs/operate do on a real host what they are written for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests" / "structure"))
from documents import Block, blocks, operated  # noqa: E402  (it reads documents for tests/structure, too)

BLOCKS = [block for path in operated(ROOT) for block in blocks(path, ROOT)]
ON_HOST = [block for block in BLOCKS if block.where == "host" and not block.by_hand]
# The documents' own: their domain, and somebody in it.
DOMAIN, PERSON = "snv.example.vn", "ndan"


@pytest.mark.parametrize("block", ON_HOST, ids=lambda block: block.place)
def test_a_block_runs_on_the_host(block: Block, host: Host, demo: dict[str, Any]) -> None:
    assert any(account["address"] == f"{PERSON}@{demo['domain']}" for account in demo["accounts"])
    done = host.run("bash -ec %s", block.commands.replace(DOMAIN, demo["domain"]))
    # 3: the host needs attention; what that is, is for the tests of the status
    assert done.rc in ((0, 3) if "congvu status" in block.commands else (0,)), done.stdout + done.stderr
    assert done.stderr == ""
