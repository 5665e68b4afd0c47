"""Each control can fail: break the host in one way, and exactly the rows that its table names turn.

    pytest tests/mutations --hosts=ssh://mail --ssh-config=FILE

The host is thrown away afterwards. The tables are in `tests/controls/mutations/`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
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


class Host:
    """The host under test: changed by shell over SSH, looked at by the observers."""

    def __init__(self, host: Any, config: pytest.Config, folder: Path) -> None:
        self.host, self.folder = host, folder
        options = {"--hosts": "hosts", "--ssh-config": "ssh_config", "--ssh-extra-args": "ssh_extra_args"}
        self.options = [
            f"{option}={config.getoption(name)}" for option, name in options.items() if config.getoption(name)
        ]

    def run(self, shell: str) -> None:
        done = self.host.run("bash -c %s", PRELUDE + shell)
        assert done.rc == 0, f"{shell}\n{done.stdout}{done.stderr}"

    def observe(self, *options: str) -> int:
        """Run the observers; their exit status: 0 all met, 1 not."""
        command = [sys.executable, "-m", "pytest", "tests/controls", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *self.options, *options],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stdout[-8000:]  # 2: an observer broke down
        return done.returncode

    def look(self) -> dict[str, Status]:
        """Return the status of every row, as the observers see the host now."""
        seen = self.folder / "observations.json"
        self.observe(f"--observations={seen}")
        observations = evidence.read(json.loads(seen.read_text(encoding="utf-8")))
        findings = evidence.findings(self.policy, observations, {}, datetime.now(UTC))
        return {finding.row.provision.id: finding.row.status for finding in findings}

    @property
    def policy(self) -> Resolved:
        """The policy that the host carries; when it was altered, as the observers take it."""
        plain = json.loads(self.host.file("/etc/congvu/policy.json").content_string)
        return parse(plain | {"sha256": digest(plain)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("observed")


@pytest.fixture(scope="module")
def in_order(host: Any, request: pytest.FixtureRequest, folder: Path) -> dict[str, Status]:
    """The rows of the host as it is: what turns, turns from here."""
    statuses = Host(host, request.config, folder).look()
    assert Status.NOT_MET not in statuses.values(), statuses
    return statuses


@pytest.fixture
def breakable(host: Any, request: pytest.FixtureRequest, folder: Path) -> Iterator[Host]:
    yield Host(host, request.config, folder)
    host.run("rm -rf /run/mutation")


@pytest.mark.parametrize(
    "mutation", MUTATIONS, ids=[f"{each['control']}: {each['about']}" for each in MUTATIONS]
)
def test_a_broken_host_turns_exactly_these_rows(
    mutation: dict[str, Any], breakable: Host, in_order: dict[str, Status]
) -> None:
    breakable.run(mutation["break"])
    try:
        broken = breakable.look()
    finally:
        breakable.run(mutation["mend"])
    assert {row for row, status in broken.items() if status is not in_order[row]} == set(mutation["turns"])
    assert all(broken[row] is Status.NOT_MET for row in mutation["turns"])
    # What else might have stayed broken, the next mutation finds, or the last test.
    assert breakable.observe(f"--control={mutation['control']}") == 0


def test_the_host_is_in_order_again(breakable: Host, in_order: dict[str, Status]) -> None:
    assert breakable.look() == in_order
