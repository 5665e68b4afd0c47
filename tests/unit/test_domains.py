"""Further names of a domain: spellings and keys, and what is wrong with what an inventory says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from organisations import DOMAIN, ORGANISATION, PEOPLE, Alias, Box, after, at, organisation, person

from congvu import accounts
from congvu.accounts import Directory, Fault, Holder, InputError, Name, NamesPlan, plan_names, schedule
from congvu.accounts.domains import home_address, present_name, sending_names

NEW, NEWER = "snv.gialai.example", "snv.mien.example"
TODAY = date(2026, 11, 26)
TURN, LATER = date(2026, 12, 15), date(2027, 3, 1)
BOXES = [Box(at("vp"), "office", "vp", frozenset())]
DIRECTORY = after(
    accounts.plan(
        Directory(organisation()),
        organisation(
            person("CB1"), person("CB2", "Lê Thị Hoa"), boxes=BOXES, aliases=[Alias(at("vanthu"), at("vp"))]
        ),
    )
)


def planned(
    *written: dict[str, Any],
    had: list[Name] | None = None,
    directory: Directory = DIRECTORY,
    today: date = TODAY,
) -> NamesPlan:
    return plan_names(DOMAIN, written, {DOMAIN: had or []}, directory, today)


def told(*written: dict[str, Any], **more: Any) -> list[Fault]:
    try:
        planned(*written, **more)
    except InputError as error:
        return list(error.faults)
    return []


def entry(name: str = NEW, cut_over: date | str | None = TURN, **more: Any) -> dict[str, Any]:
    return {"name": name, **({"cut_over": str(cut_over)} if cut_over else {}), **more}


def test_a_name_is_given_moved_and_taken_back() -> None:
    given_, moved = Name(NEW, TURN), Name(NEW, LATER)
    assert planned(entry()).changes == ((None, given_),)
    assert not planned(entry(), had=[given_])
    assert planned(entry(cut_over=LATER), had=[given_]).changes == ((given_, moved),)
    assert planned(had=[given_]).changes == ((given_, None),)
    before, said = planned(entry(cut_over=LATER), had=[given_]).diff()
    assert str(TURN) in before
    assert said == f"{NEW}: name of {DOMAIN}, people send under it from {LATER}\n"


# What an inventory says -> words of each of its faults, in order
FAULTS: list[tuple[list[dict[str, Any]], list[str]]] = [
    ([entry("Gia Lai")], ['"Gia Lai" is no domain name']),
    ([entry("gialai")], ['"gialai" is no domain name']),
    ([{"cut_over": "2026-12-15"}], ["name: is missing"]),
    ([entry(cut_over="15/12/2026")], ['"15/12/2026" is no date']),
    ([entry(until="2027-01-01")], ["until: is unknown here"]),
    ([entry(in_use=["vp"])], ["is no mapping"]),
    ([entry(DOMAIN)], ["is the home domain itself"]),
    ([entry(), entry(cut_over=LATER)], ["row 2, name", "stands twice"]),
    ([entry("snnv.example")], [f"looks like {DOMAIN}"]),
    ([entry(), entry("snv.gialaii.example", LATER)], [f"looks like {NEW}"]),
    ([entry(cut_over=LATER), entry(NEWER, TURN)], [f"does not come after {LATER}"]),
    ([entry(), entry(NEWER, TURN)], [f"does not come after {TURN}"]),
    ([entry(cut_over="2026-11-25")], ["lies before today, 2026-11-26"]),
    # two directories are merged: the same address means another there, or nobody would get its mail
    ([entry(in_use={"hoalt": "CB9"})], [f'"hoalt@{NEW}" is CB9\'s there, and {at("hoalt")} is person CB2']),
    ([entry(in_use={f"hoalt@{NEW}": "CB9"})], [f'"hoalt@{NEW}" is CB9\'s there']),
    ([entry(in_use={"vanthu": "CB2"})], [f"and {at('vanthu')} is alias {at('vp')}"]),
    ([entry(in_use={"binhl": "CB9"})], ["nobody has", "would be refused"]),
]


@pytest.mark.parametrize(("written", "words"), FAULTS)
def test_a_fault_is_told_in_one_sentence(written: list[dict[str, Any]], words: list[str]) -> None:
    (fault,) = told(*written)
    for word in ["mail_domain_names", *words]:
        assert word in str(fault)


def test_all_faults_are_told_at_once() -> None:
    written = [entry(in_use={"hoalt": "CB9", "annv": "CB8", "binhl": "CB7"}), entry("Gia Lai")]
    assert len(told(*written, entry(DOMAIN, LATER))) == 5


@pytest.mark.parametrize(
    "in_use", [{"hoalt": "CB2"}, {"vp": "vp"}, {"vp": at("vp")}, {"vanthu": "vp"}, {"box-vp": "vp"}]
)
def test_what_means_the_same_there_is_no_collision(in_use: dict[str, str]) -> None:
    assert told(entry(in_use=in_use)) == []


def test_a_domain_with_addresses_of_its_own_is_nobodys_name() -> None:
    """Each of them is named: these people would get each other's mail."""
    more = {f"hoalt@{NEW}": Holder("person", "CB8"), f"cu@{NEW}": Holder("retired", "")}
    directory = Directory(DIRECTORY.organisation, DIRECTORY.domains | {NEW}, {**DIRECTORY.holders, **more})
    first, second = told(entry(), directory=directory)
    assert str(first).startswith(f'mail_domain_names, row 1, name: "cu@{NEW}" is retired')
    assert f"is person CB8 here by itself, and {at('hoalt')} is person CB2" in str(second)


