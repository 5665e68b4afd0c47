"""Domains that are misspelt, and those that are really somebody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organisations import DOMAIN, ORGANISATION, PEOPLE, faults

from congvu.accounts.lookalike import meant, misspelt, slips

OURS = "snv.binhdinh.gov.vn"


@pytest.mark.parametrize(
    "written",
    [
        "snnv.binhdingh.gov.vn",  # the regulation's own
        "SNNV.BinhDingh.gov.vn.",
        "snv.binhdingh.gov.vn",
        "snv.binhdin.gov.vn",
        "snv.binhdihn.gov.vn",  # swapped
        "nsv.binhdinh.gov.vn",
        "snb.binhdinh.gov.vn",  # the key beside it
        "snv.binhdjnk.gov.vn",
        "snv.binhdinh.go.vn",
        "snv.binhdinh.gov.vm",
        "snvbinhdinh.gov.vn",
        "snv..binhdinh.gov.vn",
        "snv.bìnhđịnh.gov.vn",
        "snv.binhdınh.gov.vn",  # a dotless i
        "ѕnv.binhdinh.gov.vn",  # Cyrillic
        "xn--nv-doc.binhdinh.gov.vn",  # the same as DNS has it
        "snv.b1nhdinh.gov.vn",
        "mail.snv.binhdinh.gov.vn",  # a host of ours has no addresses
        "ｓｎｖ.binhdinh.gov.vn",  # full width
    ],
)
def test_a_slip_is_known_and_so_is_what_was_meant(written: str) -> None:
    assert meant(written, {"sxd.quangngai.gov.vn", OURS}) == OURS


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        (OURS, OURS),
        (OURS.upper(), OURS),
        ("stc.binhdinh.gov.vn", OURS),  # another department
        ("sngv.binhdinh.gov.vn", OURS),  # foreign affairs: one letter more
        (OURS, "sngv.binhdinh.gov.vn"),
        ("snv.gialai.gov.vn", OURS),
        ("snv.namdinh.gov.vn", OURS),
        ("snv.ninhthuan.gov.vn", "snv.binhthuan.gov.vn"),
        ("tiengiang.gov.vn", "kiengiang.gov.vn"),
        ("haugiang.gov.vn", "hagiang.gov.vn"),
        ("binhdinh.gov.vn", OURS),
        ("snv.binhdinh.vn", OURS),
        ("snv.gialai.gov.vn", "gialai.gov.vn"),
        ("moha.gov.vn", OURS),
        ("gmail.com", OURS),
        ("xn--\x80.vn", OURS),
        ("", OURS),
    ],
)
def test_what_is_ours_or_really_foreign_raises_no_alarm(written: str, ours: str) -> None:
    assert meant(written, {ours}) is None


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("snv", "snv", 0), ("snnv", "snv", 1), ("snv", "sn", 1), ("snv", "snb", 1), ("nsv", "snv", 1),
     ("stc", "snv", 2), ("binhdingh", "binhdinh", 1), ("ab", "", 2), ("abcd", "", 3), ("dinh", "duong", 3)],
)  # fmt: skip
def test_slips_are_counted(one: str, other: str, count: int) -> None:
    assert slips(one, other) == slips(other, one) == count


letters = st.text("abcdef", min_size=6, max_size=9)


@given(letters, st.integers(0, 8), st.sampled_from(["cut", "double", "swap"]))
def test_one_slip_anywhere_is_caught(label: str, place: int, kind: str) -> None:
    place %= len(label) - 1
    one, two = label[place : place + 2]
    slipped = {"cut": two, "double": one + one + two, "swap": two + one}[kind]
    written = f"{label[:place]}{slipped}{label[place + 2 :]}.vn"
    assert meant(written, {f"{label}.vn"}) == (f"{label}.vn" if written != f"{label}.vn" else None)


@given(st.text(max_size=40))
def test_any_text_is_looked_at(text: str) -> None:
    assert all(domain == OURS for _, domain in misspelt(text, {OURS}))


def test_addresses_are_found_in_any_text() -> None:
    text = "Gửi về <vp@snnv.binhdingh.gov.vn>; hoặc an@gmail.com, (xem stc@stc.binhdinh.gov.vn)."
    assert list(misspelt(text, {OURS})) == [("vp@snnv.binhdingh.gov.vn", OURS)]


MISSPELT = DOMAIN.replace("snv.example", "snv.exampel")
RULE = f"has a misspelt domain, {DOMAIN} is meant"


@pytest.mark.parametrize(
    ("people", "row", "column"),
    [
        (PEOPLE.replace("2006-03-01,,", f"2006-03-01,,an@{MISSPELT}"), 2, "address"),
        (PEOPLE.replace("Chánh Văn phòng", f"Chánh VP an@{MISSPELT}"), 2, "position"),
        (f"Liên hệ: vp@{MISSPELT}\n{PEOPLE}", 1, ""),
        (PEOPLE.replace("address\n", "address,Ghi chú\n").replace(",,\n", f",,,an@{MISSPELT}\n", 1), 2, ""),
    ],
    ids=["address", "position", "title", "remarks"],
)
def test_a_misspelt_domain_in_the_list(people: str, row: int, column: str) -> None:
    (fault,) = (fault for fault in faults(people) if fault.file == "people.csv")
    assert (fault.row, fault.column, fault.rule) == (row, column, RULE)
    assert "exampel" in fault.value


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("box: ccvc}", f"box: ccvc@{MISSPELT}}}", 4),
        ("address: ccvc, roles", f"address: ccvc@{MISSPELT}, roles", 7),
        ("target: vp}", f"target: vp@{MISSPELT}}}", 9),
        ("name: Văn phòng Sở", f"name: Văn phòng Sở vp@{MISSPELT}", 3),
    ],
)
def test_a_misspelt_domain_in_the_organisation(old: str, new: str, line: int) -> None:
    found = [fault for fault in faults(organisation=ORGANISATION.replace(old, new)) if fault.rule == RULE]
    assert [fault.row for fault in found] == [line]


def test_a_private_address_in_the_remarks_is_no_fault() -> None:
    remarks = PEOPLE.replace("address\n", "address,Ghi chú\n").replace(",,\n", ",,,an@gmail.com\n", 1)
    assert faults(remarks) == []
