"""Passwords: what is refused, and by which rule; what is taken; hashes."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from congvu.passwords import Context, Rules, check, generate, hash_password, verify

VALUES = {
    "password.min_length": 8,
    "password.min_length_with_second_factor": 8,
    "password.max_length": 128,
    "password.classes": ["digit", "upper", "lower", "special"],
}
RULES = Rules.from_policy(VALUES, ["sunflower", "computer", "it"])
LINH = Context(
    full_name="Nguyễn Hoàng Phương Linh",
    unit="Phòng Tổ chức, biên chế",
    address="linhnhp@snv.binhdinh.test",
    organisation=("Sở Nội vụ tỉnh Bình Định",),
)
AN = Context("Lê Văn An", "Thanh tra", "anlv@snv.binhdinh.test", LINH.organisation)


def broken(candidate: str, context: Context = LINH, rules: Rules = RULES) -> list[str]:
    return [fault.rule for fault in check(candidate, context, rules)]


def changed(present: str, candidate: str) -> list[str]:
    return broken(candidate, Context(present=present))


GOOD = [
    "Kq7$mzR!",
    "Trời-xanh-2K",
    "Đà-lạt3mùa",
    "Đ1!ơơơơơzđ",  # no ASCII capital: "Đ" is one
    "Horse-battery-9",
    "Ngày-mai-mưa2",
    "Không-Hồng.7x",
    "Mua xoài chua 24!",
    "Ab!83920475",
    "Mậtkhác1!ước",
    "A!😀😁😂🤣b1",
    "Kq7$mzRt" * 16,  # 128, the longest
]


@pytest.mark.parametrize("candidate", GOOD)
def test_taken(candidate: str) -> None:
    assert broken(candidate) == []


FORM = [
    ("Kq7$mzR", ["min_length"]),
    ("Ạ1!ị", ["min_length"]),  # 8 bytes in UTF-8, 4 characters
    ("😀😀Ax1", ["min_length"]),  # 11 bytes, 5 characters
    (unicodedata.normalize("NFD", "Ạ1!ịế"), ["min_length"]),  # 9 code points as typed, 5 in NFC
    ("", ["min_length", "digit", "upper", "lower", "special"]),
    ("Kq7$mzR!" * 16 + "x", ["max_length"]),
    ("Kqx$mzR!", ["digit"]),
    ("kq7$mzr!", ["upper"]),
    ("đq7$mzr!", ["upper"]),
    ("KQ7$MZR!", ["lower"]),
    ("ĐQ7$ĂẾR!", ["lower"]),
    ("Kq7xmzRt", ["special"]),
    ("Kq7 mzRt", ["special"]),  # a space in between is welcome, but is no sign
    ("kqxomzrt", ["digit", "upper", "special"]),
    ("Kq7$mzR!\n", ["control_character"]),
    ("Kq7\0$mzR!", ["control_character"]),
    ("Kq7\x7f$mzR!", ["control_character"]),
    ("Kq7\u200b$mzR!", ["control_character"]),  # zero width
    ("Kq7\u00a0$mzR!", ["control_character"]),  # no-break space
    ("Kq7\u202e$mzR!", ["control_character"]),  # turns the direction
    ("Kq7\ud800$mzR!", ["control_character"]),  # half a character
    (" Kq7$mzR!", ["control_character"]),
    ("Kq7$mzR! ", ["control_character"]),
]


@pytest.mark.parametrize(("candidate", "rules"), FORM)
def test_refused_by_its_form(candidate: str, rules: list[str]) -> None:
    assert broken(candidate) == rules


BANNED = """
    P@ssw0rd P@ssw0rd1 P@ssW0rd!! Pa$$w0rd! PASSWORD@2026a p@55w0rD p@SSword123 1P@ssword! 1dr0wss@P
    Snv@2022 Snv@2026! SNV#12345a SnvBinhDinh@1 Binhdinh@123 BinhĐịnh@2026 B1nhd1nh@123
    Binh-Dinh-2024a SoNoiVu@2026 Noivu#123a Sở.Nội.Vụ.1 Matkhau@123 M@tkh@u123 MậtKhẩu@1
    Mat-Khau-2026 MatkhauSnv@1 Admin@123 @Dmin123 Adm1n!@#4 Iloveyou1! Anhyeuem@1 Dragon@2024
    Welcome1! Vietnam@1975 Quynhon@2026 Aa@123456 Aa123456@ Abc@12345 Abcd@1234 1qaz@WSX Zaq1@wsx
    !QAZ2wsx Qwerty@123 Asdf!2345 Zxcvbnm,1 Aaaaaa1! Sunflower@12 C0mputer!9
