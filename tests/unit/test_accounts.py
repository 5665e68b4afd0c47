"""Plans: who gets which address, and what may never happen to one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from organisations import EMPTY, UNGUARDED, after, at, organisation, person, read

from congvu.accounts import Alias, Box, Directory, Holder, InputError, Organisation, Plan, Rules, plan


def addresses(made: Plan) -> dict[str, str]:
    return {staff_id: someone.address for staff_id, someone in made.wanted.people.items()}


def refusal(current: Directory, wanted: Organisation, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        plan(current, wanted, **options)
    return str(refused.value)


def test_namesakes_are_numbered_by_first_day_then_staff_id() -> None:
    people = [
        person("CB4", "Nguyễn Văn Ấn", "2022-01-01"),
        person("CB3", "Nguyễn Văn An", "2006-03-01"),
        person("CB2", "Nguyễn Vân An", "2014-09-01"),
        person("CB1", "Nguyễn Văn Ân", "2006-03-01"),
    ]
    expected = {"CB1": at("annv"), "CB3": at("annv2"), "CB2": at("annv3"), "CB4": at("annv4")}
    for _ in range(5):
        random.shuffle(people)  # the order of rows does not matter
        assert addresses(plan(EMPTY, organisation(*people))) == expected


@pytest.mark.parametrize(
    ("pattern", "made"),
    [("given_initials", ["annv", "ymoane"]), ("initials_given", ["nvan", "eymoan"]),
     ("full_joined", ["nguyenvanan", "ymoanenuol"])],
)  # fmt: skip
def test_the_policy_says_how_an_address_is_made_and_the_list_in_which_order_a_name_stands(
    pattern: str, made: list[str]
) -> None:
    people = person("CB1"), person("CB2", "Y Moan Ênuôl", name_order="given_first")
    asked = plan(EMPTY, organisation(*people), Rules(pattern=pattern))
    assert addresses(asked) == dict(zip(["CB1", "CB2"], map(at, made), strict=True))
    # another policy renames nobody
    assert not plan(after(asked), organisation(*people))


def test_an_address_is_one_persons_in_every_domain_of_ours() -> None:
    """After a change of domain, annv@ of the old one and annv@ of the new one must not be two people."""
    old = {
        f"{local}@old.example": Holder("person", key) for local, key in [("annv", "CB1"), ("binhl", "CB2")]
    }
    current = Directory(Organisation("snv.example"), frozenset(["old.example"]), old)
    assert addresses(plan(current, organisation(person("CB3")))) == {"CB3": at("annv2")}
    wanted = organisation(
        person("CB4", address=at("binhl")),
        boxes=[Box(at("annv"), "office", "vp")],
        aliases=[Alias(at("binhl"), at("box-vp"))],
    )
    assert refusal(current, wanted).count("never given again") == 3


def test_who_comes_first_keeps_the_short_form_however_old_a_newcomer_is() -> None:
    first = plan(EMPTY, organisation(person("CB2", start="2020-01-01")))
    people = [person("CB2", start="2020-01-01"), person("CB1", start="1990-01-01")]
    assert addresses(plan(after(first), organisation(*people))) == {"CB2": at("annv"), "CB1": at("annv2")}


@pytest.mark.parametrize(("name", "made"), [("Phạm V", "vp2"), ("Đỗ G", "gd2")])
def test_no_name_makes_the_address_of_an_office(name: str, made: str) -> None:
    assert addresses(plan(EMPTY, organisation(person("CB1", name)))) == {"CB1": at(made)}


@pytest.mark.parametrize("local", ["postmaster", "vanthu", "giamdoc", "tckt", "box-tckt"])
def test_an_office_or_unit_keeps_its_name(local: str) -> None:
    wanted = organisation(person("CB1", address=at(local)), units=("vp", "tckt"))
    assert "reserved" in refusal(EMPTY, wanted)


def test_a_name_that_makes_the_address_of_a_unit_or_alias_is_numbered() -> None:
    wanted = organisation(
        person("CB1", "Trần An"),  # ant
        person("CB2", "Lê Bình"),  # binhl
        units=("vp", "ant"),
        aliases=[Alias(at("binhl"), "CB1")],
    )
    assert addresses(plan(EMPTY, wanted)) == {"CB1": at("ant2"), "CB2": at("binhl2")}


def test_an_address_that_was_asked_for_is_not_made_for_someone_else() -> None:
    wanted = organisation(person("CB1", start="1990-01-01"), person("CB2", "Lê Bình", address=at("annv")))
    assert addresses(plan(EMPTY, wanted)) == {"CB1": at("annv2"), "CB2": at("annv")}


def test_an_address_is_never_renamed() -> None:
    current = after(plan(EMPTY, organisation(person("CB1"))))
    renamed = plan(current, organisation(person("CB1", "Nguyễn Thị Hoa")))
    assert addresses(renamed) == {"CB1": at("annv")}
    assert [change.key for change in renamed.changes] == ["CB1"]
    assert "would rename annv@" in refusal(current, organisation(person("CB1", address=at("an"))))


def test_an_address_is_never_given_to_anyone_else() -> None:
    current = after(plan(EMPTY, organisation(person("CB1"))))
    gone = after(plan(current, organisation()), current)
    assert addresses(plan(gone, organisation(person("CB2")))) == {"CB2": at("annv2")}
    assert "never given again" in refusal(gone, organisation(person("CB2", address=at("annv"))))
    box = Box(at("annv"), "office", "vp")
    assert "never given again" in refusal(gone, organisation(boxes=[box]))
    alias = Alias(at("annv"), at("box-vp"))
    assert "never given again" in refusal(gone, organisation(aliases=[alias]))
    tombstone = Directory(Organisation("snv.example"), holders={at("annv"): Holder("retired", "")})
    assert addresses(plan(tombstone, organisation(person("CB1")))) == {"CB1": at("annv2")}


def test_who_comes_back_finds_their_address() -> None:
    current = after(plan(EMPTY, organisation(person("CB1"))))
    gone = after(plan(current, organisation()), current)
    back = plan(gone, organisation(person("CB1", start="2026-11-01")))
    assert addresses(back) == {"CB1": at("annv")}
    assert back.counts() == {"person added": 1}


DAY = date(2026, 11, 30)


@pytest.mark.parametrize(("after_day", "closed"), [(0, False), (1, True)])
def test_who_left_a_while_ago_is_closed_although_listed(after_day: int, closed: bool) -> None:
    box = Box(at("vp"), "office", "vp", frozenset({("CB1", "clerk")}))
    wanted = organisation(
        person("CB1", end=DAY), person("CB2"), boxes=[box],
        aliases=[Alias(at("an"), "CB1"), Alias(at("nguyenvanan"), "annv"), Alias(at("x"), "CB2")],
    )  # fmt: skip
    current = after(plan(EMPTY, wanted))
    rules = Rules(close_before=DAY + timedelta(days=after_day))
    done = plan(current, wanted, rules)
    gone = {"person closed": 1, "box changed": 1, "alias closed": 2}
    assert done.counts() == (gone if closed else {})
    current = after(done, current)
    assert not plan(current, wanted, rules)
    # who comes back finds everything again
    back = organisation(
        person("CB1"), person("CB2"), boxes=[box], aliases=wanted.aliases.values()
    )  # fmt: skip
    again = plan(current, back, rules)
    assert addresses(again) == {"CB1": at("annv"), "CB2": at("annv2")}
    assert again.wanted.boxes[at("vp")].roles == box.roles


def test_who_left_long_before_the_list_came_gets_no_mailbox() -> None:
    wanted = organisation(person("CB1", end=DAY, start="2001-01-01"), person("CB2"))
    made = plan(EMPTY, wanted, Rules(close_before=DAY + timedelta(days=1)))
    assert addresses(made) == {"CB2": at("annv")}


def test_a_last_day_long_past_may_be_a_slip_and_counts_like_a_row_left_out() -> None:
    current = staffed(12)
    ended = {f"CB{number}": DAY for number in (1, 2)}
    people = [replace(each, end=ended.get(key)) for key, each in current.organisation.people.items()]
    rules = Rules(close_before=DAY + timedelta(days=1))
    said = refusal(current, organisation(*people), rules=rules)
    assert "leaves out 2 of 12 people who have a mailbox, or lets them go long ago" in said
    closing = plan(current, organisation(*people), rules, closures=["CB1", "CB2"])
    assert closing.counts() == {"person closed": 2}
    # their last day was known, and they were suspended since: nothing to confirm
    known = after(plan(current, organisation(*people)), current)
    assert plan(known, organisation(*people), rules).counts() == {"person closed": 2}
    assert plan(known, organisation(*people), rules, closures=["CB1"]).counts() == {"person closed": 2}


def test_a_staff_id_in_other_letters_is_no_other_person() -> None:
    current = after(plan(EMPTY, organisation(person("CB1"))))
    said = refusal(after(plan(current, organisation()), current), organisation(person("cb1")))
    assert '"cb1" is CB1 in the directory' in said


def test_an_alias_of_a_person_stays_theirs_and_one_of_a_duty_moves() -> None:
    people = [person("CB1"), person("CB2", "Lê Bình")]
    current = after(
        plan(EMPTY, organisation(*people, aliases=[Alias(at("an"), "CB1"), Alias(at("postmaster"), "CB1")]))
    )
    moved = organisation(*people, aliases=[Alias(at("an"), "CB2"), Alias(at("postmaster"), "CB2")])
    said = refusal(current, moved)
    assert f'"{at("an")}" was given to someone else' in said
    assert "postmaster" not in said
    duty = organisation(*people, aliases=[Alias(at("postmaster"), "CB2")])
    assert plan(current, duty).counts() == {"alias closed": 1, "alias changed": 1}


def test_an_alias_of_a_unit_may_move_to_another_unit() -> None:
    units = ("vp", "ccvc")
    current = after(plan(EMPTY, organisation(units=units, aliases=[Alias(at("tonghop"), at("box-vp"))])))
    moved = organisation(units=units, aliases=[Alias(at("tonghop"), "box-ccvc")])
    assert plan(current, moved).wanted.aliases[at("tonghop")].target == at("box-ccvc")


def test_what_an_alias_leads_to_must_be_there() -> None:
    wanted = organisation(aliases=[Alias(at("x"), "CB9"), Alias(at("y"), "nobody"), Alias(at("z"), "không")])
    assert refusal(EMPTY, wanted).count("is no mailbox of these files") == 3


def test_a_role_is_held_by_somebody_who_is_listed() -> None:
    box = Box(at("vp"), "office", "vp", frozenset({("CB1", "clerk"), ("CB9", "deputy")}))
    said = refusal(EMPTY, organisation(person("CB1"), boxes=[box]))
    assert '"CB9" is no staff id' in said
    assert "CB1" not in said


def test_a_units_box_is_never_renamed() -> None:
    current = after(plan(EMPTY, organisation()))
    wanted = organisation()
    unit = replace(wanted.units["vp"], box=at("moi"))
    boxes = {at("moi"): Box(at("moi"), "unit", "vp")}
    assert "would rename box-vp@" in refusal(current, replace(wanted, units={"vp": unit}, boxes=boxes))


def test_the_box_of_a_unit_that_was_closed_is_not_given_to_another() -> None:
    current = after(plan(EMPTY, organisation(units=("vp", "cu"))))
    gone = after(plan(current, organisation()), current)
    wanted = organisation(units=("vp", "moi"))
    unit, box = replace(wanted.units["moi"], box=at("box-cu")), Box(at("box-cu"), "unit", "moi")
    boxes = {at("box-vp"): wanted.boxes[at("box-vp")], box.address: box}
    heir = replace(wanted, units={**wanted.units, "moi": unit}, boxes=boxes)
    assert "never given again" in refusal(gone, heir)


def staffed(count: int) -> Directory:
    """The directory of an office with people CB0, CB1, ..."""
    return after(plan(EMPTY, organisation(*(person(f"CB{number}") for number in range(count)))))


def left(current: Directory, *gone: str) -> Organisation:
    return organisation(*(each for key, each in current.organisation.people.items() if key not in gone))


@pytest.mark.parametrize(("count", "most"), [(2, 1), (20, 1), (39, 1), (40, 2), (59, 2), (60, 3)])
def test_one_in_twenty_may_go_unnamed_and_one_always(count: int, most: int) -> None:
    current = staffed(count)
    gone = [f"CB{number}" for number in range(most + 1)]
    assert plan(current, left(current, *gone[1:])).counts() == {"person closed": most}
    assert f"leaves out {most + 1} of {count} people" in refusal(current, left(current, *gone))


def test_a_file_that_was_cut_short_closes_nobody_and_names_all() -> None:
    current = staffed(12)
    gone = [f"CB{number}" for number in range(1, 12)]
    said = refusal(current, left(current, *gone))
    assert all(f"{staff_id} (Nguyễn Văn An)" in said for staff_id in gone)
    assert f"name all who go: closures: [{', '.join(gone)}]" in said


def test_whoever_goes_is_confirmed_by_name() -> None:
    current = staffed(12)
    wanted = left(current, "CB1", "CB2", "CB3")
    said = refusal(current, wanted, closures=["CB1", "CB3"])
    assert "not confirmed: CB2 (Nguyễn Văn An);" in said
    assert plan(current, wanted, closures=["CB1", "CB2", "CB3"]).counts() == {"person closed": 3}


def test_a_confirmation_of_somebody_who_is_not_closed_is_a_fault() -> None:
    current = staffed(12)
    said = refusal(current, left(current, "CB1"), closures=["CB1", "CB5", "CB77"])
    assert 'closures: "CB5" is in the people file' in said
    assert 'closures: "CB77" has no open mailbox' in said
    assert "CB1" not in said


def test_all_refusals_are_told_at_once() -> None:
    current = after(plan(EMPTY, organisation(person("CB1"), person("CB2", "Lê Bình"))))
    box = Box(at("vp"), "office", "vp", frozenset({("CB9", "clerk")}))
    wanted = organisation(
        person("CB1", address=at("x")),
        person("CB3", address=at("binhl")),
        boxes=[box],
        aliases=[Alias(at("y"), "CB8")],
    )
    with pytest.raises(InputError) as refused:
        plan(current, wanted)
    assert len(refused.value.faults) == 4


def test_a_plan_is_shown_line_by_line() -> None:
    current = after(plan(EMPTY, read()))
    everything = read()
    people = {**everything.people, "CB1": replace(everything.people["CB1"], position="Phó Giám đốc")}
    before, now = plan(current, replace(everything, people=people)).diff()
    assert (
        before
        == "person CB1: Nguyễn Văn An <annv@snv.example>, cong_chuc, vp, from 2006-03-01, Chánh Văn phòng\n"
    )
    assert (
        now == "person CB1: Nguyễn Văn An <annv@snv.example>, cong_chuc, vp, from 2006-03-01, Phó Giám đốc\n"
    )


def test_the_same_files_again_change_nothing() -> None:
    again = plan(after(plan(EMPTY, read())), read())
    assert not again
    assert again.diff() == ("", "")


NAMES = ["Nguyễn Văn An", "Nguyễn Vân Ân", "Trần Thị Hoa", "Vũ Phúc", "Lê Thị Hòa", "Lê Thị Hoà"]
staff = st.tuples(st.sampled_from(NAMES), st.dates(min_value=person("x").start).map(str))
rolls = st.dictionaries(st.integers(1, 12).map("CB{}".format), staff, max_size=8)


@settings(deadline=None)
@given(st.lists(rolls, max_size=6))
def test_whoever_comes_and_goes(years: list[dict[str, tuple[str, str]]]) -> None:
    """Over any history: one person, one address, for ever; and no address for two."""
    current, owner = EMPTY, dict[str, str]()
    for roll in years:
        wanted = organisation(*(person(staff_id, *who) for staff_id, who in roll.items()))
        made = plan(current, wanted, UNGUARDED)
        for staff_id, address in addresses(made).items():
            assert owner.setdefault(address, staff_id) == staff_id
        assert len(set(owner.values())) == len(owner)  # nobody has two
        current = after(made, current)
        assert not plan(current, wanted)
