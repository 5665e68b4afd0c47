"""What a policy may not say, and what the person who wrote it is told: file, line, what, why, what to do.

In an expected line ``{at}`` stands for the file and line that the case replaces.
"""

from __future__ import annotations

from datetime import date

import pytest

VALUES, RULES, ABOUT = "values.yml", "regulation/rules.yml", "regulation/about.yml"
STRICT, LENGTH = "profiles/strict.yml", "controls/password-length.yml"
DELIVERY = "controls/mail-delivery.yml"


def case(name, file, old, new, *expected, profile="default"):
    return pytest.param((file, old, new, expected, profile), id=name)


OUT_OF_BOUNDS = [
    case(
        "value-below-its-bound",
        VALUES,
        "  value: 10\n",
        "  value: 9\n",
        "{at}: password.min_length: 9 is out of bounds: provision a2.k1 asks for at least 10 characters. "
        "Choose a value within",
    ),
    case(
        "value-above-its-bound",
        VALUES,
        "  value: 4\n",
        "  value: 12\n",
        "{at}: rotation.expire_months: 12 is out of bounds: provision a2.k2 asks for at most 4 months.",
    ),
    case(
        "profile-below-the-bound",
        STRICT,
        "password.min_length: 14",
        "password.min_length: 7",
        "{at}: password.min_length: 7 is out of bounds",
        "at least 10",
        profile="strict",
    ),
    case(
        "profile-makes-another-value-exceed-it",
        VALUES,
        "  value: 2\n",
        "  value: 4\n",
        "profiles/strict.yml:4: rotation.due_months: 4 is out of bounds",
        "at most 3 (rotation.expire_months) months",
        profile="strict",
    ),
    case("no-choice", VALUES, "value: TLSv1.2", "value: TLSv1.1", "{at}:", "nothing but TLSv1.2, TLSv1.3"),
    case(
        "list-too-short",
        VALUES,
        "[digit, lower]",
        "[digit]",
        "{at}: password.classes: [digit] is out of bounds",
        "at least 2 entries",
    ),
    case("list-entry-unknown", VALUES, "[digit, lower]", "[digit, emoji]", "nothing but digit, upper"),
    case("list-entry-twice", VALUES, "[digit, lower]", "[digit, digit]", "no entry twice"),
]

REFERENCES = [
    case(
        "unknown-norm-of-a-value",
        VALUES,
        "norm: commune",
        "norm: comune",
        "{at}: password.min_length: norm: there is no 'comune'. Did you mean 'commune'?",
    ),
    case(
        "unknown-norm-of-a-profile",
        STRICT,
        "password.min_length: standard",
        "password.min_length: tcvn",
        "{at}: password.min_length: there is no norm 'tcvn'. Add it to norms",
        profile="strict",
    ),
    case(
        "norm-of-what-the-profile-leaves",
        STRICT,
        "password.min_length: standard",
        "tls.min_version: standard",
        "{at}: norms: 'tls.min_version' is no value of this profile",
        profile="strict",
    ),
    case(
        "unknown-successor-of-a-law",
        ABOUT,
        "superseded_by: mail-2023",
        "superseded_by: mail-2032",
        "{at}: law mail-2005: superseded_by: there is no 'mail-2032'. Did you mean 'mail-2023'?",
    ),
    case(
        "law-of-an-unknown-provision",
        ABOUT,
        "provisions: [a1]",
        "provisions: [a9]",
        "{at}: law mail-2005: provisions: there is no 'a9'.",
    ),
    case(
        "law-that-ends-before-it-begins",
        ABOUT,
        "  in_force_until: 2024-06-30\n",
        "  in_force_from: 2024-07-01\n    in_force_until: 2024-06-30\n",
        "law mail-2005: is in force until 2024-06-30, before it is from 2024-07-01",
    ),
    case(
        "unknown-control",
        RULES,
        "[password-length]",
        "[password-lenght]",
        "{at}: provision a2.k1: controls: there is no 'password-lenght'. Did you mean 'password-length'?",
    ),
    case(
        "control-without-row",
        RULES,
        "[mail-delivery]",
        "[password-age]",
        "controls/mail-delivery.yml:1:",
        "serves no",
    ),
    case(
        "enforced-row-without-control",
        RULES,
        "  controls: [password-length]\n",
        "",
        "rules.yml:13: provision a2.k1: kind E needs a control",
    ),
    case(
        "measured-row-without-control", RULES, "  controls: [mail-delivery]\n", "", "kind M needs a control"
    ),
    case(
        "nothing-judges",
        RULES,
        "  not_assessed:\n    vi: Phạm vi áp dụng, không có nội dung để kiểm tra.\n"
        "    en: Scope, there is nothing to check.\n",
        "",
        "rules.yml:1: provision a1: nothing judges this row",
    ),
    case(
        "attested-by-nobody",
        RULES,
        "  attests: chairman\n",
        "",
        "rules.yml:21:",
        "kind O needs someone who attests",
    ),
    case(
        "unknown-party", RULES, "attests: chairman", "attests: chairmen", "{at}:", "Did you mean 'chairman'?"
    ),
    case("value-of-no-row", VALUES, "provision: a3", "provision: a9", "{at}: delivery.min_rate: provision:"),
    case(
        "bound-of-no-value",
        VALUES,
        "max: rotation.expire_months",
        "max: rotation.end",
        "{at}: rotation.due_months: max: there is no 'rotation.end'",
    ),
    case(
        "bound-that-is-no-number",
        VALUES,
        "max: rotation.expire_months",
        "max: tls.min_version",
        "is no number",
    ),
    case(
        "rate-of-no-value",
        DELIVERY,
        "delivery.min_rate",
        "delivery.rate",
        "{at}: control mail-delivery: verdict: there is no 'delivery.rate'",
    ),
    case(
        "rate-that-is-no-fraction",
        DELIVERY,
        "delivery.min_rate",
        "password.min_length",
        "password.min_length is no fraction",
    ),
    case("finding-of-no-row", "findings.yml", "[a2.k2]", "[a2.k7]", "{at}: finding F1", "no 'a2.k7'"),
    case(
        "file-named-otherwise",
        LENGTH,
        "id: password-length",
        "id: password-size",
        "Call it password-size.yml",
    ),
    case("built-but-not-observed", LENGTH, "max_age_hours: 24\n", "", "'max_age_hours' is missing (built)"),
    case(
        "not-built-without-reason",
        LENGTH,
        "verdict: all\n",
        "verdict: all\nbuilt: false\n",
        "'reason' is missing",
    ),
    case("issued-without-number", ABOUT, "12/QĐ-UBND", "null", "about.yml:9: legal_basis: 'in_force' needs"),
    case(
        "same-id-twice",
        RULES,
        "- id: a3",
        "- id: a2.k1",
        "{at}: provision a2.k1: this id was already given at",
    ),
]

