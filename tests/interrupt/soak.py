"""Makes a whole host while runs are killed at random tasks, and compares it with one that was made in peace.

    make soak SEED=1795589639

Both are made from the same bare system at the same address, one after the other. A line to each fault.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from runs import ROOT, Run, ssh, stale
from snapshot import Snapshot, differences, take

PLAYBOOK = "playbooks/demo.yml"
KILLS = 5
BEGIN = time.monotonic()
# Differs between two hosts of one configuration, beyond what the snapshot leaves out; each with its reason.
EXPLAINED = {
    r"files: /var/lib/congvu/issued/\d{8}T\d{6}Z\.csv: .*": "random passwords; their number is compared",
    r"files: /etc/aliases\.db: .*": "each Berkeley database has its own id; Postfix reads none",
    r"units: (ldconfig|systemd-sysusers|systemd-update-done)\.service .*": "once /etc changed, at boot",
}
ISSUED = "wc -l /var/lib/congvu/issued/*.csv"


def say(text: str) -> None:
    """A line with the time it took until here."""
    seconds = int(time.monotonic() - BEGIN)
    print(f"{seconds // 60}:{seconds % 60:02}  {text}", flush=True)


def testhost(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([ROOT / "molecule" / "hosts" / "testhost", *words])


def start() -> Run:
    """A run with SSH connections of its own, since a host that lost its power does not close the old ones."""
    os.environ["ANSIBLE_SSH_CONTROL_PATH_DIR"] = tempfile.mkdtemp(prefix="congvu.")
    return Run(PLAYBOOK)


def whole() -> Run:
    """A run that nobody disturbs."""
    run = start()
    status = run.end()
    assert status == 0, run.output[-6000:]
    say(f"{len(run.headings)} tasks, {run.lines[-3:]}")
    return run


def drawn(headings: list[str], chance: random.Random) -> Iterator[str]:
    """One task of each fifth of the run, so that every kill falls on what was not done yet."""
    names = [heading.rstrip(" *") for heading in headings if heading.startswith("TASK")]
    once = [name for name in names if names.count(name) == 1]
    for part in range(KILLS):
        yield chance.choice(once[part * len(once) // KILLS : (part + 1) * len(once) // KILLS])


def broken(headings: list[str], chance: random.Random) -> None:
    """Runs that are killed one after the other, one of them together with the host."""
    unlucky = chance.randrange(KILLS)
    for number, heading in enumerate(drawn(headings, chance)):
        run = start()
        run.wait_for(heading)
        time.sleep(chance.uniform(0, 3))
        cycle = testhost("restart", "mail") if number == unlucky else None
        run.kill()
        assert cycle is None or cycle.wait() == 0
        say(f"killed{' with the host' * (number == unlucky)} at {run.headings[-1].rstrip(' *')}")


def faults(peaceful: Snapshot) -> list[str]:
    """What is wrong with the host after runs that were killed."""
    say(f"before the last run: {stale()}")
    whole()
    found = stale()
    again = whole()
    found += [line for line in again.lines if re.search(r"changed=[1-9]", line)]
    found += [f"unfinished package: {line}" for line in ssh("dpkg --audit").splitlines()]
    different = differences(peaceful, take())
    return found + [line for line in different if not any(re.fullmatch(one, line) for one in EXPLAINED)]


def main() -> None:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else int(time.time())
    say(f"SEED={seed} chooses the same tasks again")
    headings = whole().headings
    whole()  # the other host will have seen a second run, too
    peaceful, issued = take(), ssh(ISSUED).split()[0]
    assert testhost("replace", "mail").wait() == 0
    broken(headings, random.Random(seed))  # noqa: S311 (no secret)
    found = faults(peaceful)
    if ssh(ISSUED).split()[0] != issued:
        found.append(f"passwords were issued for others: {issued}, {ssh(ISSUED)}")
    say(f"{len(found)} faults")
    sys.exit("\n".join(found) or 0)


if __name__ == "__main__":
    main()
