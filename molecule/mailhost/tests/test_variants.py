"""Daemons accept what they would get elsewhere, too: on two hosts, with IPv6, closed (tests/templates).

The converge has proven the demo's files in the same way, by the `validate` of the task that installs them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path, PurePath

import pytest
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[3]
RENDER = [sys.executable, "tests/templates/render.py", "--print", "two_hosts"]
RENDERED = json.loads(subprocess.run(RENDER, cwd=ROOT, capture_output=True, check=True).stdout)
FILES = {name: file for name, file in RENDERED.items() if file["validate"]}


def test_there_are_validators() -> None:
    assert len(FILES) > 10


@pytest.mark.parametrize("name", FILES)
def test_the_daemon_accepts(host: Host, name: str) -> None:
    file = FILES[name]
    # A folder of its own: some validators look at the file's name, some put another file beside it.
    stage = "d=$(mktemp -d) && trap 'rm -rf $d' EXIT && chmod 755 $d && f=$d/%s && printf %%s %s >$f && "
    as_whom = "runuser -u postgres -- " if "postgresql" in file["dest"] else ""
    check = as_whom + file["validate"].replace("%s", "$f").replace("%", "%%")
    done = host.run(stage + check, PurePath(file["dest"]).name, file["content"])
    assert done.rc == 0, done.stdout + done.stderr
