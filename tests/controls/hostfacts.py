"""What the running host says about itself: its daemons' effective configuration, its directory, its journal.

One command on the host starts all questions at once and brings the answers back as JSON (a round trip costs
more than most answers). Every question only reads. Sections are parsed when an observer first looks at them,
so that a daemon that does not answer breaks only the observers that need it.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import directory
import seals

from congvu.policy import Resolved, digest, parse

# Runs on the host. Standard library of Debian's Python only; answers {name: [exit status, output, errors]}.
_ASK = r"""
import json, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
def ask(question):
    command, stdin = question
    done = subprocess.run(["sh", "-c", command], input=stdin, capture_output=True, text=True, timeout=30)
    return [done.returncode, done.stdout, done.stderr]
questions = json.load(sys.stdin)
with ThreadPoolExecutor(6) as pool:
    json.dump(dict(zip(questions, pool.map(ask, questions.values()))), sys.stdout)
"""

# fail2ban's client starts anew for each question; its socket answers all at once. Not running: no jails.
_JAILS = r"""
import json
from fail2ban.client.csocket import CSocket
def ask(*words):
    return server.send(list(words))[1]
try:
    server = CSocket("/run/fail2ban/fail2ban.sock")
except OSError:
    print("{}")
else:
    names = dict(ask("status"))["Jail list"].replace(",", " ").split()
    keys = ("maxretry", "findtime", "ignoreip")
    print(json.dumps({name: {key: ask("get", name, key) for key in keys} for name in names}))
