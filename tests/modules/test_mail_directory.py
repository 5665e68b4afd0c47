"""mail_directory and mail_directory_info: check, do, check again, do again; and what must change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fix_database import Database
from fix_modules import ROOT, Run
from organisations import DOMAIN, ORGANISATION, PEOPLE, at, ten_thousand

Files = dict[str, Any]


@pytest.fixture
def files(tmp_path: Path, database: Database) -> Files:
    """The options that name two sound files; CB3 left a few days ago."""
    database.set_now("2026-07-10 08:00+07")
    (tmp_path / "organisation.yml").write_text(ORGANISATION, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    paths = {
        name: str(tmp_path / file)
        for name, file in (("organisation", "organisation.yml"), ("people", "people.csv"))
    }
    return {**paths, "domain": DOMAIN}


def edit(files: Files, old: str, new: str) -> None:
    path = Path(files["people"])
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def everybody(database: Database) -> list[tuple[Any, ...]]:
    return database.ask("congvu_owner", "select * from account order by address")


def test_check_do_check_again_do_again(run: Run, database: Database, files: Files) -> None:
    foreseen = run("mail_directory", check=True, **files)
    assert foreseen["changed"]
    assert everybody(database) == []
    done = run("mail_directory", **files)
    assert (done["changed"], done["diff"], done["counts"]) == (True, foreseen["diff"], foreseen["counts"])
    assert done["counts"] == {"unit added": 2, "person added": 3, "box added": 3, "alias added": 2}
    assert f"person CB1: Nguyễn Văn An <{at('annv')}>" in done["diff"]["after"]
    assert done["preview"] == foreseen["preview"]
    assert done["preview_text"] == foreseen["preview_text"]
    assert f"Cấp mới: Nguyễn Văn An (CB1), Văn phòng Sở, địa chỉ {at('annv')}\n" in done["preview_text"]
    before = everybody(database)
    assert len(before) == 6
    for check in (True, False):
        again = run("mail_directory", check=check, **files)
        assert (again["changed"], again["counts"], again["preview"]) == (False, {}, [])
        assert again["diff"]["before"] == again["diff"]["after"] == ""
    assert everybody(database) == before


def test_a_change_is_shown_as_the_lines_that_change(run: Run, database: Database, files: Files) -> None:
    run("mail_directory", **files)
    edit(files, "Chánh Văn phòng", "Phó Giám đốc Sở")
    foreseen = run("mail_directory", check=True, **files)
    assert foreseen["diff"]["before"].count("\n") == foreseen["diff"]["after"].count("\n") == 1
    assert "Phó Giám đốc Sở" in foreseen["diff"]["after"]
    assert run("mail_directory", **files)["changed"]
    assert not run("mail_directory", **files)["changed"]
    (actor,) = {
        who
        for (who,) in database.ask("congvu_admin", "select actor from audit_record where verb ~ 'converge'")
    }
    assert actor


def test_all_faults_come_in_one_failure_and_nothing_changes(
    run: Run, database: Database, files: Files
) -> None:
    run("mail_directory", **files)
    before = everybody(database)
    edit(files, "2006-03-01", "31/02/2006")
    edit(files, "hop_dong", "lao công")
    failed = run("mail_directory", **files)
    assert failed["failed"]
    assert [(fault["file"], fault["row"], fault["column"]) for fault in failed["faults"]] == [
        ("people.csv", 2, "start"),
        ("people.csv", 4, "kind"),
    ]
    assert failed["msg"].startswith("2 faults, nothing was changed:\n")
    assert 'people.csv, row 2, start: "31/02/2006" is no date' in failed["msg"]
    assert everybody(database) == before


def test_forty_faults_among_ten_thousand_rows(run: Run, database: Database, files: Files) -> None:
    run("mail_directory", **files)
    before = everybody(database)
    content, expected = ten_thousand()
    Path(files["people"]).write_bytes(content)
    failed = run("mail_directory", **files)
    assert [(fault["row"], fault["column"]) for fault in failed["faults"]] == expected
    assert failed["msg"].startswith("40 faults, nothing was changed:\n")
    assert failed["msg"].count("\n") == 40
    assert everybody(database) == before


def test_a_misspelt_domain_is_told_with_the_one_that_is_meant(run: Run, files: Files) -> None:
    edit(files, "2006-03-01,,", "2006-03-01,,an@snv.exampel")
    said = run("mail_directory", **files)["msg"]
    assert f'"an@snv.exampel" has a misspelt domain, {DOMAIN} is meant' in said


def test_the_policy_in_force_says_how_addresses_are_made(run: Run, database: Database, files: Files) -> None:
    joined = "update policy_value set value = '\"full_joined\"' where key = 'address.pattern'"
    database.change("congvu_owner", joined)
    edit(files, "Nguyễn Văn An", "Y Moan Ênuôl")
    assert f"<{at('ymoanenuol')}>" in run("mail_directory", check=True, **files)["diff"]["after"]


def test_a_workbook(run: Run, files: Files, tmp_path: Path) -> None:
    book = tmp_path / "danh sách.xlsx"
    book.write_bytes((ROOT / "tests" / "unit" / "files" / "libreoffice.xlsx").read_bytes())
    assert run("mail_directory", **{**files, "people": str(book)})["counts"]["person added"] == 3
    assert not run("mail_directory", **files)["changed"]  # the same people as CSV


def test_who_left_is_closed_after_the_days_that_the_policy_sets(
    run: Run, database: Database, files: Files
) -> None:
    run("mail_directory", **files)
    database.set_now("2026-07-30 23:59+07")
    assert not run("mail_directory", **files)["changed"]
    database.set_now("2026-07-31 00:00+07")
    closed = run("mail_directory", **files)
    assert closed["counts"] == {"person closed": 1, "box changed": 2}
    assert "Đóng hộp thư: Lê Thị Hoà (CB3)" in closed["preview_text"]
    assert not run("mail_directory", **files)["changed"]
    edit(files, "2026-06-30", "")
    back = run("mail_directory", **files)
    assert (
        f"Cấp lại: Lê Thị Hoà (CB3), Phòng Công chức, viên chức, địa chỉ {at('hoalt')}\n"
        in back["preview_text"]
    )


def test_absences_come_with_their_own_file(run: Run, files: Files, tmp_path: Path) -> None:
    listed = tmp_path / "nghỉ phép.csv"
    text = "Mã cán bộ,Loại,Từ ngày,Đến ngày\nCB1,Nghỉ phép,13/07/2026,17/07/2026\n"
    listed.write_text(text, encoding="utf-8")
    foreseen = run("mail_directory", check=True, absences=str(listed), **files)
    done = run("mail_directory", absences=str(listed), **files)
    assert done["preview"] == foreseen["preview"]
    line = "Ghi vắng mặt: Nguyễn Văn An (CB1), nghỉ phép, từ ngày 13/07/2026 đến hết ngày 17/07/2026\n"
    assert line in done["preview_text"]
    assert not run("mail_directory", absences=str(listed), **files)["changed"]
    assert not run("mail_directory", **files)["changed"]  # without the list all is kept
    listed.write_text(text.replace("17/07", "12/07"), encoding="utf-8")
    (fault,) = run("mail_directory", absences=str(listed), **files)["faults"]
    assert (fault["file"], fault["row"], fault["column"]) == ("nghỉ phép.csv", 2, "end")


def test_a_device_is_listed_with_its_owner_and_gets_its_password(
    run: Run, database: Database, files: Files
) -> None:
    path = Path(files["organisation"])
    entry = "services:\n  - {address: mayquet, name: Máy quét, owner: CB1, end: 2027-06-30}\n"
    path.write_text(ORGANISATION + entry, encoding="utf-8")
    done = run("mail_directory", **files)
    assert done["counts"]["service added"] == 1
    assert "Cấp mới tài khoản dịch vụ: Máy quét <mayquet@snv.example>, người chịu" in done["preview_text"]
    (listed,) = run("mail_directory_info")["services"]
    assert (listed["state"], listed["owner"], listed["ends"]) == ("initial", "CB1", "2027-06-30")
    assert not run("mail_directory", **files)["changed"]
    path.write_text(ORGANISATION + entry.replace("2027-06", "2028-06"), encoding="utf-8")
    assert "until 2027-07-11 at most" in run("mail_directory", **files)["msg"]
    database.set_now("2027-07-01 08:00+07")
    path.write_text(ORGANISATION + entry, encoding="utf-8")
    ended = run("mail_directory", **files)
    assert "Đóng tài khoản dịch vụ: Máy quét <mayquet@snv.example>, hết thời hạn" in ended["preview_text"]
    (line,) = database.ask("congvu_admin", "select body from audit_diff order by record desc limit 1")[0]
    assert "-service mayquet@snv.example: Máy quét, owner CB1, until 2027-06-30\n" in line
    assert not run("mail_directory", **files)["changed"]


def test_faults_of_the_plan_too(run: Run, files: Files) -> None:
    run("mail_directory", **files)
    edit(files, "2006-03-01,,", "2006-03-01,,khac")
    assert "would rename annv@" in run("mail_directory", check=True, **files)["msg"]


def test_a_file_that_was_cut_short(run: Run, database: Database, files: Files) -> None:
    run("mail_directory", **files)
    before = everybody(database)
    people = Path(files["people"])
    people.write_text("\n".join(people.read_text(encoding="utf-8").splitlines()[:2]), encoding="utf-8")
    organisation = Path(files["organisation"])
    organisation.write_text("units: [{code: vp, name: Văn phòng, box: vanphong}]", encoding="utf-8")
    refused = run("mail_directory", closures=["CB2", "CB9"], **files)
    assert "leaves out 2 of 3 people" in refused["msg"]
    assert "accounts_closures: [CB2, CB3]" in refused["msg"]
    assert [(fault["file"], fault["value"]) for fault in refused["faults"]] == [
        ("people.csv", ""),
        ("accounts_closures", "CB9"),
    ]
    assert everybody(database) == before
    closed = run("mail_directory", closures=["CB2", "CB3"], **files)["counts"]
    assert closed["person closed"] == 2
    assert (
        "value of closures_percent must be one of"
        in run("mail_directory", closures_percent=21, **files)["msg"]
    )


def test_a_missing_file_and_a_missing_database_are_named(run: Run, files: Files) -> None:
    assert "cannot be read" in run("mail_directory", **{**files, "people": "/nowhere.csv"})["msg"]
    nowhere = {"host": "/nowhere", "name": "congvu"}
    assert "role congvu_admin" in run("mail_directory", **files, database=nowhere)["msg"]


def test_the_directory_is_read_by_state(run: Run, files: Files) -> None:
    run("mail_directory", **files)
    found = run("mail_directory_info")
    assert not found["changed"]
    assert found["counts"] == {"box": 3, "initial": 2, "suspended": 1}
    assert found["domains"] == [DOMAIN]
    (gone,) = run("mail_directory_info", states=["suspended"])["accounts"]
    assert (gone["staff_id"], gone["unit_name"], gone["due_on"]) == (
        "CB3",
        "Phòng Công chức, viên chức",
        None,
    )
    assert "argon2" not in found["output"]


@pytest.mark.parametrize("check", [True, False])
def test_a_host_without_the_package(
    run: Run, files: Files, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    import ansible.module_utils.congvu_host as shared  # noqa: PLC0415  (made importable by conftest)

    monkeypatch.setattr(shared, "IMPORT_ERROR", "No module named congvu")
    result = run("mail_directory", check=check, **files)
    if check:  # a bare host: nothing can be said, and nothing fails
        assert result["changed"]
        assert "not on this host yet" in result["output"]
    else:
        assert "the role `package` installs it" in result["msg"]


def test_another_version_of_the_package_is_refused(
    run: Run, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("congvu.__version__", "9.9.9")
    assert "the host has 9.9.9" in run("mail_directory", **files)["msg"]


def test_the_modules_are_of_this_version() -> None:
    import ansible.module_utils.congvu_host as shared  # noqa: PLC0415

    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{shared.VERSION}"' in project