PROFILES = [
    case(
        "unknown-value",
        STRICT,
        "password.min_length: 14",
        "password.length: 14",
        "{at}: values: there is no value 'password.length'",
        profile="strict",
    ),
    case(
        "other-type",
        STRICT,
        "password.min_length: 14",
        'password.min_length: "14"',
        "14 is no number, as values.yml has it",
        profile="strict",
    ),
    case(
        "unknown-row-selected",
        STRICT,
        "[a1,",
        "[a8,",
        "{at}: select: there is no provision 'a8'",
        profile="strict",
    ),
    case(
        "exception-for-no-row",
        STRICT,
        "provision: a3",
        "provision: a4",
        "{at}:",
        "no such provision",
        profile="strict",
    ),
    case(
        "exception-for-no-control",
        STRICT,
        "control: mail-delivery",
        "control: password-age",
        "{at}:",
        "the row has no control 'password-age'",
        profile="strict",
    ),
    case(
        "exception-without-approver",
        STRICT,
        "    approver: Chủ tịch Ủy ban nhân dân xã\n",
        "",
        "'approver' is missing",
        profile="strict",
    ),
    case(
        "exception-without-expiry",
        STRICT,
        "    expires: 2026-12-31\n",
        "",
        "strict.yml:6:",
        "'expires' is missing",
        profile="strict",
    ),
]


@pytest.mark.parametrize("spoiled", [*OUT_OF_BOUNDS, *REFERENCES, *PROFILES])
def test_a_fault_says_where_what_and_why(folder, spoiled):
    folder.spoil(*spoiled)


def test_the_untouched_folder_has_no_fault(folder):
    assert folder.resolve("default").profile == "default"
    assert folder.resolve("strict").profile == "strict"


def test_one_run_names_every_fault_in_reading_order(folder):
    folder.replace(VALUES, "  value: 10\n", "  value: 7\n")
    folder.replace(VALUES, "  value: 4\n", "  value: 12\n")
    folder.replace(RULES, "    en: Mail that is sent arrives.\n", "")
    folder.replace(RULES, "[password-length]", "[password-lenght]")
    folder.replace(LENGTH, "severity: high", "severity: severe")
    folder.replace(STRICT, "expires: 2026-12-31", "expires: 2026-11-22")
    folder.replace(ABOUT, "12/QĐ-UBND", "null")
    places = [fault.partition(": ")[0] for fault in folder.faults("strict")]
    assert places == [
        "controls/password-length.yml:4",
        "profiles/strict.yml:12",
        "regulation/about.yml:9",
        "regulation/rules.yml:18",
        "regulation/rules.yml:31",
        "values.yml:3",
        "values.yml:23",
    ]


def test_a_broken_entry_does_not_make_its_name_unknown(folder):
    folder.replace(LENGTH, "severity: high\n", "")
    assert len(folder.faults()) == 1


@pytest.mark.parametrize("file", [VALUES, ABOUT, RULES, LENGTH, STRICT, "findings.yml"])
def test_an_unreadable_file_does_not_make_its_names_unknown(folder, file):
    (folder.path / file).write_text("- {\n", encoding="utf-8")
    faults = [fault for fault in folder.faults("strict") if "no provisions" not in fault]
    assert len(faults) == 1
    assert faults[0].startswith(f"{file}:2: is not plain YAML")


@pytest.mark.parametrize(("today", "sound"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False)])
def test_an_exception_lasts_to_the_end_of_its_last_day(folder, today, sound):
    if sound:
        assert folder.resolve("strict", today).exceptions
    else:
        (fault,) = folder.faults("strict", today)
        assert fault.startswith("profiles/strict.yml:12: exception for provision a3: expired: 2026-12-31")
        assert "Chủ tịch" in fault


def test_an_expired_exception_of_another_profile_stops_nobody(folder):
    assert folder.resolve("default", date(2030, 1, 1))


def test_a_profile_that_does_not_exist(folder):
    (fault,) = folder.faults("strickt")
    assert "there is no profile 'strickt'. Did you mean 'strict'?" in fault
