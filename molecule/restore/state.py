"""Prints what a mail host holds as JSON, a fact a key; runs on the host, as root, with nothing but Python.

`drill.py` asks it before the host burns, `tests/test_restored.py` afterwards; the two have to be equal.
A host goes on to take in events: given the number of the last one, it leaves out those after it.
"""

import hashlib
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

# Made anew, or of the moment: sessions and caches of the webmail, what counts attempts at a password, mail
# that the system sends to itself, the places in the journal and in the events up to which somebody read.
OF_THE_MOMENT = {
    "session",
    "cache",
    "cache_index",
    "cache_messages",
    "cache_shared",
    "cache_thread",
    "attempt",
    "canary_run",
    "event_cursor",
    "odd_use_watch",
    "portal_session",
}
# What a restore writes down itself, and what came after it
ITS_OWN = {
    "audit_record": "where verb <> 'backup.restore'",
    "event": f"where id <= {sys.argv[1]}" if len(sys.argv) > 1 else "",
}


def out(*command: str, **options: object) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout  # type: ignore[call-overload,no-any-return]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def messages() -> dict[str, object]:
    """Every message as IMAP shows it: bytes, flags (\\Recent is the session's), UID, internal date."""
    fields = "user mailbox uid guid flags date.received text"
    found = json.loads(out("doveadm", "-f", "json", "fetch", "-A", fields, "all"))
    return {
        f"message {each['user']} {each['mailbox']} {each['uid']}": [
            each["guid"],
            sorted({*each["flags"].split()} - {"\\Recent"}),
            each["date.received"],
            sha256(each["text"].encode()),
        ]
        for each in found
    }


def folders() -> dict[str, object]:
    status = json.loads(
        out(
            "doveadm",
            "-f",
            "json",
            "mailbox",
            "status",
            "-A",
            "messages unseen uidnext uidvalidity guid vsize",
            "*",
        )
    )
    own = canary()
    return {
        f"folder {each.pop('username')} {each.pop('mailbox')}": each
        for each in status
        if each["username"] not in own
    }


def canary() -> list[str]:
    """Addresses from which the system writes to itself."""
    return psql("congvu", "select address from canary")


def files() -> dict[str, object]:
    """Filters, subscriptions, keywords, and the messages as they lie on disk."""
    made_anew = ("dovecot.index", "dovecot.list.index", "dovecot-uidlist")
    return {
        f"file {path}": [
            pwd.getpwuid(path.stat().st_uid).pw_name,
            path.stat().st_mode,
            sha256(path.read_bytes()),
        ]
        for folder, _, names in os.walk("/var/vmail")
        for path in (Path(folder, name) for name in names if not name.startswith(made_anew))
    }


def psql(database: str, statement: str) -> list[str]:
    command = ("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", database, "-c", statement)
    return out(*command, user="postgres", cwd="/").splitlines()


def tables(database: str) -> dict[str, object]:
    """Rows and their digest by table: accounts, hashes, roles, aliases, records, diffs, contacts ..."""
    names = psql(database, "select tablename from pg_tables where schemaname = 'public' order by 1")
    digest = "coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '')"
    statement = f"select count(*) || ' ' || {digest} from {{}} t {{}}"
    found: dict[str, object] = {
        f"table {database}.{name}": psql(database, statement.format(f'"{name}"', ITS_OWN.get(name, "")))
        for name in names
        if name not in OF_THE_MOMENT
    }
    counters = psql(database, "select sequencename || ' ' || last_value from pg_sequences order by 1")
    return found | {
        f"sequences {database}": [each for each in counters if not each.startswith(("attempt", *ITS_OWN))]
    }


def rights(database: str) -> dict[str, object]:
    """The schema as pg_dump writes it: constraints, triggers, functions, owners and grants.

    Without brackets, of which PostgreSQL drops some that say nothing, and without pg_dump's random key.
    """
    text = out("pg_dump", "--schema-only", "--create", database, user="postgres", cwd="/")
    lines = [line for line in text.splitlines() if not line.startswith("\\")]
    return {f"schema {database}": sha256("\n".join(lines).translate({40: None, 41: None}).encode())}


def queue() -> dict[str, object]:
    entries = [json.loads(line) for line in out("postqueue", "-j").splitlines()]
    own = canary()
    return {
        f"queued {each['queue_id']}": [
            each["arrival_time"],
            each["sender"],
            [to["address"] for to in each["recipients"]],
            sha256(out("postcat", "-bhq", each["queue_id"]).encode()),
        ]
        for each in entries
        if each["sender"] not in own
    }


def keys() -> dict[str, object]:
    paths = [
        *Path("/var/lib/rspamd/dkim").iterdir(),
        *Path("/etc/ssh").glob("ssh_host_*"),
        *Path("/var/lib/congvu/keys").iterdir(),
        Path("/etc/congvu/policy.json"),
    ]
    return {
        f"key {path}": [path.owner(), path.group(), path.stat().st_mode, sha256(path.read_bytes())]
        for path in paths
    }


def main() -> None:
    state = {**messages(), **folders(), **files(), **queue(), **keys()}
    for database in ("congvu", "roundcube"):
        state |= tables(database) | rights(database)
    print(json.dumps(state | {"last event": psql("congvu", "select max(id) from event")[0]}))


if __name__ == "__main__":
    main()
