"""Further questions to the daemons of a host, about the accounts and numbers that directory and policy name.

Asked all at once when the first observer needs one of them. Nothing is sent, delivered or stored.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Set
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

import candidates
from doors import EICAR
from hostfacts import HostFacts, NotAnswered

from congvu import clock

PASSWORD_SOCKET = "/run/congvu-password/http.sock"
_HERE = Path(__file__).parent
_MAPS = {
    "mailbox": "virtual_mailbox_maps",
    "alias": "virtual_alias_maps",
    "sender": "smtpd_sender_login_maps",
}
_DELIVERY = re.compile(
    r"(?P<queue>\w+): (?:to=<(?P<to>[^>]*)>|from=<[^>]*>).*\bstatus=(?P<status>sent|bounced|expired)\b"
)
_ABSENT = re.compile(r"^passdb lookup: user (\S+) doesn't exist$")


def period_began(today: date, cutoff: str) -> date:
    """Return the first day of the reporting period in which a day lies (nd09: from the 15th)."""
    day, months = (15, (3, 6, 9, 12)) if cutoff == "nd09" else (1, (1, 4, 7, 10))
    first_days = [date(year, month, day) for year in (today.year - 1, today.year) for month in months]
    return max(first for first in first_days if first <= today)


def holds(path: str, box: str) -> bool:
    """Tell whether a path of the store lies in a mailbox, by the mailbox's address."""
    local, _, domain = box.partition("@")
    return f"/{domain}/{local}/Maildir" in path


