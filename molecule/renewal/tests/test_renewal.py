"""The certificate by ACME, its renewal and its failures, at every door; then given files again."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[3]
GROUP = os.environ.get("CONGVU_HOSTS", "demo")
AUTHORITIES = ROOT / "build" / GROUP / "tls"
PORTS = {25: "smtp", 443: "", 465: "", 993: "", 4190: "sieve"}
DAEMONS = ("nginx", "postfix", "dovecot")
RENEW = "systemctl start congvu-acme.service"


def connect(address: str, port: int, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
    """A TLS connection to a door, by STARTTLS where it begins in clear text."""
    plain = socket.create_connection((address, port), timeout=30)
    if PORTS[port]:
        lines = plain.makefile("rb")
        greeting_ends, asked = {"smtp": (b"220 ", [b"EHLO x", b"STARTTLS"]), "sieve": (b"OK", [b"STARTTLS"])}[
            PORTS[port]
        ]
        ends = [greeting_ends, *([b"250 ", b"220 "] if PORTS[port] == "smtp" else [b"OK"])]
        for question, end in zip([b"", *asked], ends, strict=True):
            if question:
                plain.sendall(question + b"\r\n")
            while not (line := lines.readline()).startswith(end):
                assert line, f"port {port} hung up"
    return context.wrap_socket(plain, server_hostname=name)


@pytest.fixture(scope="module")
def name() -> str:
    """The host's own name."""
    return "mail.snv.binhdinh.test"


@pytest.fixture(scope="module")
def address() -> str:
    addresses: dict[str, str] = json.loads(
        (ROOT / "build" / "hosts" / GROUP / "hosts.json").read_text("utf-8")
    )
    return addresses["mail"]


def served(address: str, name: str, root: str) -> dict[int, tuple[str, set[str]]]:
    """Port -> digest and names of the certificate served there, which the root has to vouch for."""
    context = ssl.create_default_context(cafile=AUTHORITIES / root)
    found = {}
    for port in PORTS:
        with connect(address, port, context, name) as door:
            told = door.getpeercert() or {}
            digest = hashlib.sha256(door.getpeercert(binary_form=True) or b"").hexdigest()
            found[port] = (digest, {str(value) for _, value in told.get("subjectAltName", ())})
    return found


def digests(address: str, name: str, root: str = "acme-root.pem") -> set[str]:
    return {digest for digest, _ in served(address, name, root).values()}


@contextmanager
def due(host: Host) -> Iterator[None]:
    """The certificate counts as due for renewal."""
    config = "/etc/congvu/acme/config"
    host.run_expect([0], f"sed -i.kept 's/^RENEW_DAYS=.*/RENEW_DAYS=9999/' {config}")
    try:
        yield
    finally:
        host.run_expect([0], f"mv {config}.kept {config}")


@contextmanager
def authority_away() -> Iterator[None]:
    partner = [str(ROOT / "molecule" / "hosts" / "testhost"), "exec", "partner"]
    subprocess.run([*partner, "systemctl", "stop", "pebble.service"], check=True)
    try:
        yield
    finally:  # it comes back without its accounts: nothing after this may be due
        subprocess.run([*partner, "systemctl", "start", "pebble.service"], check=True)
        up = "for i in {1..99}; do (: </dev/tcp/127.0.0.1/14000) 2>&- && exit; sleep 0.2; done; exit 1"
        subprocess.run([*partner, "bash", "-c", up], check=True)


