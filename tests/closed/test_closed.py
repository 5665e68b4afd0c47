"""After `make closed`: the host converged and started again, and asked nothing of the internet."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GROUP = os.environ["CONGVU_HOSTS"]
# Our zones and the outside provider's, addresses, the hosts' short names, and what a resolver asks the root
# itself: its keys, and by which of them (RFC 8145) it believes it
DECLARED = re.compile(r"(^|\.)(test|in-addr\.arpa|ip6\.arpa)\.$|^(mail|partner|_ta-[0-9a-f-]+)?\.$")
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def run(name: str, command: str) -> str:
    """What a shell command on a host wrote; its status does not matter."""
    ssh = ["ssh", "-F", str(ROOT / "build" / "hosts" / GROUP / "ssh_config"), name, command]
    return subprocess.run(ssh, capture_output=True, text=True, check=False).stdout


def fence(verb: str) -> list[str]:
    done = subprocess.run(
        [ROOT / "tests" / "closed" / "fence", verb], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def asked() -> set[str]:
    """The names that the host asked the name server of the network for."""
    lines = run("partner", "journalctl --unit=unbound --output=cat").splitlines()
    return {match[1] for line in lines if (match := re.search(r" info: [\d.]+ (\S+) [A-Z0-9]+ IN$", line))}


@pytest.fixture(scope="module", autouse=True)
def _jobs() -> None:
    """What timers do within a day: lists, upgrades, signatures."""
    jobs = "apt-daily.service apt-daily-upgrade.service"
    run("mail", f"systemctl start {jobs}; systemctl restart clamav-freshclam.service; sleep 5")


def test_nothing_went_beyond_the_network() -> None:
    assert fence("refused") == []


def test_no_name_of_the_internet_was_asked_for() -> None:
    names = asked()
    assert names, "the name server was never asked: this test would see nothing"
    strangers = sorted(name for name in names if not DECLARED.search(name))
    assert not strangers, strangers


ASK_THE_SCANNER = f"""
import socket
scanner = socket.socket(socket.AF_UNIX)
scanner.connect("/run/clamav/clamd.ctl")
part = {EICAR.encode()!r}
scanner.sendall(b"zINSTREAM\\0" + len(part).to_bytes(4, "big") + part + bytes(4))
print(scanner.recv(999))
"""


def test_signatures_came_from_the_mirror() -> None:
    """The scanner knows what the mirror offers, and has nothing else to know it from."""
    assert "FOUND" in run("mail", f"python3 -c {shlex.quote(ASK_THE_SCANNER)}")
    signatures = run("mail", "ls -I '*.dat' /var/lib/clamav").split()
    assert signatures == ["eicar.hdb", "eicar.ndb"]


def test_apt_knows_no_place_but_the_mirror() -> None:
    sites = set(run("mail", "apt-get indextargets --format '$(SITE)' 'Created-By: Packages'").split())
    assert len(sites) == 2
    assert all(re.fullmatch(r"http://[\d.]+:8080/(debian|security)/?", site) for site in sites)


def test_the_fence_sees_what_it_is_there_for() -> None:
    """Last: a connection and a name that nobody declared are counted."""
    run("mail", "timeout 2 bash -c ': </dev/tcp/192.0.2.1/80'; getent hosts mirror.example.org")
    assert "192.0.2.1 . tcp . 80" in [line.replace("http", "80") for line in fence("refused")]
    assert "mirror.example.org." in asked()