"""


@pytest.mark.parametrize(
    "candidate", [*BANNED.split(), unicodedata.normalize("NFD", "MậtKhẩu@1"), "Ｐ@ssw0rd12"]
)
def test_refused_as_banned(candidate: str) -> None:
    assert broken(candidate) == ["banned"]


PERSONAL = [
    (LINH, "Linh@2024"),
    (LINH, "LINH#29x81kq"),
    (LINH, "Phuonglinh.94zQ"),
    (LINH, "PhươngLinh.94z"),
    (LINH, "NguyenHoangPhuongLinh1!"),
    (LINH, "KhongLinh9#"),
    (LINH, "Linhnhp@1"),
    (LINH, "x9!Linhnhp.Qz"),
    (LINH, "L1nhnhp@12"),
    (LINH, "Tochuc@2026"),
    (LINH, "ToChucBienChe1!"),
    (LINH, "9!xTochucbienche.Q"),
    (LINH, "Tcbc!!9#8"),
    (LINH, "LinhSnv@2026"),
    (AN, "LeVanAn@1990"),
    (AN, "An@2024!"),
    (LINH, "9!phnhnil#Kq7"),
    (AN, "AnLe!2026"),
    (AN, "Vanan#77Qx"),
    (AN, "Anlv@2026"),
    (AN, "9Anlv!!zQx"),
]


@pytest.mark.parametrize(("context", "candidate"), PERSONAL)
def test_refused_as_personal(context: Context, candidate: str) -> None:
    assert "personal" in broken(candidate, context)


@pytest.mark.parametrize("candidate", ["An-toan-la-ban9", "Lê-minh-tan7x", "Khan-gian-xanh7"])
def test_a_short_name_does_not_spoil_a_passphrase(candidate: str) -> None:
    assert broken(candidate, AN) == []


SAME = [
    ("Kq7$mzRt", "Kq7$mzRt", "same_as_present"),
    ("Mậtxkhác1!", unicodedata.normalize("NFD", "Mậtxkhác1!"), "same_as_present"),
    ("Kq7$mzRt", "Kq8$mzRt", "trivial_change"),
    ("Kq7$mzRt", "kQ7$MZrT", "trivial_change"),
    ("Kq7$mzRt", "tRzm$7qK", "trivial_change"),
    ("Kq7$mzRt", "Rt$mzKq7", "trivial_change"),
    ("Kq7$mzRt", "Kq7$mzRt2026", "trivial_change"),
    ("Kq7$mzRt2026!", "Kq7$mzRt", "trivial_change"),
    ("Trời-xanh-2024", "Troi.xanh.2025", "trivial_change"),
    ("Trời-xanh-2024", "Trời-xanh-2024!!", "trivial_change"),
]


@pytest.mark.parametrize(("present", "candidate", "rule"), SAME)
def test_refused_as_no_change(present: str, candidate: str, rule: str) -> None:
    assert changed(present, candidate) == [rule]


def test_another_password_is_a_change() -> None:
    assert changed("Kq7$mzRt", "Tbw4%llaX") == []
    assert changed("P@ssw0rd", "Tbw4%llaX") == []


def test_every_fault_is_told_at_once_and_in_vietnamese() -> None:
    faults = check("linh", LINH, RULES)
    assert [fault.rule for fault in faults] == ["min_length", "digit", "upper", "special", "personal"]
    for fault in faults:
        assert fault.message.startswith("Mật khẩu")
        assert fault.message.endswith(".")
        assert fault.message == unicodedata.normalize("NFC", fault.message)
        assert "linh" not in fault.message


def test_the_numbers_come_from_the_policy() -> None:
    longer = Rules.from_policy({**VALUES, "password.min_length": 14, "password.classes": ["digit"]})
    assert broken("Kq7$mzRt", rules=longer) == ["min_length"]
    assert "14" in check("Kq7$mzRt", LINH, longer)[0].message
    assert broken("troixanh9ngàymưa", rules=longer) == []
    assert broken("Kq7$mzRt", Context(second_factor=True), longer) == []
    assert broken("Kq7$mzR", Context(second_factor=True), longer) == ["min_length"]
    assert [longer.too_short_alone(each) for each in ("Kq7$mzRt", "troixanh9ngàym")] == [True, False]


@given(st.text(max_size=200))
def test_judging_never_fails_and_does_not_depend_on_the_form_of_unicode(candidate: str) -> None:
    assert broken(candidate) == broken(unicodedata.normalize("NFC", candidate))
    assert broken(candidate) == broken(unicodedata.normalize("NFD", candidate))


@given(st.text(max_size=7))
def test_nothing_shorter_than_eight_characters_is_taken(candidate: str) -> None:
    assert "min_length" in broken(candidate)


# A password is made only of decorations around the regulation's example: it is refused, whatever they are.
decoration = st.text("0123456789!#%&*.-_ ", max_size=6).map(str.strip)


@given(
    decoration,
    st.sampled_from(["P@ssw0rd", "pAssword", "Passw0rD", "Snv", "bInhđỊnh", "Mậtkhẩu"]),
    decoration,
)
def test_the_family_of_the_example_is_refused(before: str, core: str, after: str) -> None:
    assert "banned" in broken(before + core + after)


def test_generated_passwords_keep_the_rules_and_are_easy_to_type() -> None:
    made = [generate() for _ in range(300)]
    assert len(set(made)) == len(made)
    for password in made:
        assert broken(password, Context()) == []
        assert len(password) >= 12
        assert password[0].isalpha()  # no spreadsheet takes it for a formula
        assert not set(password) & set("0O1lIo5S2Z8B|`'\"\\,;@=+- ")


def test_a_hash_is_argon2id_as_dovecot_reads_it() -> None:
    assert re.fullmatch(
        r"\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}", hash_password("Kq7$mzRt")
    )
    assert hash_password("Kq7$mzRt") != hash_password("Kq7$mzRt")


def test_the_same_keys_are_the_same_password_in_either_form() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Mậtkhẩu1!") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert verify(decomposed, hash_password(composed))
    assert verify(composed, hash_password(decomposed))


WRONG = ["", "kq7$mzRt", "Kq7$mzRt ", "Kq7$mzRt\0", "Kq7$mzRt\0x", "\ud800", "x" * 100_000, "Kq7$mzR"]


@pytest.mark.parametrize("password", WRONG)
def test_a_wrong_password_is_wrong(password: str) -> None:
    assert not verify(password, hash_password("Kq7$mzRt"))


@pytest.mark.parametrize("password", ["", "\0", "Kq7$mzRt"])
def test_nobody_has_a_password(password: str) -> None:
    assert not verify(password, None)


def test_an_impossible_password_does_not_match_a_hash_of_nothing() -> None:
    assert not verify("\0", hash_password(""))


def test_hashes_of_other_mail_systems_are_read() -> None:
    # made by mkpasswd -m sha-512 -S saltsalt
    imported = (
        "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"
    )
    assert verify("password", imported)
    assert not verify("Password", imported)


@pytest.mark.parametrize("hashed", ["", "x", "$1$abc$def", "Kq7$mzRt", "{SSHA}xyz"])
def test_an_unknown_kind_of_hash_is_a_fault_and_no_answer(hashed: str) -> None:
    if not hashed:
        assert not verify("", hashed)
        return
    with pytest.raises(ValueError, match="hash"):
        verify("Kq7$mzRt", hashed)
