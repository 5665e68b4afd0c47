"""Each control can fail: break the host in one way, and exactly the rows that its table names turn.

    pytest tests/mutations --hosts=ssh://mail --ssh-config=FILE

The host is thrown away afterwards. The tables are in `tests/controls/mutations/`. One mutation is mended as
the next breaks the host, so that one look proves both: that exactly these turned, and that nothing is left of
the mutation before.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import yaml

from congvu import evidence
from congvu.policy import Resolved, Status, digest, parse

ROOT = Path(__file__).resolve().parents[2]
TABLES = sorted((ROOT / "tests/controls/mutations").glob("*.yml"))
MUTATIONS = [each for table in TABLES for each in yaml.safe_load(table.read_text(encoding="utf-8"))]
PRELUDE = r"""
set -eu
keep() { mkdir -p /run/mutation; cp --archive --parents "$@" /run/mutation; }
restore() { cp --archive "/run/mutation$1" "$1"; }
superuser="runuser -u postgres -- psql -qXAt -v ON_ERROR_STOP=1 congvu"
sql() { $superuser -c "set session_replication_role = replica; $1"; }
until_ok() { for try in $(seq 50); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done; "$@"; }
cd /
"""


@dataclass(frozen=True)
class Seen:
    """What one look came to: the status of every row, and the controls that are not met."""

    rows: dict[str, Status]
    broken: set[str]


def _observe(arguments: list[str], output: Path) -> None:
    with output.open("w", encoding="utf-8") as told, redirect_stdout(told), redirect_stderr(told):
        status = int(pytest.main(arguments))
    os._exit(status)


@dataclass
class Host:
    """The host under test: changed by shell over SSH, looked at by the observers."""

    host: Any
    options: list[str]
    folder: Path
    mend: str = ""  # what is broken now, and how to mend it
    in_order: Seen = field(default_factory=lambda: Seen({}, set()))

    def run(self, shell: str) -> None:
        done = self.host.run("bash -c %s", PRELUDE + shell)
        assert done.rc == 0, f"{shell}\n{done.stdout}{done.stderr}"

    def turn(self, mutation: dict[str, Any] | None) -> None:
        """Mend what is broken, and break the host in another way (None: leave it in order)."""
        mend, self.mend = self.mend, ""
        shell = f"( {mend}\n)\nrm -rf /run/mutation\n" if mend else ""
        if mutation:
            self.mend = mutation["mend"]
            shell += mutation["break"]
        self.run(shell)

    def look(self) -> Seen:
        """Return what the observers see now."""
        file, output = self.folder / "observations.json", self.folder / "output"
        observers = [str(ROOT / "tests/controls"), "-q", "-p", "no:cacheprovider", f"--observations={file}"]
        # A fork of this process, which has loaded what observers need, and is none of the observers' own.
        looking = get_context("fork").Process(target=_observe, args=([*observers, *self.options], output))
        looking.start()
        looking.join(timeout=120)
        looking.kill()
        assert looking.exitcode in (0, 1), output.read_text("utf-8")[-8000:]  # 2: an observer broke down
        observations = evidence.read(json.loads(file.read_text(encoding="utf-8")))
        policy, now = self.policy, datetime.now(UTC)
        rows = [finding.row for finding in evidence.findings(policy, observations, {}, now)]
        judgements = [each for row in rows for each in row.judgements]
        return Seen(
            {row.provision.id: row.status for row in rows},
            {each.subject for each in judgements if each.status is Status.NOT_MET},
        )

    @property
    def policy(self) -> Resolved:
        """The policy that the host carries; when it was altered, as the observers take it."""
        plain = json.loads(self.host.file("/etc/congvu/policy.json").content_string)
        return parse(plain | {"sha256": digest(plain)})


@pytest.fixture(scope="module")
def connection(host: Any, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Options that lead to the host by one connection: each new one costs more than most commands."""
    given = request.config.getoption
    config, before = given("ssh_config"), host.backend.ssh_extra_args
    with tempfile.TemporaryDirectory(prefix="mutations-") as sockets:  # the path of a socket has to be short
        shared = f"{given('ssh_extra_args') or ''} -o ControlPath={sockets}/%C".strip()
        host.backend.ssh_extra_args = shared
        configured = [f"--ssh-config={config}"] if config else []
        yield [f"--hosts={given('hosts')}", *configured, f"--ssh-extra-args={shared}"]
        host.backend.ssh_extra_args = before
        command = [
            "ssh",
            *(["-F", config] if config else []),
            *shared.split(),
            "-O",
            "exit",
            host.backend.hostname,
        ]
        subprocess.run(command, check=False, capture_output=True)


@pytest.fixture(scope="module")
def breakable(host: Any, connection: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The host, in order at first: what turns, turns from there."""
    broken = Host(host, connection, tmp_path_factory.mktemp("observed"))
    broken.in_order = broken.look()
    assert not broken.in_order.broken
    yield broken
    broken.turn(None)


@pytest.mark.parametrize(
    "mutation", MUTATIONS, ids=[f"{each['control']}: {each['about']}" for each in MUTATIONS]
)
def test_a_broken_host_turns_exactly_these_controls(mutation: dict[str, Any], breakable: Host) -> None:
    breakable.turn(mutation)
    seen, before = breakable.look(), breakable.in_order
    assert seen.broken == {mutation["control"], *mutation.get("also", [])}
    turned = {row: status for row, status in seen.rows.items() if status is not before.rows[row]}
    assert turned == dict.fromkeys(mutation["turns"], Status.NOT_MET)


def test_the_host_is_in_order_again(breakable: Host) -> None:
    breakable.turn(None)
    assert breakable.look() == breakable.in_order
