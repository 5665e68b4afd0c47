"""What the mail store is given of the directory: rights in boxes, and the end of sessions."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from directories import converge
from fix_database import Database
from organisations import Box, at, organisation, person

from congvu import store
from congvu.accounts import Handover
from congvu.errors import UserError
from congvu.services import boxes

BOX = "vp@snv.example"
RIGHTS = {"head": "lrwstiekx", "member": "lr"}
WRITTEN = f"group={BOX}:head lrwstiekx\ngroup={BOX}:member lr\n"


def test_a_box_without_mail_is_made_with_the_rights_of_its_roles(tmp_path: Path) -> None:
    assert boxes.grant(tmp_path, BOX, RIGHTS)
    inbox = tmp_path / "snv.example" / "vp" / "Maildir"
    assert (inbox / "dovecot-acl").read_text("utf-8") == WRITTEN
    assert {path.name for path in inbox.iterdir()} == {"cur", "new", "tmp", "dovecot-acl"}
    assert not boxes.grant(tmp_path, BOX, RIGHTS)


def test_other_rights_reach_every_folder_and_the_inbox_last(tmp_path: Path) -> None:
    boxes.grant(tmp_path, BOX, {"head": "lr"})
    inbox = tmp_path / "snv.example" / "vp" / "Maildir"
    folder = inbox / "Lưu" / "2026"
    folder.mkdir(parents=True)
    (folder / "dovecot-acl").write_text("user=somebody lr\n", "utf-8")
    (folder / "dovecot-acl.new").mkdir()  # as if the disk failed here
    with pytest.raises(OSError, match=r"dovecot-acl\.new"):
        boxes.grant(tmp_path, BOX, RIGHTS)
    (folder / "dovecot-acl.new").rmdir()
    assert boxes.grant(tmp_path, BOX, RIGHTS)
    assert (folder / "dovecot-acl").read_text("utf-8") == WRITTEN


def test_rights_that_nobody_granted_are_found_in_every_mailbox(tmp_path: Path) -> None:
    boxes.grant(tmp_path, BOX, RIGHTS)
    home = tmp_path / "snv.example"
    person, unit = home / "an" / "Maildir", home / "vp" / "Maildir"
    for folder, text in {
        person / "Riêng": "user=binh@snv.example lr\nanyone l\n",
        person / "cur": "user=binh@snv.example lr\n",  # where no folder is
        unit / "Lưu": f"group={BOX}:head lrw\nuser=binh@snv.example lr\n",
    }.items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dovecot-acl").write_text(text, "utf-8")
    assert boxes.strangers(tmp_path, {BOX: RIGHTS}) == {
        "an@snv.example": ["user=binh@snv.example lr", "anyone l"],
        BOX: ["user=binh@snv.example lr"],
    }
    assert boxes.withdraw(tmp_path, "an@snv.example")
    assert boxes.grant(tmp_path, BOX, RIGHTS)
    assert boxes.strangers(tmp_path, {BOX: RIGHTS}) == {}
    assert (unit / "Lưu" / "dovecot-acl").read_text("utf-8") == WRITTEN
    assert not boxes.grant(tmp_path, BOX, RIGHTS)


DOVEADM = """#!/bin/sh
case "$*" in
  "-f json who -1 "*) printf '[{"username":"x","service":"imap","pid":"%s"}]' "$(cat $HOME/pid)" ;;
  "kick "*) kill $(cat $HOME/pid) ;;
