"""Lines, pseudonyms, seals, and where a change is found: for any record."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from congvu.chain import (
    GENESIS,
    SOURCES,
    Content,
    Pseudonyms,
    Seal,
    Signed,
    canonical,
    check,
    index,
    lines,
    segment,
)
from congvu.chain.bundle import _each_line, located, sound
from congvu.chain.seal import fingerprint, split

NAMES = Pseudonyms(bytes(range(32)))
DAY = date(2026, 6, 15)
TAKEN = datetime(2026, 6, 15, 3, tzinfo=UTC)
PERIOD = (DAY - timedelta(days=9), DAY + timedelta(days=9))

# What PostgreSQL's jsonb can hold
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=30))
def test_jq_writes_the_same_bytes(values: list[Any]) -> None:
    written = "".join(f"{canonical(value)}\n" for value in values).encode()
    done = subprocess.run(["jq", "-cS", "."], input=written, capture_output=True, check=True)
    assert done.stdout == written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (TAKEN, '"2026-06-15T10:00:00.000000+07:00"'),
        (DAY, '"2026-06-15"'),
        (0.1, '"0.1"'),
        (2**53, '"9007199254740992"'),
        (-(2**53) + 1, "-9007199254740991"),
        ({"b": True, "a": None, "Đ": "é\x7f\n"}, '{"a":null,"b":true,"Đ":"é\\u007f\\n"}'),
    ],
)
def test_the_canonical_form(value: Any, text: str) -> None:
    assert canonical(value) == text


def row(**fields: Any) -> dict[str, Any]:
    plain = {
        "id": 1, "taken": TAKEN, "at": TAKEN, "host": "mail", "kind": "login", "door": "imaps", "login": None,
        "mailbox": None, "peer": None, "detail": {},
    }  # fmt: skip
    return plain | fields


def told(source: str, *rows: dict[str, Any]) -> bytes:
    return b"".join(lines(SOURCES[source], rows, NAMES))


WORD = st.text("abdeghiklmđ ", min_size=5, max_size=12)
KEYS = st.sampled_from(["a", "note", "by"])
NESTED = st.recursive(
    WORD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    each = value.values() if isinstance(value, dict) else value
    return [word for inner in each for word in words(inner)]


@given(WORD, WORD, NESTED)
def test_what_is_not_known_to_be_harmless_is_not_told(login: str, box: str, detail: Any) -> None:
    hidden = [login, box, *words(detail)]
    line = told("event", row(login=login, mailbox=box, peer="8.8.8.8", detail={"x": detail})).decode()
    assert not [word for word in hidden if f'"{word}"' in line]
    assert "8.8.8.8" not in line


def test_known_words_stay_unless_an_address_is_in_them() -> None:
    line = told("event", row(detail={"why": "password", "key": "an@x.vn", "an@x.vn": 1, "bytes": 7})).decode()
    assert '"why":"password"' in line
    assert '"bytes":7' in line
    assert "an@x.vn" not in line


def test_the_former_lines_of_an_observation_hide_addresses_alone() -> None:
    body = {"exceptions": [{"subject": "mã cán bộ CB7", "found": "hộp thư an@x.vn đầy"}], "checked": 2}
    look = {"id": 1, "taken": TAKEN, "control": "c", "host": "mail", "at": TAKEN, "body": body, "policy": "0"}
    line = told("observation", look).decode()
    assert "mã cán bộ CB7" in line
    assert "an@x.vn" not in line


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("mã cán bộ {}", "CB7"),
        ("Mã cán bộ {}.", "vp/CB-7.a"),
        ("vp@x.vn, mã cán bộ {}, nhận thư", "CB_7"),
        ("văn bản số 7, hộp thư của mã cán bộ {}, phê duyệt", "7"),
        ("người gửi: mã cán bộ {}", "an@x.vn"),
        ("vp: {}.", "vp@x.vn"),
    ],
)
def test_a_look_tells_of_nobody_whom_the_other_lines_hide(text: str, hidden: str) -> None:
    body = {"exceptions": [{"subject": text.format(hidden), "found": text.format(hidden)}]}
    line = told("look", {"id": 1, "taken": TAKEN, "control": "c", "host": "mail", "at": TAKEN, "body": body,
                         "policy": "0"}).decode()  # fmt: skip
    word = told("acknowledgement", {"id": 1, "taken": TAKEN, "by": hidden, "version": "", "policy": ""})
    said = text.replace("vp@x.vn", NAMES.of("vp@x.vn")).format(json.loads(word)["by"])
    assert json.loads(line)["body"] == {"exceptions": [{"subject": said, "found": said}]}


def test_a_place_of_the_mail_store_is_its_mailbox() -> None:
    body = {"found": "quyền trong /srv/mail/x.vn/an/Maildir/.Gui"}
    look = {"id": 1, "taken": TAKEN, "control": "c", "host": "mail", "at": TAKEN, "body": body, "policy": "0"}
    assert f"/srv/mail/{NAMES.of('an@x.vn')}/Maildir/.Gui" in told("look", look).decode()


def test_a_person_has_one_pseudonym_however_it_is_written_and_our_services_their_name() -> None:
    assert NAMES.of("An@X.vn") == NAMES.of("an@x.vn")
    assert NAMES.of("congvu watch") == "congvu watch"
    assert NAMES.of("congvux") != "congvux"
    assert NAMES.of("") == ""
    assert Pseudonyms(bytes(32)).of("an@x.vn") != NAMES.of("an@x.vn")
    with pytest.raises(ValueError, match="31 bytes"):
        Pseudonyms(bytes(31))


# -- seals and segments ----------------------------------------------------------------------------

CONTENT = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n", b"e\n"]), max_size=8)


@given(st.dictionaries(st.sampled_from(sorted(SOURCES)), CONTENT, max_size=4), st.dates())
def test_a_seal_is_its_text(found: dict[str, list[bytes]], day: date) -> None:
    seal = Seal(
        "mail.example", day, GENESIS, GENESIS, {name: segment(each)[0] for name, each in found.items()}
    )
    assert Seal.read(seal.text) == seal
    for other in (
        seal.text + "x",
        seal.text[:-1],
        seal.text.replace("day: ", "day:  "),
        seal.text.replace("-", "+"),
    ):
        assert Seal.read(other) is None


@given(CONTENT, CONTENT)
def test_any_other_content_is_located(sealed: list[bytes], present: list[bytes]) -> None:
    marks = segment(sealed)[1]
    found = located("day", "event", present, index(split(marks)).decode().split())
    assert bool(found) == (sealed != present)
    assert all(each.line >= 1 for each in found)


@pytest.mark.parametrize(
    ("present", "said"),
    [
        (b"acd", ["2 was removed"]),
        (b"abxd", ["3 was changed"]),
        (b"abxcd", ["3 was inserted"]),
        (b"abbcd", ["3 was inserted"]),  # a copy
        (b"bcd", ["1 was removed"]),
        (b"abc", ["4 was removed"]),
        (b"abcdx", ["5 was inserted"]),
        (b"bacd", ["1 stands in another order", "2 stands in another order"]),
        (b"xyzw", ["1 was changed", "2 was changed", "3 was changed", "4 was changed"]),
        (b"", ["1 was removed", "2 was removed", "3 was removed", "4 was removed"]),
    ],
)
def test_where_a_line_was_changed(present: bytes, said: list[str]) -> None:
    def each(letters: bytes) -> list[bytes]:
        return [bytes([letter, 10]) for letter in letters]

    recorded = index(split(segment(each(b"abcd"))[1])).decode().split()
    found = located("day", "event", each(present), recorded)
    assert [f"{one.line} {one.what}" for one in found] == said


def test_a_thousand_changes_are_not_told_one_by_one() -> None:
    recorded = index(split(segment(b"%d\n" % n for n in range(1000))[1])).decode().split()
    found = located("day", "event", [b"x%d\n" % n for n in range(1000)], recorded)
    assert len(found) == 21
    assert found[-1].what == "and so on"


def chain(count: int) -> tuple[dict[date, Signed], dict[tuple[date, str], Content]]:
    """Sound days, with three events each."""
    seals, content, before = {}, {}, GENESIS
    for number in range(count):
        day = DAY + timedelta(days=number)
        taken = TAKEN + timedelta(days=number)
        found = [told("event", row(id=3 * number + n, taken=taken)) for n in range(3)]
        one, marks = segment(found)
        seal = Seal("mail", day, before, GENESIS, {"event": one})
        seals[day], before = Signed(seal.text, True), seal.head
        content[day, "event"] = Content(b"".join(found), index(split(marks)))
    return seals, content


def faults(
    seals: dict[date, Signed],
    content: dict[tuple[date, str], Content],
    copies: dict[date, Signed] | None = None,
) -> list[str]:
    found = check(
        seals,
        lambda day, source: content.get((day, source), Content(None, None)),
        lambda *_: True,
        copies or {},
        PERIOD,
    )
    return [str(each) for each in found]


def test_a_sound_chain_has_no_fault() -> None:
    seals, content = chain(4)
    assert faults(seals, content, seals) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.integers(0, 10**6), st.integers(1, 255))
def test_any_byte_of_the_evidence_that_is_changed_is_found_on_its_day(
    number: int, at: int, change: int
) -> None:
    seals, content = chain(4)
    day = DAY + timedelta(days=number)
    plain = bytearray(content[day, "event"].lines or b"")
    plain[at % len(plain)] ^= change
    content[day, "event"] = Content(bytes(plain), content[day, "event"].index)
    found = faults(seals, content)
    assert found
    assert all(each.startswith(f"{day} event line") for each in found)


# What does not stand as it should, though a reader of JSON may not mind
ODD = (
    b'{"id":1, "taken":"2026-06-15"}\n', b'{"taken":"2026-06-15","id":1}\n', b'{"id":1,"taken":"2026-06-15"}',
    b'{"id":1,"taken":"2026-06-15"},\n', b'{"a":[{}\n{}],"id":1,"taken":"2026-06-15"}\n', b"[]\n", b"\n",
    b'{"id":1,\n"taken":"2026-06-15"}\n', b'{"a":0.5,"id":1,"taken":"2026-06-15"}\n',
    b'{"a":-0,"id":1,"taken":"2026-06-15"}\n', b'{"a":NaN,"id":1,"taken":"2026-06-15"}\n',
    b'{"a":9007199254740992,"id":1,"taken":"2026-06-15"}\n', b'{"a":"\x7f","id":1,"taken":"2026-06-15"}\n',
    b'{"a":"\\ud800","id":1,"taken":"2026-06-15"}\n', b'{"a":"\xff","id":1,"taken":"2026-06-15"}\n',
    b'{"id":1,"id":2,"taken":"2026-06-15"}\n', b'{"id":true,"taken":"2026-06-15"}\n', b'{"id":1}\n',
    b'{"id":1,"taken":null}\n', b'{"id":1,"taken":"2026-06-16"}\n', b'{"id":1,"taken":"2026-06-14"}\n',
    b'{"id":0,"taken":"2026-06-15"}\n', b'{"id":7,"taken":"2026-06-15"}\n', b"[" * 9999,
)  # fmt: skip


EVEN = st.integers(2, 5).map(lambda number: b'{"id":%d,"taken":"2026-06-15"}\n' % number)


@settings(max_examples=300, deadline=None)
@given(st.lists(EVEN | st.sampled_from(ODD)), st.sampled_from([GENESIS, "1" * 64]))
def test_what_is_sound_at_a_glance_is_sound_line_by_line(written: list[bytes], previous: str) -> None:
    seal = Seal("mail", DAY, previous, GENESIS, {})
    content = b"".join(written)
    assert not (sound(seal, content) and _each_line(seal, "event", content))


@pytest.mark.parametrize("line", ODD[:-4])
def test_nothing_odd_is_sound_at_a_glance(line: bytes) -> None:
    assert not sound(Seal("mail", DAY, "1" * 64, GENESIS, {}), line)


def test_many_lines_are_sound_at_a_glance_and_in_their_order() -> None:
    seal = Seal("mail", DAY, "1" * 64, GENESIS, {})
    many = [told("event", row(id=n, detail={"note": "đ\x7f\n", "bytes": -n})) for n in range(2500)]
    assert sound(seal, b"".join(many))
    assert not sound(seal, b"".join([*many[:1500], many[1499], *many[1500:]]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.integers(0, 10**6), st.sampled_from("0123456789abcdefghz \n"))
def test_any_letter_of_a_seal_that_is_changed_is_found(number: int, at: int, letter: str) -> None:
    seals, content = chain(4)
    day = DAY + timedelta(days=number)
    text = seals[day].text
    at %= len(text)
    other = text[:at] + letter + text[at + 1 :]
    copies = dict(seals)
    seals[day] = Signed(other, True)
    assert bool(faults(seals, content, copies)) == (other != text)
    seals[day] = Signed(other, False)
    assert faults(seals, content)


def test_a_day_that_was_sealed_anew_alone_is_followed_by_none() -> None:
    seals, content = chain(4)
    other, _ = segment([])
    seals[DAY] = Signed(Seal("mail", DAY, GENESIS, GENESIS, {"event": other}).text, True)
    del content[DAY, "event"]
    assert faults(seals, content) == [
        f"{DAY + timedelta(days=1)} seal: it does not follow the seal of {DAY}: one of both is not as it was"
    ]


def test_the_beginning_cannot_be_cut_off() -> None:
    seals, content = chain(4)
    del seals[DAY]
    assert faults(seals, content) == [
        f"{DAY + timedelta(days=1)} seal: the days before it are missing: it does not begin the chain"
    ]


def test_a_fingerprint_is_what_ssh_keygen_shows() -> None:
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAIGBmeDzvSmWXRfIHUjjt+PyTMXwB/oP4hXgHnzDtJs+z"
    done = subprocess.run(
        ["ssh-keygen", "-lf", "-"], input=f"ssh-ed25519 {blob}", capture_output=True, text=True, check=True
    )
    assert fingerprint(f"ssh-ed25519 {blob}") == done.stdout.split()[1]
