"""What no file of a policy may look like: shapes, types, and YAML that hides something from the reader.

In an expected line ``{at}`` stands for the file and line that the case replaces.
"""

from __future__ import annotations

import pytest

VALUES, RULES, ABOUT = "values.yml", "regulation/rules.yml", "regulation/about.yml"
STRICT, LENGTH = "profiles/strict.yml", "controls/password-length.yml"


def case(name, file, old, new, *expected, profile="default"):
    return pytest.param((file, old, new, expected, profile), id=name)


SHAPE = [
    case(
        "language-missing",
        RULES,
        "    en: Mail that is sent arrives.\n",
        "",
        "rules.yml:31: provision a3: duty: 'en' is missing. Add it: some words",
    ),
    case(
        "language-empty",
        RULES,
        "en: Mail that is sent arrives.",
        'en: " "',
        "{at}: provision a3: duty: en: must be some words",
    ),
    case(
        "duty-missing",
        ABOUT,
        "  en: E-mail rules of a commune's People's Committee\n",
        "",
        "about.yml:2: about: title",
    ),
    case(
        "unknown-key",
        RULES,
        "  attests: chairman",
        "  atests: chairman",
        "{at}: provision a2.k2: unknown key 'atests'. Did you mean 'attests'?",
    ),
    case(
        "number-as-string",
        LENGTH,
        "max_age_hours: 24",
        'max_age_hours: "24"',
        "must be a whole number, not '24'",
    ),
    case(
        "string-as-number",
        ABOUT,
        'version: "1"',
        "version: 1",
        "{at}: about: version: must be a string, not 1 (no string)",
    ),
    case(
        "string-as-boolean",
        VALUES,
        "provision: a3",
        "provision: no",
        "{at}: delivery.min_rate: provision: must be a string, not False",
    ),
    case("list-as-string", RULES, "kind: [S]", "kind: S", "{at}: provision a1: kind: must be a list"),
    case("unknown-kind", RULES, "kind: [S]", "kind: [X]", "must be 'E' or 'M' or 'O' or 'S' or 'P', not 'X'"),
    case("kind-twice", RULES, "[E, O]", "[E, E]", "must be no entry twice"),
    case("no-kind", RULES, "kind: [S]", "kind: []", "must be at least one entry"),
    case("severity", LENGTH, "severity: high", "severity: severe", "{at}:", "'low' or 'medium' or 'high'"),
    case("age-of-nothing", LENGTH, "max_age_hours: 24", "max_age_hours: 0", "must be at least 1, not 0"),
    case("no-such-day", STRICT, "2026-12-31", '"2026-02-30"', "must be a date such as 2026-11-30"),
    case(
        "number-without-unit",
        VALUES,
        "  unit: {vi: ký tự, en: characters}\n",
        "",
        "values.yml:1: password.min_length: a number needs a unit",
    ),
    case(
        "unsuitable-key",
        VALUES,
        "password.min_length:",
        "password:",
        "{at}: the key password: must be a key such as password.min_length",
    ),
]

YAML = [
    case("jinja", RULES, "vi: Thư gửi đi", "vi: '{{ thu }}' gửi đi", "{at}: is not plain YAML"),
    case(
        "jinja-expression",
        RULES,
        "vi: Thư gửi đi đến được nơi nhận.",
        'vi: \'{{ lookup("pipe", "id") }}\'',
        '{at}: \'{{ lookup("pipe", "id") }}\' looks like a Jinja template',
    ),
    case("jinja-statement", VALUES, "value: TLSv1.2", "value: '{% if x %}'", "looks like a Jinja template"),
    case("jinja-in-a-key", VALUES, "tls.min_version:", "'{{ tls }}':", "looks like a Jinja template"),
    case("not-nfc", RULES, "vi: Thư gửi đi", "vi: Thu\u031b gửi đi", "{at}:", "not in Unicode NFC"),
    case(
        "key-twice",
        VALUES,
        "  value: 10\n",
        "  value: 10\n  value: 12\n",
        "values.yml:4: value: the key was already given in line 3",
    ),
    case(
        "value-twice",
        VALUES,
        "tls.min_version:",
        "delivery.min_rate:",
        "{at}: delivery.min_rate: the key was already given in line 28",
    ),
    case(
        "alias",
        RULES,
        "who: [staff]\n  controls: [mail-delivery]",
        "who: &x [staff]\n  controls: *x",
        "alias (*name) is not allowed",
    ),
    case("merge", VALUES, "  value: 10\n", "  <<: {value: 10}\n", "{at}: is not plain YAML"),
    case("python-tag", VALUES, "value: TLSv1.2", "value: !!python/name:os.system", "{at}: is not plain YAML"),
    case("own-tag", VALUES, "value: TLSv1.2", "value: !vault x", "{at}: is not plain YAML"),
    case(
        "impossible-date",
        STRICT,
        "2026-12-31",
        "2026-02-30",
        "strict.yml: is not plain YAML: day is out of range",
    ),
    case("infinite", VALUES, "value: 0.9", "value: .inf", "{at}: inf is no number to compare with"),
    case("numeric-key", VALUES, "tls.min_version:", "13:", "{at}: the key 13 is not a string"),
    case(
        "syntax",
        VALUES,
        "  choices: [TLSv1.2, TLSv1.3]",
        "  choices: [TLSv1.2",
        "values.yml:",
        "is not plain YAML",
    ),
    case("control-character", RULES, "Mail that is sent", "Mail\x07that", "rules.yml: is not plain YAML"),
]


@pytest.mark.parametrize("spoiled", [*SHAPE, *YAML])
def test_a_fault_says_where_what_and_why(folder, spoiled):
    folder.spoil(*spoiled)


@pytest.mark.parametrize("file", [VALUES, ABOUT, "findings.yml"])
def test_a_file_that_is_not_there(folder, file):
    (folder.path / file).unlink()
    assert any(fault.startswith(f"{file}: cannot be read") for fault in folder.faults())


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe", b"just words\n", b"- 1\n", b"{}\n"])
@pytest.mark.parametrize("file", [VALUES, ABOUT, RULES, LENGTH, STRICT, "findings.yml"])
def test_content_that_makes_no_sense_is_told_never_a_traceback(folder, file, content):
    (folder.path / file).write_bytes(content)
    assert folder.faults()


def test_no_folder_at_all(folder, tmp_path):
    folder = type(folder)(tmp_path / "missing")
    assert any("values.yml: cannot be read" in fault for fault in folder.faults())
