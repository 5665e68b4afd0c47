"""Credentials from another mail system: what may come in, and whose password stays as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from organisations import DOMAIN, at
from passlib.hash import argon2, sha512_crypt

from congvu import accounts
from congvu.accounts import Credential

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PEOPLE = {at("annv"), at("hoant"), at("binhl")}
ARGON2ID = argon2.using(type="ID", memory_cost=19456, time_cost=2, parallelism=1).hash("Mật khẩu 1!")
SHA512 = sha512_crypt.using(rounds=5000).hash("Mật khẩu 1!")
CHEAP = argon2.using(type="ID", memory_cost=1024, time_cost=2, parallelism=1).hash("Mật khẩu 1!")


def read(*rows: str) -> dict[str, Credential]:
    text = "\n".join(["address;hash;set_at", *rows]) + "\n"
    return accounts.read_credentials(text.encode(), DOMAIN, PEOPLE, now=NOW, file="old.csv")


def test_hashes_come_in_with_their_date() -> None:
    found = read(
        f"AnNV;{{ARGON2ID}}{ARGON2ID};2026-08-31",
        f"{at('hoant')};{SHA512};2026-05-01T08:30:00+07:00",
        f"binhl;{{SHA512-CRYPT}}{SHA512};2026-05-01 08:30",
    )
    assert found[at("annv")].hash == ARGON2ID
    assert found[at("annv")].set_at == datetime(2026, 8, 30, 17, tzinfo=UTC)  # midnight in Viet Nam
    assert found[at("hoant")].hash == found[at("binhl")].hash == SHA512
    assert found[at("hoant")].set_at == found[at("binhl")].set_at == datetime(2026, 5, 1, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (f"nobody;{ARGON2ID};2026-01-01", "address", "is no person's mailbox"),
        (f"annv@elsewhere.example;{ARGON2ID};2026-01-01", "address", "is no address of"),
        (f"annv;{CHEAP};2026-01-01", "hash", "is too cheap to guess (argon2id m=1024, t=2)"),
        (f"annv;{SHA512.replace('$6$', '$6$rounds=1000$')};2026-01-01", "hash", "sha512-crypt, 1000 rounds"),
        (f"annv;{ARGON2ID.replace('argon2id', 'argon2i')};2026-01-01", "hash", "is no argon2id"),
        ("annv;{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=;2026-01-01", "hash", "is no argon2id"),
        ("annv;{PLAIN}Mật khẩu 1!;2026-01-01", "hash", "is no argon2id"),
        ("annv;$1$abcdefgh$G//4keteveJp0qb8z2DxG/;2026-01-01", "hash", "is no argon2id"),
        ("annv;;2026-01-01", "hash", "is no argon2id"),
        (f"annv;{ARGON2ID};2026-11-24", "set_at", "lies in the future"),
        (f"annv;{ARGON2ID};2026-11-23T08:00:01+07:00", "set_at", "lies in the future"),
        (f"annv;{ARGON2ID};", "set_at", "is no date"),
        (f"annv;{ARGON2ID};23/11", "set_at", "is no date"),
    ],
)
def test_a_fault_is_told_and_never_shows_a_hash(row: str, column: str, words: str) -> None:
    with pytest.raises(accounts.InputError) as refused:
        read(row)
    (fault,) = refused.value.faults
    assert (fault.file, fault.row, fault.column) == ("old.csv", 2, column)
    assert words in fault.rule
    assert row.split(";")[1] not in str(refused.value) or not row.split(";")[1]


@pytest.mark.parametrize(
    ("memory", "passes", "fine"), [(19456, 2, True), (7168, 5, True), (7168, 4, False), (4096, 20, False)]
)
def test_what_argon2_must_cost(memory: int, passes: int, fine: bool) -> None:
    given = ARGON2ID.replace("m=19456,t=2", f"m={memory},t={passes}")
    if fine:
        assert read(f"annv;{given};2026-01-01")[at("annv")].hash == given
    else:
        with pytest.raises(accounts.InputError, match="too cheap"):
            read(f"annv;{given};2026-01-01")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(accounts.InputError) as refused:
        read(
            f"annv;{ARGON2ID};2026-01-01",
            f"annv;{ARGON2ID};2026-01-02",
            f"x;{ARGON2ID};2027-01-01",
            "hoant;x;y",
        )
    assert [(fault.row, fault.column) for fault in refused.value.faults] == [
        (3, "address"),
        (4, "set_at"),
        (5, "hash"),
        (5, "set_at"),
    ]


OLD = Credential(at("annv"), ARGON2ID, NOW - timedelta(days=100))
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("current", "write", "left"),
    [
        (None, True, False),
        (OLD, False, False),  # the same again
        (Credential(OLD.address, SHA512, OLD.set_at - YEAR, "imported"), True, False),
        (Credential(OLD.address, SHA512, OLD.set_at, "imported"), True, False),  # a corrected file
        (Credential(OLD.address, SHA512, OLD.set_at, "self"), False, True),
        (Credential(OLD.address, SHA512, NOW, "self"), False, True),
        (Credential(OLD.address, SHA512, NOW, "issued"), False, True),
    ],
)
def test_who_has_set_a_password_since_keeps_it(current: Credential | None, write: bool, left: bool) -> None:
    present = {current.address: current} if current else {}
    assert accounts.plan_credentials(present, {OLD.address: OLD}) == (
        [OLD] if write else [],
        [OLD.address] if left else [],
    )
