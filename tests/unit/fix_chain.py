"""A directory with some sealed days, and the bundle of their quarter, made by the services themselves."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from directories import converge
from fix_database import POLICY, Database, created
from organisations import organisation, person

from congvu import policy
from congvu.services import cli

FIRST = date(2026, 6, 14)  # the day before the quarter 2026-Q3 by nd09 begins
DAYS = [FIRST + timedelta(days=number) for number in range(5)]
SECOND, LAST = DAYS[1], DAYS[-1]
NAME = "congvu-2026-Q3-nd09"
TODAY = "2026-10-01"


def key(path: Path) -> Path:
    """A new signing key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


@dataclass(frozen=True)
class Chained:
    """A host as far as the chain knows it. ``folder``: keys, settings, the policy."""

    database: Database
    folder: Path

    def write(self, day: date) -> None:
        """What a day brings: 4 refused logins, 3 other events, 2 changed passwords, 1 observation, checks."""
        self.database.set_now(f"{day} 10:00+07")
        who = [f"nguoi{number}@snv.example" for number in range(4)]
        for number, login in enumerate(who):
            self.event(day, "login_refused", login, {"why": "password"}, number)
        self.event(day, "login", who[0], {"key": "password", "session": f"s{day}"}, 5)
        self.event(day, "delivered", None, {"queue_id": "4Xy"}, 6)
        self.event(day, "received", None, {"queue_id": "4Xy"}, 7)
        for login in who[:2]:
            self.database.ask(
                "congvu_admin",
                "insert into audit_record (actor, verb, subject) values (%s, 'password.change', %s)",
                login,
                login,
            )
        body = {
            "checked": 3,
            "exceptions": [{"subject": "mã cán bộ CB1", "found": "thư của an@x.vn chậm"}],
            "numerator": 98,
            "denominator": 100,
            "evidence": ["hộp thư của an@x.vn"],
        }
        self.database.ask(
            "congvu_admin",
            "insert into observation (control, host, observed_at, body, policy_sha256) "
            "values ('mail-delivery', 'mail', congvu_now(), %s, %s)",
            json.dumps(
                {**body, "control": "mail-delivery", "observed_at": f"{day}T03:00:00+00:00", "figure": None}
            ),
            json.loads((self.folder / "policy.json").read_text())["sha256"],
        )
        self.database.change(
            "congvu_admin",
            "insert into check_day (day, estimated, off, morning_from, counts, policy_sha256) "
            "values (%s, false, '', congvu_now(), '{}', '')",
            day,
        )
        self.check(day, False, CB1="yes", CB2="no", CB3="no", CB4="yes", CB5="leave")
        self.database.set_now(f"{day} 10:01+07")
        self.check(day, True, CB2="yes")

    def check(self, day: date, correction: bool, **people: str) -> None:
        """Write down whether these looked in the morning, or why they need not; in the afternoon all did."""
        for staff_id, said in people.items():
            self.database.change(
                "congvu_admin",
                "insert into mail_check (day, staff_id, unit, morning, morning_why, afternoon, "
                "afternoon_why, correction) values (%s, %s, 'vp', %s, %s, %s, %s, %s)",
                day,
                staff_id,
                *(None, said, None, said) if said == "leave" else (said == "yes", "", True, ""),
                correction,
            )

    def event(self, day: date, kind: str, login: str | None, detail: dict[str, str], minute: int) -> None:
        self.database.ask(
            "congvu_owner",
            "insert into event (happened_at, host, kind, door, login, detail) "
            "values (%s, 'mail', %s, 'imaps', %s, %s)",
            f"{day} 09:{minute:02}+07",
            kind,
            login,
            json.dumps(detail),
        )

    def seal(self, now: str, *arguments: str) -> int:
        """Run the service as if it were then."""
        self.database.set_now(now)
        return cli.main(
            ["seal", "--settings", str(self.folder / "seal.json"), "--keys", str(self.folder), *arguments]
        )

    def bundle(self, out: Path, quarter: str = "2026-Q3") -> int:
        return cli.main(
            [
                "bundle", "--quarter", quarter, "--cutoff", "nd09", "--out", str(out), "--format", "json",
                "--keys", str(self.folder), "--policy", str(self.folder / "policy.json"),
                "--host", self.database.host, "--database", self.database.name,
            ]
        )  # fmt: skip

    def copies(self, folder: Path) -> Path:
        """The seals as they are fetched off the host."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.database.ask(
            "congvu_admin",
            "select day || '.txt', body from seal union all select day || '.txt.sig', signature from seal",
        ):
            (folder / name).write_text(text)
        signer = self.database.ask("congvu_admin", "select min(signer) from seal")[0][0]
        (folder / "allowed_signers").write_text(f'congvu namespaces="congvu-seal,congvu-bundle" {signer}\n')
        return folder


def prepare(database: Database, folder: Path) -> Chained:
    """Keys, settings and the policy of a host; nothing is written or sealed."""
    key(folder / "seal.key")
    (folder / "pseudonym.key").write_bytes(bytes(range(32)))
    resolved = policy.load(POLICY, "default", date(2026, 11, 23))
    (folder / "policy.json").write_text(json.dumps(policy.dump(resolved)), "utf-8")
    settings = {
        "database": {"host": database.host, "name": database.name},
        "host": "mail.snv.example",
    }
    (folder / "seal.json").write_text(json.dumps(settings), "utf-8")
    database.set_now(f"{FIRST} 08:00+07")
    database.change(
        "congvu_owner", "insert into policy_version (version, sha256) values ('x', %s)", resolved.sha256
    )
    names = ("An", "Bá", "Chí", "Dũng", "Em")
    converge(
        database, organisation(*(person(f"CB{n}", f"Lê {name}") for n, name in enumerate(names, start=1)))
    )
    return Chained(database, folder)


@pytest.fixture
def chained(database: Database, tmp_path: Path) -> Chained:
    """A host on which nothing is sealed yet."""
    folder = tmp_path / "host"
    folder.mkdir()
    return prepare(database, folder)


@dataclass(frozen=True)
class Packed:
    """An unpacked bundle, the seals as they left the host, and the signing key, which root has as well."""

    archive: Path
    folder: Path
    copies: Path
    key: Path


@pytest.fixture(scope="module")
def packed_once(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Packed:
    folder = tmp_path_factory.mktemp("chain")
    with created(cluster, "congvu_chain", "migrated") as database:
        host = prepare(database, folder)
        for day in DAYS:
            host.write(day)
            assert host.seal(f"{day + timedelta(days=1)} 00:10+07") == 0
        assert host.bundle(folder / "out") == 0
        copies = host.copies(folder / "copies")
    archive = folder / "out" / f"{NAME}.tar.gz"
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return Packed(archive, folder / NAME, copies, folder / "seal.key")


@pytest.fixture
def packed(packed_once: Packed, tmp_path: Path) -> Packed:
    """A copy of it to tamper with."""
    for name, place in (("bundle", packed_once.folder), ("copies", packed_once.copies)):
        shutil.copytree(place, tmp_path / name)
    return Packed(packed_once.archive, tmp_path / "bundle", tmp_path / "copies", packed_once.key)


def verified(bundle: Path, copies: Path | None = None, today: str = TODAY) -> tuple[int, list[str]]:
    """What `congvu verify` says: exit status and lines."""
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        status = cli.main(
            ["verify", str(bundle), "--today", today, *(["--seals", str(copies)] if copies else [])]
        )
    assert "Traceback" not in error.getvalue(), error.getvalue()
    return status, out.getvalue().splitlines() or error.getvalue().splitlines()


def as_intruder(database: Database, statement: str) -> None:
    """Past every trigger, as root can."""
    with psycopg.connect(host=database.host, dbname=database.name, user="postgres") as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(statement.encode())
