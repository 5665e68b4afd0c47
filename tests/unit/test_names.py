"""Addresses from names: a table of names that people really bear, and laws that hold for every name."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from congvu import names

# name, given name + initials, initials + given name, everything joined
TABLE = [
    # Kinh
    ("Nguyễn Văn An", "annv", "nvan", "nguyenvanan"),
    ("Nguyễn Văn Ân", "annv", "nvan", "nguyenvanan"),
    ("Nguyễn Văn Ẩn", "annv", "nvan", "nguyenvanan"),
    ("Nguyễn Văn Ấn", "annv", "nvan", "nguyenvanan"),
    ("Nguyễn Vân An", "annv", "nvan", "nguyenvanan"),
    ("Nguyễn Thị Hoa", "hoant", "nthoa", "nguyenthihoa"),
    ("Nguyễn Thị Hòa", "hoant", "nthoa", "nguyenthihoa"),
    ("Nguyễn Thị Hoà", "hoant", "nthoa", "nguyenthihoa"),  # the older place of the tone mark
    ("Phan Thị Thanh Thúy", "thuyptt", "pttthuy", "phanthithanhthuy"),
    ("Phan Thị Thanh Thuý", "thuyptt", "pttthuy", "phanthithanhthuy"),
    ("Lê Văn Đức", "duclv", "lvduc", "levanduc"),
    ("Lê Văn Dục", "duclv", "lvduc", "levanduc"),
    ("Dang Thi Huong", "huongdt", "dthuong", "dangthihuong"),
    ("Đặng Thị Hương", "huongdt", "dthuong", "dangthihuong"),
    ("Đỗ Đình Đạt", "datdd", "dddat", "dodinhdat"),
    ("Ðỗ Ðình Ðạt", "datdd", "dddat", "dodinhdat"),  # Eth (U+00D0), as old fonts typed it
    ("Phạm Đức Đông", "dongpd", "pddong", "phamducdong"),
    ("Hồ Quốc Việt", "viethq", "hqviet", "hoquocviet"),
    ("Huỳnh Thị Mỹ Duyên", "duyenhtm", "htmduyen", "huynhthimyduyen"),
    ("Vũ Phúc", "phucv", "vphuc", "vuphuc"),
    ("Trần Cao Kỳ Thư", "thutck", "tckthu", "trancaokythu"),
    ("Lê Thanh Tra", "tralt", "lttra", "lethanhtra"),
    ("Nguyễn Hoàng Phương Linh", "linhnhp", "nhplinh", "nguyenhoangphuonglinh"),
    ("Công Tằng Tôn Nữ Ngọc Trân", "trancttnn", "cttnntran", "congtangtonnungoctran"),
    ("Tôn Thất Bách", "bachtt", "ttbach", "tonthatbach"),
    ("Nguyễn Lê Gia Bảo", "baonlg", "nlgbao", "nguyenlegiabao"),
    ("Lý Thị Ý", "ylt", "lty", "lythiy"),
    ("Bùi Y", "yb", "by", "buiy"),
    ("Ngô Thị Kiều My", "myntk", "ntkmy", "ngothikieumy"),
    ("Ngô Thị Kiều Mỹ", "myntk", "ntkmy", "ngothikieumy"),
    ("Mai Thị Út", "utmt", "mtut", "maithiut"),
    ("Ông Ích Khiêm", "khiemoi", "oikhiem", "ongichkhiem"),  # a family name, not a title
    ("Tăng Chí Mỹ", "mytc", "tcmy", "tangchimy"),
    # Jrai, Ba Na, Ê-đê
    ("Siu H'Phiên", "hphiens", "shphien", "siuhphien"),
    ("Siu H’Phiên", "hphiens", "shphien", "siuhphien"),  # the apostrophe of word processors
    ("Kpă Thuyên", "thuyenk", "kthuyen", "kpathuyen"),
    ("Ksor H'Bơ Khăp", "khapkh", "khkhap", "ksorhbokhap"),
    ("Rmah Tuyn", "tuynr", "rtuyn", "rmahtuyn"),
    ("Rơ Ô Bhŏk", "bhokro", "robhok", "roobhok"),
    ("Đinh Y Hơ Ring", "ringdyh", "dyhring", "dinhyhoring"),
    ("Đinh Văn Ƀlâk", "blakdv", "dvblak", "dinhvanblak"),
    ("H'Lim Niê", "nieh", "hnie", "hlimnie"),
    ("Y Čik Mlô", "mloyc", "ycmlo", "ycikmlo"),
    # as personnel lists write them
    ("NGUYỄN VĂN AN", "annv", "nvan", "nguyenvanan"),
    ("  Nguyễn\u00a0 Văn\tAn ", "annv", "nvan", "nguyenvanan"),
    ("Nguyễn Văn\u200b An", "annv", "nvan", "nguyenvanan"),
    ("Nguyễn Văn An (VP)", "annv", "nvan", "nguyenvanan"),
    ("Nguyễn Văn An [nghỉ việc]", "annv", "nvan", "nguyenvanan"),
    ("ThS. Trần Thị Bích Liên", "lienttb", "ttblien", "tranthibichlien"),
    ("Ths.Trần Thị Bích Liên", "lienttb", "ttblien", "tranthibichlien"),
    ("PGS. TS. Trần Thị Bích Liên", "lienttb", "ttblien", "tranthibichlien"),
    ("PGS.TS Trần Thị Bích Liên", "lienttb", "ttblien", "tranthibichlien"),
    ("TS Trần Thị Bích Liên", "lienttb", "ttblien", "tranthibichlien"),
    ("Trần Thị Bích Liên, ThS.", "lienttb", "ttblien", "tranthibichlien"),
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("name", "given_initials", "initials_given", "full_joined"), TABLE)
def test_the_address_of_a_name(
    name: str, given_initials: str, initials_given: str, full_joined: str, form: str
) -> None:
    written = unicodedata.normalize(form, name)
    assert names.local_part(written) == given_initials
    assert names.local_part(written, "initials_given") == initials_given
    assert names.local_part(written, "full_joined") == full_joined


# Names whose family name stands last, read so because the list says so.
GIVEN_FIRST = [
    ("Y Moan Ênuôl", "ymoane", "eymoan", "ymoanenuol"),
    ("Y Ngông Niê Kđăm", "yngongnk", "nkyngong", "yngongniekdam"),
    ("H'Lim Niê", "hlimn", "nhlim", "hlimnie"),
    ("H’ Hen Niê", "hhenn", "nhhen", "hhennie"),
    ("Linh Trần", "linht", "tlinh", "linhtran"),
    ("Y", "y", "y", "y"),
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("name", "given_initials", "initials_given", "full_joined"), GIVEN_FIRST)
def test_the_address_of_a_name_whose_family_name_stands_last(
    name: str, given_initials: str, initials_given: str, full_joined: str, form: str
) -> None:
    written = unicodedata.normalize(form, name)
    made = [names.local_part(written, pattern, "given_first") for pattern in names.PATTERNS]
    assert made == [given_initials, initials_given, full_joined]


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Nguyễn Văn Аn", "CYRILLIC SMALL LETTER A"),  # a look-alike
        ("Trần 陳", "CJK UNIFIED IDEOGRAPH-9673"),
        ("Nguyễn Văn An 2", "DIGIT TWO"),
        ("Nguyễn Văn An +", "PLUS SIGN"),
    ],
)
def test_another_scripts_letter_is_refused_by_name(name: str, letter: str) -> None:
    with pytest.raises(ValueError, match=letter):
        names.local_part(name)


@pytest.mark.parametrize("name", ["", "   ", "(VP)", "ThS. ", "'", "\u200b"])
def test_what_holds_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        names.local_part(name)


def test_a_clean_name_keeps_its_letters_and_loses_the_rest() -> None:
    nfd = unicodedata.normalize("NFD", "ThS.  Trần Thị  Bích Liên (nghỉ sinh)")
    assert names.clean(nfd) == "Trần Thị Bích Liên"
    assert names.clean("Siu H’Phiên") == "Siu H’Phiên"


def test_what_namesakes_are_offered() -> None:
    assert list(itertools.islice(names.candidates("annv"), 4)) == ["annv", "annv2", "annv3", "annv4"]


ONSETS = [
    "",
    "b",
    "c",
    "d",
    "đ",
    "g",
    "h",
    "kp",
    "l",
    "m",
    "ng",
    "ph",
    "rm",
    "s",
    "th",
    "tr",
    "č",
    "ƀ",
    "h'",
    "h’",
]
VOWELS = [*"aăâeêioôơuưyŏŭĭ", "uyê", "oa", "ươ"]
MARKS = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
ENDS = ["", "c", "k", "m", "n", "ng", "nh", "p", "t", "h"]
parts = st.tuples(*map(st.sampled_from, (ONSETS, VOWELS, MARKS, ENDS)))
syllables = parts.map(lambda part: "".join(part).capitalize())
people = st.lists(syllables, min_size=1, max_size=6).map(" ".join)


@given(people)
def test_however_a_name_is_encoded_it_has_one_address(name: str) -> None:
    nfc, nfd = unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)
    assert names.local_part(nfc) == names.local_part(nfd) == names.local_part(nfc.upper())


@given(people, st.sampled_from(names.PATTERNS))
def test_every_address_is_plain_ascii_and_short_enough(name: str, pattern: str) -> None:
    local = names.local_part(name, pattern)
    assert local.isascii()
    assert local.isalpha()
    assert local.islower()
    assert 1 <= len(local) <= 60


@given(people, st.sampled_from(["", "(VP)", "(phòng Kế toán)", "[HĐ]", ", ThS."]))
def test_what_stands_round_a_name_does_not_matter(name: str, after: str) -> None:
    for before in ("ThS. ", "PGS.TS. ", "TS "):
        assert names.local_part(f"{before}{name} {after}") == names.local_part(name)


@given(st.text())
def test_any_text_gives_an_address_or_a_reason(text: str) -> None:
    try:
        local = names.local_part(text)
    except ValueError:
        return
    assert local.isascii()
    assert local.isalnum()
