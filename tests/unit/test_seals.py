"""How seals leave the host: by mail, and to the controller; what is there is never overwritten."""

from __future__ import annotations

import email
import email.policy
import io
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fix_chain import DAYS, FIRST, SECOND, Chained, as_intruder, key

from congvu.services import cli


def notify(host: Chained, sendmail: Path) -> int:
    settings = host.folder / "reminders.json"
    told = json.loads((host.folder / "seal.json").read_text())["database"]
    settings.write_text(
        json.dumps({"organisation": "Sở Nội vụ", "domain": "snv.example", "page": "", "database": told,
                    "seal_recipients": ["kiemtra@ngoai.example"]})
    )  # fmt: skip
    return cli.main(["notify", "--settings", str(settings), "--sendmail", str(sendmail), "<>"])


@pytest.fixture
def sendmail(tmp_path: Path) -> Callable[[int], Path]:
    def make(status: int) -> Path:
        script = tmp_path / "sendmail"
        script.write_text(
            f'#!/bin/sh\necho "$@" >>{tmp_path}/to\ncat >{tmp_path}/mail-$(date +%N)\nexit {status}\n'
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return script

    return make


def test_each_seal_is_mailed_once_with_text_and_signature(
    chained: Chained, sendmail: Callable[[int], Path], tmp_path: Path
) -> None:
    chained.seal(f"{SECOND} 00:10+07")
    assert notify(chained, sendmail(75)) == 2
    assert notify(chained, sendmail(0)) == 0
    assert notify(chained, sendmail(0)) == 0
    assert (tmp_path / "to").read_text().splitlines() == ["postmaster@snv.example kiemtra@ngoai.example"] * 2
    newest = max(tmp_path.glob("mail-*"), key=lambda path: path.stat().st_mtime_ns)
    mail = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)
    assert str(mail["Subject"]) == f"Niêm phong bằng chứng ngày {FIRST:%d/%m/%Y} (mail.snv.example)"
    text, signature = mail.iter_attachments()
    ((body, signed, head),) = chained.database.ask("congvu_admin", "select body, signature, head from seal")
    assert text.get_content() == body.encode()
    assert signature.get_content() == signed.encode()
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert head in plain.get_content()


def kept(
    host: Chained, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> int:
    capsys.readouterr()
    host_says = ["seal", "--show", "--settings", str(host.folder / "seal.json")]
    assert cli.main(host_says) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(capsys.readouterr().out))
    return cli.main(["seal", "--keep", str(folder)])


def test_seals_that_were_fetched_stay_and_another_one_is_told(
    chained: Chained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chained.write(FIRST)
    chained.seal(f"{SECOND} 00:10+07")
    folder = tmp_path / "seals"
    assert kept(chained, folder, monkeypatch, capsys) == 0
    assert "1 seals kept" in capsys.readouterr().out
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert kept(chained, folder, monkeypatch, capsys) == 0
    assert "unchanged" in capsys.readouterr().out
    as_intruder(
        chained.database, "delete from segment; delete from seal; delete from event where kind = 'login'"
    )
    chained.seal(f"{SECOND} 00:20+07")
    assert kept(chained, folder, monkeypatch, capsys) == 3
    assert f"{FIRST}.txt is not the one that was kept" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_new_key_is_told(
    chained: Chained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chained.seal(f"{SECOND} 00:10+07")
    kept(chained, tmp_path / "seals", monkeypatch, capsys)
    for name in ("seal.key", "seal.key.pub"):
        (chained.folder / name).unlink()
    key(chained.folder / "seal.key")
    chained.seal(f"{DAYS[2]} 00:10+07")
    assert kept(chained, tmp_path / "seals", monkeypatch, capsys) == 3
    assert "allowed_signers is not the one that was kept" in capsys.readouterr().out
