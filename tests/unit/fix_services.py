"""The password service and the page as they are deployed: gunicorn on Unix sockets, before a real PostgreSQL.

Both run once a session; they connect to the database anew for each answer, hence see each test's own.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any

import pytest
from fix_database import POLICY, Database

from congvu import policy
from congvu.fingerprints import Key
from congvu.passwords import hash_password

DOMAIN = "snv.binhdinh.test"
ORGANISATION = "Sở Nội vụ tỉnh Bình Định"
PASSWORD = "Kq7$mzRt-tím"
NEW = "Tbw4%lla-vàng"
OUTSIDE = "203.0.113.9"
OFFICE = "10.20.3.4"
WRONG = "Sai-rồi-1"
KEY = Key(bytes(range(32)))

# login -> (name, origin of the password, months since it was set, last day of service)
PEOPLE = {
    "annv": ("Nguyễn Văn An", "self", 0, None),
    "linhnhp": ("Nguyễn Hoàng Phương Linh", "self", 4, None),
    "ducpv": ("Phạm Văn Đức", "self", 7, None),
    "hoalt": ("Lê Thị Hoà", "issued", 0, None),
    "dathd": ("Hồ Đình Đạt", "reset", 0, None),
    "nghiptt": ("Phạm Thị Tường Nghi", "self", 0, "2020-01-01"),
}
# Each has a password of their own, as they must.
PASSWORDS = dict(
    zip(
        PEOPLE,
        (PASSWORD, "Wd3!pLx-hồng", "Gm5?tRq-xanh", "Zk8%nVc-nâu", "Xs4#bHj-đen", "Yt6*cFw-lam"),
        strict=True,
    )
)
_HASHES = {login: hash_password(password) for login, password in PASSWORDS.items()}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class _Connection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self.path))


@dataclass(frozen=True)
class Server:
    """A gunicorn; `output` is what it wrote, which on a host goes to the journal."""

    socket: Path
    output: Path

    def listens(self) -> bool:
        """Whether somebody answers: the socket is there a moment earlier."""
        connection = _Connection(self.socket)
        try:
            connection.connect()
        except OSError:
            return False
        finally:
            connection.close()
        return True

    def send(self, method: str, path: str, body: str | bytes = "", **headers: str) -> Reply:
        connection = _Connection(self.socket)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, names)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read().decode())
        finally:
            connection.close()

    def post(self, verb: str, **question: object) -> Reply:
        return self.send("POST", f"/{verb}", json.dumps(question), Content_Type="application/json")


def own(login: str) -> str:
    """The password that the login's owner begins with; annv's for anything else."""
    return PASSWORDS.get(login.partition("@")[0], PASSWORD)


def check(server: Server, login: str, password: str | None = None, client: str = OUTSIDE) -> Reply:
    return server.post(
        "check", login=login, password=own(login) if password is None else password, client=client
    )


def change(server: Server, login: str, new: str = NEW, present: str | None = None) -> Reply:
    present = own(login) if present is None else present
    return server.post("change", login=login, present=present, new=new, client=OUTSIDE)


def answer(server: Server, login: str, password: str | None = None, client: str = OUTSIDE) -> str:
    return str(check(server, login, password, client).json["answer"])


@contextmanager
def gunicorn(app: str, folder: Path, name: str) -> Iterator[Server]:
    """Run an application factory on a socket in the folder until the block ends."""
    server = Server(folder / f"{name}.sock", folder / f"{name}.log")
    command = [sys.executable, "-m", "gunicorn", "--preload", "--threads", "4"]
    command += ["--bind", f"unix:{server.socket}", app]
    with server.output.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
        try:
            deadline = time.monotonic() + 30
            while not server.listens():
                assert process.poll() is None, server.output.read_text()
                assert time.monotonic() < deadline, server.output.read_text()
                time.sleep(0.05)
            yield server
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def host_files(tmp_path_factory: pytest.TempPathFactory, cluster: str) -> Path:
    """What the roles write on a host: the policy, and the settings of both services."""
    folder = tmp_path_factory.mktemp("host")
    resolved = policy.load(POLICY, "default", date(2026, 11, 23))
    (folder / "policy.json").write_text(json.dumps(policy.dump(resolved)))
    (folder / "words").write_text("sunflower\ncomputer\n")
    (folder / "fingerprint.key").write_bytes(KEY.secret)
    settings = {
        "policy": str(folder / "policy.json"),
        "words": str(folder / "words"),
        "fingerprint_key": str(folder / "fingerprint.key"),
        "database": {"host": cluster, "name": "congvu"},
        "domain": DOMAIN,
        "organisation": [ORGANISATION],
        "office_networks": ["10.20.0.0/16", "2001:db8:20::/48"],
    }
    (folder / "password.json").write_text(json.dumps(settings))
    settings = {
        "policy": str(folder / "policy.json"),
        "database": {"host": cluster, "name": "congvu"},
        "organisation": ORGANISATION,
        "hostname": f"mail.{DOMAIN}",
        "domain": DOMAIN,
        "domains": [DOMAIN],
        "webmail": "/",
        "service_socket": str(folder / "password.sock"),
    }
    (folder / "web.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="session")
def password_server(host_files: Path) -> Iterator[Server]:
    """The password service without a directory behind it."""
    app = f'congvu.services.password:create_app("{host_files}/password.json")'
    with gunicorn(app, host_files, "password") as server:
        yield server


@pytest.fixture(scope="session")
def web_server(host_files: Path) -> Iterator[Server]:
    """The page, without the service behind it."""
    with gunicorn(f'congvu.web.app:create_app("{host_files}/web.json")', host_files, "web") as server:
        yield server


@pytest.fixture
def people(database: Database) -> Database:
    """The directory with a unit, its box, and a person in each state, who know their PASSWORDS."""
    # As the owner, since an administrator can make no password look like the person's own.
    with database.store("congvu_owner") as db:
        db.record("test", "test", "", {})
        run, box = db.connection.execute, f"tccb@{DOMAIN}"
        run("insert into domain values (%s)", [DOMAIN])
        run("insert into address values (%s, 'unit')", [box])
        run("insert into unit values ('tccb', 'Phòng Tổ chức, biên chế', %s)", [box])
        run("insert into mailbox (address, kind, unit) values (%s, 'unit', 'tccb')", [box])
        for login, (name, origin, months, end) in PEOPLE.items():
            address = f"{login}@{DOMAIN}"
            run("insert into address values (%s, 'person')", [address])
            run(
                "insert into person (staff_id, full_name, kind, unit, starts, ends, address) "
                "values (%s, %s, 'cong_chuc', 'tccb', '2019-01-01', %s, %s)",
                [login, name, end, address],
            )
            run("insert into mailbox (address, kind, staff_id) values (%s, 'person', %s)", [address, login])
            run(
                "insert into credential (address, hash, origin, set_at) "
                "values (%s, %s, %s, now() - make_interval(months => %s))",
                [address, _HASHES[login], origin, months],
            )
    return database


@pytest.fixture
def service(password_server: Server, people: Database) -> Server:
    """The password service with people in the directory."""
    assert people.host
    return password_server


@pytest.fixture
def page(web_server: Server, service: Server) -> Server:
    """The page with everything behind it."""
    assert service.socket.exists()
    return web_server


@pytest.fixture
def journal(password_server: Server) -> Callable[[], list[dict[str, Any]]]:
    """Returns the service's journal lines since the beginning of the test."""
    start = password_server.output.stat().st_size

    def lines() -> list[dict[str, Any]]:
        written = password_server.output.read_bytes()[start:].decode()
        return [json.loads(line) for line in written.splitlines() if line.startswith("{")]

    return lines