def test_a_retired_address_is_nobodys_again() -> None:
    holders = {**DIRECTORY.holders, at("cu"): Holder("retired", "")}
    directory = Directory(DIRECTORY.organisation, DIRECTORY.domains, holders)
    (fault,) = told(entry(in_use={"cu": "CB2"}), directory=directory)
    assert "is retired, and given to nobody" in str(fault)


def test_a_name_of_another_domain_is_not_taken() -> None:
    with pytest.raises(InputError, match=r"is a name of khac\.example already"):
        plan_names(DOMAIN, [entry()], {"khac.example": [Name(NEW, None)]}, DIRECTORY, TODAY)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ([], "is left out, and people send under it since 2026-12-15"),
        ([entry(cut_over=LATER)], "moves a cut-over that is in force since 2026-12-15"),
        ([entry(cut_over=None)], "moves a cut-over that is in force since 2026-12-15"),
    ],
)
@pytest.mark.parametrize("today", [TURN, LATER])
def test_what_is_in_force_stays(written: list[dict[str, Any]], words: str, today: date) -> None:
    (fault,) = told(*written, had=[Name(NEW, TURN)], today=today)
    assert words in str(fault)


def test_a_new_site_may_begin_with_names_of_the_past() -> None:
    empty = Directory(organisation())
    assert planned(entry(cut_over="2025-07-01"), directory=empty)
    assert not planned(entry(cut_over="2025-07-01"), had=[Name(NEW, date(2025, 7, 1))])


def test_what_happens_when() -> None:
    names = [Name(NEW, TURN), Name("cu.example", None)]
    said = " ".join(schedule(DOMAIN, names, TODAY))
    assert f"Mail to {DOMAIN}, {NEW}, cu.example arrives" in said
    assert f"Today people send under {DOMAIN}. They may try {NEW}, too." in said
    assert f"On {TURN}, at midnight in Viet Nam, people send under {NEW}" in said
    assert schedule(DOMAIN, names, TURN)[1:] == [f"Today people send under {NEW}."]
    assert schedule(DOMAIN, [], TODAY)[1:] == [f"Today people send under {DOMAIN}."]


@pytest.mark.parametrize("domain", [DOMAIN, NEW])
def test_files_may_use_any_of_the_names(domain: str) -> None:
    rules = accounts.Rules(hosted=[DOMAIN, NEW], names=[NEW])
    text = ORGANISATION.replace("address: vp,", f"address: VP@{domain},").replace(
        "target: vp", f"target: vp@{domain}"
    )
    people = PEOPLE.replace("2026-06-30,", f"2026-06-30,hoalt@{domain}")
    wanted = accounts.read([text.encode(), people.encode()], DOMAIN, rules)
    assert at("vp") in wanted.boxes
    assert wanted.people["CB3"].address == at("hoalt")
    complete = accounts.plan(Directory(organisation()), wanted, rules).wanted
    assert complete.aliases[at("vanthu")].target == at("vp")


def test_a_misspelt_name_is_named() -> None:
    rules = accounts.Rules(hosted=[DOMAIN, NEW], names=[NEW])
    people = PEOPLE.replace("2026-06-30,", "2026-06-30,hoalt@snv.giallai.example")
    with pytest.raises(InputError, match=f"{NEW} is meant"):
        accounts.read([ORGANISATION.encode(), people.encode()], DOMAIN, rules)


NAMES = st.lists(
    st.tuples(
        st.sampled_from([f"n{number}.example" for number in range(6)]),
        st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    ),
    max_size=5,
    unique_by=(lambda each: each[0], lambda each: each[1] or each[0]),
)
LOCALS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)


@given(NAMES, st.dates(date(2025, 1, 1), date(2029, 1, 1)), LOCALS, LOCALS)
def test_every_spelling_has_one_key_and_every_key_one_present_spelling(
    given_: list[tuple[str, date | None]], day: date, one: str, other: str
) -> None:
    names = [Name(*each) for each in given_]
    domains = [DOMAIN, *(each.name for each in names)]
    keys = {home_address(f"{local}@{domain}", DOMAIN, names) for local in (one, other) for domain in domains}
    assert keys == {at(one), at(other)}  # no address is given twice, whatever is written
    sent, present = sending_names(DOMAIN, names, day), present_name(DOMAIN, names, day)
    assert present in sent <= set(domains)
    assert home_address(f"{one}@khac.example", DOMAIN, names) == f"{one}@khac.example"


@given(NAMES, st.dates(date(2025, 1, 1), date(2029, 1, 1)), st.dates(date(2025, 1, 1), date(2029, 1, 1)))
def test_what_may_be_sent_only_grows_less(
    given_: list[tuple[str, date | None]], one: date, other: date
) -> None:
    names = [Name(*each) for each in given_]
    sooner, later = sorted((one, other))
    assert sending_names(DOMAIN, names, later) <= sending_names(DOMAIN, names, sooner)