def playbook(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook as an operator does."""
    program = Path(sys.executable).with_name("ansible-playbook")
    inventories = [f"--inventory={ROOT / 'inventories' / name}" for name in ("shared", "demo")]
    return subprocess.run(
        [str(program), *inventories, *arguments],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_door_serves_what_the_authority_issued(address: str, name: str) -> None:
    names = {name, *(f"{host}.snv.binhdinh.test" for host in ("autoconfig", "autodiscover", "mta-sts"))}
    found = served(address, name, "acme-root.pem")
    assert {port: told for port, (_, told) in found.items()} == dict.fromkeys(PORTS, names)
    assert len({digest for digest, _ in found.values()}) == 1


def test_it_renews_by_itself(host: Host) -> None:
    assert host.service("congvu-acme.timer").is_running
    assert host.service("congvu-acme.timer").is_enabled
    key = host.file("/etc/congvu/tls/key.pem")
    assert (key.user, key.group, key.mode) == ("root", "ssl-cert", 0o640)


def test_what_is_not_due_is_left_alone(host: Host, address: str, name: str) -> None:
    before = digests(address, name)
    host.run_expect([0], RENEW)
    assert digests(address, name) == before


def test_a_host_that_is_held_by_a_restore_asks_nobody(host: Host, address: str, name: str) -> None:
    """Nginx is down then, and the restore goes on to the end, where it asks itself."""
    held, before = "/var/lib/congvu/backup/held", digests(address, name)
    with due(host):
        host.run_expect([0], f"install -D -m 0600 /dev/null {held}")
        try:
            host.run_expect([0], RENEW)
        finally:
            host.run_expect([0], f"rm {held}")
    assert digests(address, name) == before


def test_a_renewal_drops_no_connection_and_restarts_nothing(host: Host, address: str, name: str) -> None:
    root = ssl.create_default_context(cafile=AUTHORITIES / "acme-root.pem")
    before = digests(address, name)
    processes = {daemon: host.service(daemon).systemd_properties["MainPID"] for daemon in DAEMONS}
    request = f"POST /mat-khau HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    with (
        connect(address, 993, root, name) as imap,
        connect(address, 465, root, name) as smtp,
        connect(address, 443, root, name) as web,
    ):
        assert imap.recv(999).startswith(b"* OK")
        assert smtp.recv(999).startswith(b"220 ")
        web.sendall(request.encode() + b"a")  # the other half follows after the renewal
        with due(host):
            host.run_expect([0], RENEW)
        imap.sendall(b"a CAPABILITY\r\n")
        assert imap.recv(999).startswith(b"* CAPABILITY")
        smtp.sendall(b"NOOP\r\n")
        assert smtp.recv(999).startswith(b"250 ")
        web.sendall(b"=")
        assert web.recv(999).startswith(b"HTTP/1.1 4")  # the page's own answer to a form without a token
    after = digests(address, name)
    assert len(after) == 1
    assert after.isdisjoint(before)
    assert {daemon: host.service(daemon).systemd_properties["MainPID"] for daemon in DAEMONS} == processes


def test_a_renewal_that_fails_is_seen_and_changes_nothing(host: Host, address: str, name: str) -> None:
    before = digests(address, name)
    with authority_away(), due(host):
        assert host.run(RENEW).failed
        assert "congvu-acme.service" in host.check_output("systemctl list-units --failed --plain --no-legend")
        line = "Failed to start congvu-acme.service"
        assert line in host.check_output("journalctl --unit=congvu-acme.service --since=-1min --output=cat")
    assert digests(address, name) == before
    host.run_expect([0], RENEW)  # the next look finds the authority again
    assert not host.check_output("systemctl list-units --failed --plain --no-legend congvu-acme.service")


def test_a_certificate_that_is_not_fit_is_not_installed(host: Host, address: str, name: str) -> None:
    before = digests(address, name)
    key = "/var/lib/congvu-acme/certs/mail/privkey.pem"
    host.run_expect(
        [0], f"cp -aL {key} {key}.kept && openssl ecparam -genkey -name prime256v1 -noout >{key}.new"
    )
    try:
        host.run_expect([0], f"cp -L --remove-destination {key}.new {key}")
        refused = host.run("/usr/local/libexec/congvu-install-certificate")
        assert refused.rc == 1
        assert "does not belong to the key" in refused.stderr
    finally:
        host.run_expect([0], f"mv {key}.kept {key} && rm {key}.new")
    assert digests(address, name) == before


def test_settings_that_do_not_fit_are_refused_all_at_once(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(
        "{certificates_source: acme, certificates_acme_directory: http://ca.test/dir}\n", "utf-8"
    )
    refused = playbook("molecule/renewal/given.yml", f"--extra-vars=@{settings}")
    assert refused.returncode == 2
    said = " ".join(refused.stdout.split())
    for fault in ("certificates_acme_agree_terms", "certificates_acme_email", "certificates_acme_directory"):
        assert fault in said
    assert "Nothing was changed." in said


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "other.key"
    subprocess.run(
        [
            "openssl",
            "genpkey",
            "-algorithm",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-out",
            str(key),
        ],
        check=True,
        capture_output=True,
    )
    refused = playbook("molecule/renewal/given.yml", f"--extra-vars=certificates_key_file={key}")
    assert refused.returncode == 2
    assert "name the two files of one issue" in " ".join(refused.stdout.split())


def test_given_files_take_over_at_every_door(host: Host, address: str, name: str) -> None:
    """Last: the host is as it was before this story."""
    done = playbook("molecule/renewal/given.yml")
    assert done.returncode == 0, done.stdout
    pem = (AUTHORITIES / "chain.pem").read_text("ascii")
    given = ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----END") + len("-----END CERTIFICATE-----")])
    assert digests(address, name, "ca.pem") == {hashlib.sha256(given).hexdigest()}
    assert not host.service("congvu-acme.timer").exists