"""

_PSQL = (
    "PGOPTIONS='-c default_transaction_read_only=on' "
    "psql -XAt -h /run/postgresql -U congvu_owner -d congvu -v ON_ERROR_STOP=1 -f -"
)
_QUESTIONS = {
    "name": "hostname",
    "connection": 'printf %s "$SSH_CONNECTION"',
    "policy": "cat /etc/congvu/policy.json",
    "declared": "cat /etc/congvu/declared.json",
    "addresses": "ip -j address show scope global",
    "fingerprint key": "cd /var/lib/congvu/keys && stat -c '%U %a' fingerprint.key && "
    "sha256sum fingerprint.key | cut -c1-16",
    "ca": "cat /etc/congvu/tls/ca.pem",
    "listening": "ss -Hltnp",
    "postconf": "postconf",
    "services": "postconf -P",
    "doveconf": "doveconf -a",
    "sshd": "sshd -T",
    "nft": "nft -j list ruleset",
    "rspamd": "rspamadm configdump -j",
    "fail2ban": f"python3 -c {shlex.quote(_JAILS)}",
    "banned": "stat --format=%s /var/log/fail2ban.log",
    "journald": "systemd-analyze cat-config systemd/journald.conf; "
    "ls /var/log/journal/$(cat /etc/machine-id)/system.journal",
    "units": "systemctl show --property=Id,ActiveState,SubState --type=service,socket,timer '*'",
    "directory": _PSQL,
    "seals": _PSQL,
}


# What master.cf may call the service of a port; behind postscreen smtpd has no port of its own
_SERVICES = {
    "25": ("smtpd/pass", "smtp/inet", "25/inet"),
    "465": ("465/inet", "submissions/inet", "smtps/inet"),
}


class NotAnswered(Exception):
    """A question to the host failed: there is nothing to judge by."""


@dataclass(frozen=True)
class Listener:
    """A TCP socket that waits for connections: where, and which program."""

    address: str
    port: int
    program: str

    @property
    def loopback(self) -> bool:
        return self.address.startswith("127.") or self.address in ("::1", "[::ffff:127.0.0.1]")


class HostFacts:
    """Answers of one host. Attributes hold parsed sections; ``ask`` puts further questions."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.id: str = host.backend.get_pytest_id()
        stdin = {"directory": directory.SQL, "seals": seals.SQL}
        questions = {name: (command, stdin.get(name, "")) for name, command in _QUESTIONS.items()}
        self._answers = self.ask(questions)

    def ask(self, questions: dict[str, tuple[str, str]]) -> dict[str, tuple[int, str, str]]:
        """Run shell commands (command, standard input) on the host, all at once."""
        # A here-document, since an argument has a limit of length and testinfra has no standard input.
        end = "CONGVU-QUESTIONS"
        script = f"python3 -c {shlex.quote(_ASK)} <<'{end}'\n{json.dumps(questions)}\n{end}\n"
        done = self.host.run(script)
        if done.rc != 0:
            raise NotAnswered(f"the host did not answer: {done.stderr.strip()[-500:]}")
        answers = json.loads(done.stdout)
        return {name: (rc, out, err) for name, (rc, out, err) in answers.items()}

    def section(self, name: str) -> str:
        """Return the output of one standing question. Raises NotAnswered."""
        status, output, errors = self._answers[name]
        if status != 0:
            raise NotAnswered(f"{_QUESTIONS[name]}: exit status {status}: {errors.strip()[-500:]}")
        return output

    # --- who and where --------------------------------------------------------------------------------

    @cached_property
    def name(self) -> str:
        return self.section("name").strip()

    @cached_property
    def address(self) -> str:
        """The host's address as the controller reached it."""
        return self.section("connection").split()[2]

    @cached_property
    def controller(self) -> str:
        """The controller's address as the host sees it."""
        return self.section("connection").split()[0]

    @cached_property
    def ca(self) -> str | None:
        status, output, _ = self._answers["ca"]
        return output if status == 0 else None

    @cached_property
    def policy(self) -> Resolved:
        """The policy that the host carries. Whether its digest fits is for an observer to say."""
        plain = dict(self.policy_plain)
        plain["sha256"] = digest(plain)
        return parse(plain, "/etc/congvu/policy.json")

    @cached_property
    def policy_plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(self.section("policy"))
        return plain

    def value(self, key: str) -> Any:
        """Return a number of the policy, for what is expected. Raises NotAnswered."""
        if key not in self.policy.values:
            raise NotAnswered(
                f"the policy of this host has no value {key}, which this observer compares with"
            )
        return self.policy.values[key]

    @cached_property
    def declared(self) -> dict[str, Any]:
        """What the organisation says of its hosts, for comparison."""
        plain: dict[str, Any] = json.loads(self.section("declared"))
        return plain

    # --- network and system -----------------------------------------------------------------------------

    @cached_property
    def listening(self) -> list[Listener]:
        found = []
        for line in self.section("listening").splitlines():
            fields = line.split()
            address, port = fields[3].rsplit(":", 1)
            program = re.search(r'"([^"]+)"', fields[5]) if len(fields) > 5 else None
            name = program[1] if program else "?"
            found.append(Listener(address.split("%")[0].strip("[]"), int(port), name))
        return found

    @cached_property
    def addresses(self) -> list[str]:
        """The host's own addresses, but for those that lead nowhere else."""
        links = json.loads(self.section("addresses"))
        return sorted(each["local"] for link in links for each in link["addr_info"] if each)

    @cached_property
    def nft(self) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = json.loads(self.section("nft"))["nftables"]
        return rules

    @cached_property
    def sshd(self) -> dict[str, str]:
        lines = (line.partition(" ") for line in self.section("sshd").splitlines())
        return {key: value for key, _, value in lines}

    @cached_property
    def units(self) -> dict[str, str]:
        """Active state of every loaded unit, by name."""
        blocks = (dict(line.split("=", 1) for line in block.splitlines())
                  for block in self.section("units").strip().split("\n\n"))  # fmt: skip
        return {block["Id"]: block["ActiveState"] for block in blocks}

    # --- daemons -----------------------------------------------------------------------------------------

    @cached_property
    def postconf(self) -> dict[str, str]:
        lines = (line.partition("=") for line in self.section("postconf").splitlines())
        return {key.strip(): value.strip() for key, _, value in lines}

    @cached_property
    def services(self) -> dict[str, dict[str, str]]:
        """Parameters that master.cf gives single services: {"submissions/inet": {"smtpd_...": "..."}}."""
        found: dict[str, dict[str, str]] = {}
        for line in self.section("services").splitlines():
            key, _, value = line.partition("=")
            service, _, parameter = key.strip().rpartition("/")
            found.setdefault(service, {})[parameter] = value.strip()
        return found

    def smtpd(self, port: str, parameter: str) -> str:
        """Return what holds for Postfix on a port, with ``$parameter`` filled in."""
        names = _SERVICES[port]
        own = next((self.services[name] for name in names if name in self.services), {})
        value = own.get(parameter, self.postconf.get(parameter, ""))
        for _ in range(5):
            value = re.sub(r"\$[({]?(\w+)[)}]?", lambda found: self.postconf.get(found[1], ""), value)
        return value

    def submission(self, parameter: str) -> str:
        """Return what holds on port 465."""
        return self.smtpd("465", parameter)

    @cached_property
    def doveconf(self) -> dict[str, Any]:
        """Dovecot's settings as nested dictionaries: {"ssl": "required", "service imap-login": {...}}."""
        root: dict[str, Any] = {}
        path = [root]
        for line in map(str.strip, self.section("doveconf").splitlines()):
            if not line or line.startswith("#"):
                continue
            if line == "}":
                path.pop()
            elif line.endswith("{"):
                path.append(path[-1].setdefault(line[:-1].strip(), {}))
            else:
                key, _, value = map(str.strip, line.partition("="))
                path[-1][key] = json.loads(value) if re.fullmatch(r'"(\\.|[^"\\])*"', value) else value
        return root

    @cached_property
    def rspamd(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(self.section("rspamd"))
        return plain

    @cached_property
    def jails(self) -> dict[str, dict[str, Any]]:
        """fail2ban's running jails: {"sshd": {"maxretry": 5, "findtime": 900, "ignoreip": [...]}}."""
        plain: dict[str, dict[str, Any]] = json.loads(self.section("fail2ban"))
        return plain

    @cached_property
    def directory(self) -> directory.Directory:
        return directory.Directory.read(json.loads(self.section("directory")))
