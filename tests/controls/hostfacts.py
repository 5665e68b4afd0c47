"""What the running host says about itself: its daemons' effective configuration, its directory, its journal.

One command on the host starts all questions at once and brings the answers back as JSON (a round trip costs
more than most answers). Every question only reads. Sections are parsed when an observer first looks at them, so
that a daemon that does not answer breaks only the observers that need it.
"""

from __future__ import annotations

import json
import re
import shlex
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from congvu import clock
from congvu.policy import resolve
from congvu.policy.model import Resolved

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

# The directory's own tables, never the views through which the doors see them, and its own clock: this judge
# does not ask the worker how it would judge. Of a hash only its form leaves the database.
_DIRECTORY = """
select json_build_object(
 'now', now(), 'congvu_now', congvu_now(),
 'domains', (select json_agg(name) from domain),
 'units', (select json_agg(u) from (select code, name, box, closed from unit order by code) u),
 'people', (select json_agg(p) from (
    select staff_id, kind, unit, starts, ends, address from person order by staff_id) p),
 'mailboxes', (select json_agg(m) from (
    select address, kind, staff_id, unit, quota_mb, closed from mailbox order by address) m),
 'addresses', (select json_agg(a) from (select address, use, domain from address order by address) a),
 'aliases', (select json_agg(f) from (select address, target, closed from forwarding order by address) f),
 'roles', (select json_agg(r) from (select box, staff_id, role from box_role order by box, staff_id) r),
 'credentials', (select json_agg(c) from (
    select address, origin, set_at, substring(hash from '^(\\$[a-z0-9]+\\$(v=[0-9]+\\$[^$]+)?)') as form
      from credential order by address) c),
 'values', (select json_object_agg(key, value) from policy_value),
 'policy', (select sha256 from policy_version order by since desc limit 1)
)"""

_QUESTIONS = {
    "name": "hostname",
    "connection": 'printf %s "$SSH_CONNECTION"',
    "policy": "cat /etc/congvu/policy.json",
    "ca": "cat /etc/congvu/tls/ca.pem",
    "listening": "ss -Hltnp",
    "postconf": "postconf",
    "services": "postconf -P",
    "doveconf": "doveconf",
    "sshd": "sshd -T",
    "nft": "nft -j list ruleset",
    "rspamd": "rspamadm configdump -j",
    "fail2ban": "fail2ban-client -d",
    "units": "systemctl show --property=Id,ActiveState,SubState --type=service,socket,timer '*'",
    "directory": "PGOPTIONS='-c default_transaction_read_only=on' "
    "psql -XAt -h /run/postgresql -U congvu_owner -d congvu -v ON_ERROR_STOP=1 -f -",
}


class NotAnswered(Exception):
    """A question to the host failed: there is nothing to judge by."""


@dataclass(frozen=True)
class Listener:
    """A TCP socket that waits for connections: where, and which program."""

    address: str
    port: int
    program: str


class HostFacts:
    """Answers of one host. Attributes hold parsed sections; ``ask`` puts further questions."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.id: str = host.backend.get_pytest_id()
        stdin = {"directory": _DIRECTORY}
        questions = {name: (command, stdin.get(name, "")) for name, command in _QUESTIONS.items()}
        self._answers = self.ask(questions)
        self.pool = ThreadPoolExecutor(8)
        self._later: dict[str, Future[Any]] = {}

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
        plain["sha256"] = resolve.digest(plain)
        return resolve.parse(plain, "/etc/congvu/policy.json")

    @cached_property
    def policy_plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(self.section("policy"))
        return plain

    def value(self, key: str) -> Any:
        """Return a number of the policy, for what is expected."""
        return self.policy.values[key]

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

    def smtpd(self, service: str, parameter: str) -> str:
        """Return what holds for one service of Postfix, with ``$parameter`` filled in."""
        value = self.services.get(service, {}).get(parameter, self.postconf.get(parameter, ""))
        for _ in range(5):
            value = re.sub(r"\$[({]?(\w+)[)}]?", lambda found: self.postconf.get(found[1], ""), value)
        return value

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
                key, _, value = line.partition("=")
                path[-1][key.strip()] = value.strip()
        return root

    @cached_property
    def rspamd(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(self.section("rspamd"))
        return plain

    @cached_property
    def jails(self) -> dict[str, dict[str, Any]]:
        """fail2ban's running jails: {"sshd": {"maxretry": 5, "findtime": ..., "ignoreip": [...]}}."""
        jails: dict[str, dict[str, Any]] = {}
        for line in self.section("fail2ban").splitlines():
            match line.strip()[1:-1].replace("'", "").split(", "):
                case ["add", name, *_]:
                    jails.setdefault(name, {"ignoreip": []})
                case ["set", name, "addignoreip", *addresses]:
                    jails.setdefault(name, {"ignoreip": []})["ignoreip"] += addresses
                case ["set", name, key, value]:
                    jails.setdefault(name, {"ignoreip": []})[key] = value
        return jails

    @cached_property
    def directory(self) -> Directory:
        plain = json.loads(self.section("directory"))
        return Directory(**{key: ([] if value is None else value) for key, value in plain.items()})


@dataclass(frozen=True)
class Directory:
    """The directory's tables as rows (dictionaries), and what may be worked out from them by hand."""

    now: str
    congvu_now: str
    domains: list[str]
    units: list[dict[str, Any]]
    people: list[dict[str, Any]]
    mailboxes: list[dict[str, Any]]
    addresses: list[dict[str, Any]]
    aliases: list[dict[str, Any]]
    roles: list[dict[str, Any]]
    credentials: list[dict[str, Any]]
    values: dict[str, Any]
    policy: str

    @cached_property
    def today(self) -> str:
        """The day in Viet Nam (ISO) by the database server's own clock, not by the function that rules it."""
        return clock.day(datetime.fromisoformat(self.now)).isoformat()

    @cached_property
    def drift(self) -> timedelta:
        """How far the directory's clock is from the server's."""
        return abs(datetime.fromisoformat(self.congvu_now) - datetime.fromisoformat(self.now))