esac
"""


@pytest.mark.parametrize("deaf", [False, True])
def test_a_session_ends_also_when_it_does_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaf: bool
) -> None:
    """As Dovecot 2.4.1 does it; what the real one does is tested on a real host (molecule/mailhost)."""
    session = tmp_path / "imap"  # the name under which the kernel knows the process
    session.symlink_to(sys.executable)
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)" if deaf else "import time"
    (tmp_path / "doveadm").write_text(DOVEADM, "utf-8")
    (tmp_path / "doveadm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    command = [session, "-c", f"{program}; print(1, flush=True); time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # from here on it ignores what it is meant to ignore
        (tmp_path / "pid").write_text(str(process.pid), "utf-8")
        assert boxes.kick("x") == 1
        assert process.wait(5) == (-9 if deaf else -15)


def test_a_session_that_began_after_the_change_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not one that began so soon after it that it may have proved the key before."""
    session = tmp_path / "imap"
    session.symlink_to(sys.executable)
    (tmp_path / "doveadm").write_text("#!/bin/sh\ncat $HOME/who\n", "utf-8")
    (tmp_path / "doveadm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    command = [session, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command) as old:
        time.sleep(2)
        with subprocess.Popen(command) as new:
            there = [{"username": "x", "service": "imap", "pid": str(each.pid)} for each in (old, new)]
            (tmp_path / "who").write_text(json.dumps(there), "utf-8")
            assert boxes.kick("x", timedelta(seconds=1) + boxes.OPENING) == 1
            assert old.wait(5) == -15
            assert new.poll() is None
            (tmp_path / "who").write_text(json.dumps(there[1:]), "utf-8")
            assert boxes.kick("x", timedelta(seconds=1)) == 1
            assert new.wait(5) == -9  # this store only says that it kicks


STORE = """#!/bin/sh
case "$*" in
  "-f json who -1") printf '[{"username":"an@snv.example","service":"imap","pid":"1"}]' ;;
  "sieve list -u box-vp@snv.example") printf 'cũ\nvề nhà ACTIVE\n' ;;
  "sieve list "*) printf 'về nhà ACTIVE\n' ;;
  "sieve get "*) printf 'redirect "an@ngoai.test";' ;;
  "sieve deactivate -u box-vp@snv.example") touch $HOME/deactivated ;;
  "sieve deactivate "*) echo full disk >&2; exit 75 ;;
esac
"""


def test_what_nobody_granted_is_taken_out_with_a_record(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "doveadm").write_text('#!/bin/sh\necho "$*" >>$HOME/asked\necho "[]"\n', "utf-8")
    (tmp_path / "doveadm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    converge(database, organisation(person("CB1", "An")))
    inbox = tmp_path / "mail" / "snv.example" / "an" / "Maildir"
    inbox.mkdir(parents=True)
    (inbox / "dovecot-acl").write_text("user=binh@snv.example lr\n", "utf-8")
    arguments = argparse.Namespace(
        host=database.host,
        database=database.name,
        mail=tmp_path / "mail",
        owner=getpass.getuser(),
        right=["head=lr"],
    )
    for _ in range(2):
        boxes.run(arguments)
    assert not (inbox / "dovecot-acl").exists()
    removed = database.ask(
        "congvu_admin", "select subject, detail from audit_record where verb = 'rights.remove'"
    )
    assert removed == [("an@snv.example", {"found": ["user=binh@snv.example lr"]})]
    assert "rights that nobody granted in an@snv.example: user=binh@snv.example lr" in capsys.readouterr().err
    assert "-f json who -1 binh@snv.example\n" in (tmp_path / "asked").read_text("utf-8")


def test_one_refusal_keeps_nothing_else_from_ending(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "doveadm").write_text(STORE, "utf-8")
    (tmp_path / "doveadm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    people = [person("CB1", "An"), person("CB2", "Bình")]
    held = [Box(at(f"box-{code}"), "unit", code, frozenset({("CB1", "head")})) for code in ("cc", "vp")]
    converge(database, organisation(*people, units=("cc", "vp"), boxes=held))
    day = date(2026, 1, 1)
    with database.store() as db:
        for box in held:
            store.make_handover(db, Handover(box.address, "1/QĐ", day, day, "CB1", "CB2"), {}, "test")
    arguments = argparse.Namespace(
        host=database.host,
        database=database.name,
        mail=tmp_path / "mail",
        owner=getpass.getuser(),
        right=["head=lr"],
    )
    with pytest.raises(UserError, match=r"deactivate -u box-cc@snv\.example: full disk"):
        boxes.run(arguments)
    assert (tmp_path / "deactivated").exists()
    with database.store() as db:
        assert store.filters_due(db) == [at("box-cc")]
        assert db.ending_sessions() == []
    ended = "select subject, detail from audit_record where verb = 'handover.filters'"
    assert database.ask("congvu_admin", ended) == [(at("box-vp"), {"ended": ["về nhà"]})]


def test_a_store_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "doveadm").write_text("#!/bin/sh\necho away >&2; exit 75\n", "utf-8")
    (tmp_path / "doveadm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(UserError, match="away; the sessions go on"):
        boxes.kick("x")