class Answers:
    """What the daemons of one host answer. ``stranger``: a login that nobody has; ``failing``: may fail."""

    def __init__(self, facts: HostFacts, stranger: str, failing: bool) -> None:
        self.facts = facts
        self.stranger, self.failing = stranger, failing
        self.directory = facts.directory
        self.boxes = [box["address"] for box in facts.directory.open_mailboxes("unit", "office")]
        self._answers = facts.ask(self._questions())

    def _questions(self) -> dict[str, tuple[str, str]]:
        mailboxes = "\n".join([*self.directory.by_address, ""])
        addresses = "\n".join([*(row["address"] for row in self.directory.addresses), ""])
        devices = "\n".join([*(row["address"] for row in self.directory.services), ""])
        first = period_began(self.directory.today, self.facts.value("report.cutoff"))
        began = int(datetime.combine(first, time(), clock.TIMEZONE).timestamp())
        questions = {
            # As the sending door asks, which has seen to TLS itself: doveadm cannot say that it comes by TLS.
            # That somebody is not there is no failure here, hence `true`.
            "logins": ("xargs -r -n 200 doveadm auth lookup -x service=smtp || true", mailboxes),
            "devices": ("xargs -r -n 200 doveadm auth lookup -x service=smtp || true", devices),
            "users": ("doveadm user '*'", ""),
            "quota": ("doveadm -f tab quota get -A", ""),
            "rights": (
                'find "$(doveconf -h mail_home | cut -d% -f1)" -name dovecot-acl -exec grep -H . {} + '
                "|| true",
                "",
            ),
            "waiting": (
                'users=$(mktemp -p /run) && trap \'rm -f "$users"\' EXIT && cat >"$users" && '
                "doveadm -f tab fetch -F \"$users\" 'date.received.unixtime flags' NOT MAILBOX Junk "
                f"NOT MAILBOX Trash NOT MAILBOX Sent NOT MAILBOX Drafts SINCE {first:%d-%b-%Y}",
                "\n".join([*self.boxes, ""]),
            ),
            "newsletters": self._program("newsletters.py", [began, self.boxes, self.directory.domains]),
            "lists": ("doveadm -f tab mailbox list -A", ""),
            "deliveries": (
                f"journalctl -q -o cat --since=@{began} -t postfix/lmtp -t postfix/smtp -t postfix/qmgr "
                "-g 'status=(sent|bounced|expired)' || true",
                "",
            ),
            "sieve": (_SIEVE, f"{self.spam_header}: Yes\nFrom: <a@audit.invalid>\n\n.\n"),
            "sieve plain": (_SIEVE, "From: <a@audit.invalid>\n\n.\n"),
            "filter": self._program("milter.py", [self.milter, [each for _, each in self._messages()]]),
            "assess": self._program("assess.py", [PASSWORD_SOCKET, self._candidates()]),
            "zones": self._program("zones.py", [self.directory.domains, self._next_hosts()]),
            "check": self._program("assess.py", [PASSWORD_SOCKET, self._refused_at_the_web()]),
        }
        for name, parameter in _MAPS.items():
            # postmap fails where it finds nothing at all, which is an answer too
            questions |= {
                f"{name} {table}": (f"postmap -q - {shlex.quote(table)} || test $? = 1", addresses)
                for table in self.facts.postconf[parameter].replace(",", " ").split()
            }
        return questions

    @staticmethod
    def _program(name: str, argument: Any) -> tuple[str, str]:
        """Return a question that runs one of the programs beside this file on the host."""
        return f"python3 - {shlex.quote(json.dumps(argument))}", (_HERE / name).read_text(encoding="utf-8")

    def _next_hosts(self) -> list[str]:
        """Names of hosts that mail for everybody is handed to, and the mail host's own."""
        return [self.facts.postconf["myhostname"], *self.relays]

    @cached_property
    def relays(self) -> list[str]:
        """Hosts through which mail to the outside is sent, by name or address; none: it goes by the DNS."""
        ways = [self.facts.postconf.get("relayhost", ""), self.facts.postconf.get("default_transport", "")]
        hops = (way.partition(":")[2] if way.startswith(("smtp:", "relay:")) else way for way in ways)
        return sorted(
            {
                host
                for hop in hops
                if (host := re.sub(r"^\[?([^]]*?)\]?(:\w+)?$", r"\1", hop)) not in ("", "smtp")
            }
        )

    @cached_property
    def zones(self) -> dict[str, Any]:
        """What the DNS says of our domains and of hosts: see zones.py."""
        plain: dict[str, Any] = json.loads(self.section("zones"))
        return plain

    def section(self, name: str) -> str:
        """Return the output of one question. Raises NotAnswered."""
        status, output, errors = self._answers[name]
        if status != 0:
            raise NotAnswered(f"{name}: exit status {status}: {errors.strip()[-500:]}")
        return output

    # --- store --------------------------------------------------------------------------------------------

    @cached_property
    def logins(self) -> set[str]:
        """Mailboxes that the mail doors would let in with the right password."""
        return self._let_in("logins", self.directory.by_address.keys())

    @cached_property
    def devices(self) -> set[str]:
        """Service accounts that the sending door would let in with the right password."""
        return self._let_in("devices", {row["address"] for row in self.directory.services})

    def _let_in(self, question: str, asked: Set[str]) -> set[str]:
        lines = [line.strip() for line in self.section(question).splitlines()]
        known = {line.removeprefix("passdb: ") for line in lines if line.startswith("passdb: ")}
        absent = {found[1] for line in lines if (found := _ABSENT.match(line))}
        unsettled = asked - known - absent
        if unsettled:  # neither yes nor no: the store cannot ask the directory
            errors = self._answers[question][2].strip()[:200]
            raise NotAnswered(f"passdb: no answer for {len(unsettled)} accounts: {errors}")
        return known

    @cached_property
    def users(self) -> list[str]:
        """Mailboxes that the store serves."""
        return self.section("users").split()

    @cached_property
    def quotas(self) -> dict[str, tuple[int, int]]:
        """(used, limit) of each mailbox in KiB; a limit of 0 is none."""
        found = {}
        for line in self.section("quota").splitlines()[1:]:
            user, _, kind, used, limit, _ = line.split("\t")
            if kind == "STORAGE":
                found[user] = (int(used), int(limit) if limit.isdigit() else 0)
        return found

    @cached_property
    def rights(self) -> list[tuple[str, str]]:
        """Rights that others were given in mailboxes: (path of the mailbox below the root, who and what)."""
        lines = (line.split("/dovecot-acl:", 1) for line in self.section("rights").splitlines())
        return [(path, right) for path, right in lines]

    @cached_property
    def granted(self) -> set[str]:
        """The roles that have a right in the INBOX of their mailbox, as groups: "ADDRESS:ROLE".

        LIST alone does not tell: it shows a mailbox, too, of which only a folder may be opened.
        """
        given = (right.split(" ")[0] for path, right in self.rights if path.endswith("/Maildir"))
        return {who.removeprefix("group=") for who in given}

    @cached_property
    def shown(self) -> dict[str, set[str]]:
        """To whom the store lists each mailbox of a unit or office: address -> logins."""
        found: dict[str, set[str]] = {}
        for line in self.section("lists").splitlines()[1:]:
            user, _, name = line.partition("\t")
            found.setdefault(name.split("/")[-1], set()).add(user)
        return found

    @cached_property
    def waiting(self) -> list[tuple[datetime, bool]]:
        """Each message of the period to a unit or office: when it came, and whether it was opened."""
        lines = (line.split("\t") for line in self.section("waiting").splitlines()[1:])
        return [
            (datetime.fromtimestamp(int(came), UTC), r"\Seen" in flags.split()) for *_, came, flags in lines
        ]

    @cached_property
    def newsletters(self) -> dict[str, tuple[int, int]]:
        """How many messages came for each unit and office, and how many of them to subscribers."""
        plain: dict[str, tuple[int, int]] = json.loads(self.section("newsletters"))
        return plain

    def filed(self, marked: bool) -> str:
        """Return what the store's filter does with a message, with or without the mark of spam."""
        return self.section("sieve" if marked else "sieve plain")

    # --- mail path ------------------------------------------------------------------------------------------

    def looked_up(self, name: str) -> dict[str, list[str]]:
        """What Postfix's maps (mailbox, alias, sender) answer for every address of the directory."""
        found: dict[str, list[str]] = {}
        for question in (each for each in self._answers if each.startswith(f"{name} ")):
            for line in self.section(question).splitlines():
                key, _, value = line.partition("\t")
                found.setdefault(key, []).extend(value.replace(",", " ").split())
        return found

    @cached_property
    def mailbox(self) -> dict[str, list[str]]:
        return self.looked_up("mailbox")

    @cached_property
    def alias(self) -> dict[str, list[str]]:
        return self.looked_up("alias")

    @cached_property
    def sender(self) -> dict[str, list[str]]:
        """Who may send as an address, by login, with whichever of its keys (LOGIN/KEY)."""
        found = self.looked_up("sender")
        return {address: sorted({key.partition("/")[0] for key in keys}) for address, keys in found.items()}

    @cached_property
    def deliveries(self) -> dict[tuple[str, str], str]:
        """The last final result of each delivery in the report's period, by queue id and recipient."""
        found = {}
        for line in self.section("deliveries").splitlines():
            if match := _DELIVERY.match(line):
                found[match["queue"], match["to"] or ""] = match["status"]
        return found

    @property
    def milter(self) -> str:
        return self.facts.postconf["smtpd_milters"].replace(",", " ").split()[0]

    @property
    def spam_header(self) -> str:
        """The header by which the filter tells the store of spam."""
        workers = self.facts.rspamd["worker"]  # a list where there are several
        for worker in workers if isinstance(workers, list) else [workers]:
            if "rspamd_proxy" in worker:
                return str(worker["rspamd_proxy"].get("spam_header", "X-Spam"))
        raise LookupError("the filter has no worker that speaks the milter protocol")

    def _messages(self) -> list[tuple[str, dict[str, Any]]]:
        """Messages to show to the filter: from a stranger, and from a login that pretends to be another."""
        login = self.stranger  # the filter is told that the log-in has succeeded
        boxes = self.directory.open_mailboxes("office") or self.directory.open_mailboxes()
        office = boxes[0]["address"]

        def message(
            login: str | None, sender: str, headers: dict[str, str], body: str = "Xin chào.\r\n"
        ) -> Any:
            stamped = {"Date": "Thu, 01 Jan 2026 08:00:00 +0700", "Message-ID": "<1@audit.invalid>"}
            fixed = {"To": f"<{office}>", "Subject": "Kiem tra", **stamped}
            # Postfix tells the filter so which addresses the login may use
            told = {"X-Congvu-Senders": login} if login else {}
            pairs = [list(pair) for pair in {**told, **headers, **fixed}.items()]
            return {"login": login, "sender": sender, "recipient": office, "headers": pairs, "body": body}

        attachment = {
            "MIME-Version": "1.0",
            "Content-Type": 'application/octet-stream; name="eicar.com"',
            "Content-Disposition": 'attachment; filename="eicar.com"',
        }
        stranger = {"From": "<kiem-tra@audit.invalid>"}
        own = {"From": f"<{login}>"}
        return [
            ("sạch, từ ngoài", message(None, "", stranger)),
            ("mã độc, từ ngoài", message(None, "", {**stranger, **attachment}, EICAR)),
            ("mã độc, từ tài khoản", message(login, login, {**own, **attachment}, EICAR)),
            ("From của người khác", message(login, login, {"From": f"<{office}>"})),
            ("Sender của người khác", message(login, login, {**own, "Sender": f"<{office}>"})),
            ("hai From", message(login, login, {"From": f"<{login}>, <{office}>"})),
            ("From của cơ quan, từ ngoài", message(None, "a@audit.invalid", {"From": f"<{office}>"})),
        ]

    @cached_property
    def filtered(self) -> dict[str, str]:
        """The filter's verdict on each message that was shown to it."""
        verdicts = [each["verdict"] for each in json.loads(self.section("filter"))]
        return dict(zip((name for name, _ in self._messages()), verdicts, strict=True))

    # --- passwords ------------------------------------------------------------------------------------------

    @cached_property
    def _tried(self) -> list[tuple[str, str, dict[str, str]]]:
        value = self.facts.value
        good = [("mạnh (đối chứng)", "", candidates.strong(int(value("password.min_length")) + 6))]
        tried = good + candidates.weak(value) + [(each, "banned", each) for each in candidates.BANNED]
        least = int(value("password.min_length_with_second_factor"))
        beside = {"candidate": candidates.strong(least - 1), "second_factor": "1"}
        return [
            *((what, rule, {"candidate": candidate}) for what, rule, candidate in tried),
            (f"ngắn hơn {least} ký tự, khi có xác thực hai lớp", "min_length", beside),
        ]

    def _candidates(self) -> list[Any]:
        return [["/assess", {"login": self.stranger, **question}] for *_, question in self._tried]

    def _refused_at_the_web(self) -> list[Any]:
        """A log-in at the webmail that cannot succeed, as the webmail would have it checked."""
        question = {"login": self.stranger, "password": "x", "client": self.facts.controller}
        return [["/check", question]] if self.failing else []

    @cached_property
    def assessed(self) -> list[tuple[str, str, set[str]]]:
        """(what was tried, the rule that it breaks or "", the rules that the service named)."""
        found = []
        answers = json.loads(self.section("assess"))
        for (what, rule, _), (status, answer) in zip(self._tried, answers, strict=True):
            if status != 200 or "faults" not in answer:
                raise NotAnswered(f"password service: {status} {answer}")
            found.append((what, rule, {fault["rule"] for fault in answer["faults"]}))
        return found


# sieve-test only says what it would do. It reads a file, which is gone afterwards.
_SIEVE = r"""
message=$(mktemp -p /run) && trap 'rm -f "$message"' EXIT && cat >"$message" && chmod 0644 "$message"
script=$(doveconf -a | awk '/^sieve_script .*\{/ {own = 1; path = type = ""} own && / path = / {path = $3}
  own && / type = before/ {type = 1} /^}/ {if (own && type && path) {print path; exit}; own = 0}')
test -n "$script" && sieve-test "$script" "$message" 2>/dev/null
"""
