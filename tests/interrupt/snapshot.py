"""A host as it is, to be compared with another: files, packages, units, database.

python tests/interrupt/snapshot.py FILE       write what the host `mail` of the group is to a file
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import runs

Snapshot = dict[str, dict[str, str]]

# What legitimately differs between two hosts, or two moments of one; only owner and mode are compared.
DIFFERS = {
    r"/etc/ssh/ssh_host_.*": "keys of the host",
    r"/etc/ssl/(certs|private)/(ssl-cert-snakeoil|[0-9a-f]{8}\.\d).*": "made by Debian itself",
    r"/etc/roundcube/des_key": "a key of its own",
    r"/var/lib/(rspamd/dkim|congvu/keys)/.*": "keys of its own",
    r"/etc/(machine-id|hostname|hosts|ld\.so\.cache|mtab|adjtime)": "of the machine, or a cache",
    # their names are compared
    r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?": "numbers and days depend on the order",
    r"/etc/(postgresql/17/main/postgresql\.conf|postgresql-common/.*)": "made by initdb for the cluster",
    r"/var/lib/clamav/.*\.(sock|log)|/var/lib/congvu/packages/.*": "which versions were installed before",
}
GONE = {
    r"/etc/.*\.(dpkg-(old|dist|new)|bak|ucf-old)|/etc/\.pwd\.lock": "backups of Debian's own tools",
    r"/etc/rc.\.d/.*|/etc/(alternatives|rcS\.d)/.*": "links that follow from packages",
    r"/root/\.(ansible|cache|ssh|bash_history|psql_history)(/.*)?": "traces of whoever was logged in",
    r"/var/lib/roundcube/temp/.*": "uploads of sessions",
}
ROOTS = "/etc /usr/local /root /tmp /usr/lib/python3/dist-packages/congvu"
STATE = "/var/lib/congvu /var/lib/clamav /var/lib/rspamd/dkim /var/lib/roundcube"
EVIDENCE = ("observation", "audit*", "attempt*", "event*", "seal*", "segment", "schema_migration*")
LOOK = rf"""
import grp, hashlib, json, os, pathlib, pwd, stat, subprocess

def ask(command):
    return subprocess.run(command, shell=True, text=True, capture_output=True).stdout

def owner(found):
    return pwd.getpwuid(found.st_uid).pw_name + ":" + grp.getgrgid(found.st_gid).gr_name

files = {{}}
for root in "{ROOTS} {STATE}".split():
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(("systemd-private-", "__pycache__"))]
        for path in (pathlib.Path(place, name) for name in [*folders, *names]):
            found = path.lstat()
            if path.is_symlink():
                content = os.readlink(path)
            else:
                content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(found.st_mode) else ""
            files[str(path)] = f"{{owner(found)}} {{stat.S_IMODE(found.st_mode):04o}} {{content}}"
dump = "runuser -u postgres -- pg_dump congvu"
print(json.dumps({{
    "files": files,
    "accounts": ask("cut -d: -f1 /etc/passwd; getent group | sed -E 's/:[^:]*:[0-9]+:/: /'"),
    "packages": ask("dpkg-query --show --showformat '${{Package}} ${{Version}} ${{Status}}\n'"),
    "units": ask("systemctl list-unit-files --no-legend --plain; "
                 "systemctl list-units --all --no-legend --plain --type=service,socket,timer | "
                 "sed -E 's/ +/ /g' | cut -d' ' -f1-3"),
    "schema": ask(dump + " --schema-only"),
    "data": ask(dump + " --data-only {" ".join(f"--exclude-table-data={name}" for name in EVIDENCE)}"),
    "roundcube": ask("runuser -u postgres -- pg_dump roundcube --schema-only"),
    "kernel": ask("sed -En 's/^([a-z0-9._]+) = .*/\\1/p' /etc/sysctl.d/60-congvu.conf | xargs sysctl"),
    "firewall": ask("nft -s list table inet congvu"),
}}))
"""
# Moments, hashes and numbers of rows differ from run to run; whose they are does not.
VOLATILE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*[+\d:]*|\$argon2id\$\S+|[0-9a-f]{8}-[0-9a-f-]{27}|^\d+\t"
)
# Of the moment: sessions, mounts, and jobs that come and go by their own clocks.
PASSING = re.compile(
    r"^(session|user|run-|systemd-(tmpfiles|hostnamed|timedated|localed|journal)|dpkg-db|apt-|logrotate)"
    r"|^(phpsession|fstrim|e2scrub|modprobe@|man-db|getty|container-|clean|--|\\(un)?restrict)"
    r"|^SELECT pg_catalog.setval|\.scope|^$"
)


def take() -> Snapshot:
    """What the host is, each part a mapping of a name to what is said of it."""
    seen: dict[str, Any] = json.loads(runs.ssh("python3 -", LOOK))
    files = seen.pop("files").items()
    snapshot: Snapshot = {"files": {path: normal(path, said) for path, said in files if kept(path)}}
    for part, text in seen.items():
        lines = sorted(VOLATILE.sub("~", line).strip() for line in text.splitlines())
        counted = ((line, lines[:n].count(line)) for n, line in enumerate(lines) if not PASSING.search(line))
        snapshot[part] = {f"{line} #{count}": "" for line, count in counted}
    return snapshot


def kept(path: str) -> bool:
    return not any(re.fullmatch(pattern, path) for pattern in GONE)


def normal(path: str, said: str) -> str:
    """The same without a content that legitimately differs."""
    return said.rsplit(" ", 1)[0] if any(re.fullmatch(pattern, path) for pattern in DIFFERS) else said


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """What two hosts do not have in common, a line each."""
    return [
        f"{part}: {name}: {one[part].get(name, 'missing')} | {other[part].get(name, 'missing')}"
        for part in one
        for name in sorted(one[part].keys() | other[part].keys())
        if one[part].get(name) != other[part].get(name)
    ]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(take(), indent=1, sort_keys=True), encoding="utf-8")
