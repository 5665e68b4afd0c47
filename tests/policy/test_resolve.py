"""What a profile comes to, its digest, and the way through JSON to a host and back."""

from __future__ import annotations

import json

import pytest

from congvu.errors import PolicyError
from congvu.policy import digest, dump, parse, read_json


def test_the_regulation_of_another_agency_resolves(folder):
    policy = folder.resolve()
    assert [row.id for row in policy.provisions] == ["a1", "a2.k1", "a2.k2", "a3", "a4"]
    assert policy.values["password.min_length"] == 10
    assert (policy.values["rotation.due_months"], policy.values["rotation.expire_months"]) == (2, 4)
    assert policy.control("mail-delivery").verdict.rate == "delivery.min_rate"


def test_a_profile_selects_and_overrides(folder):
    policy = folder.resolve("strict")
    assert [row.id for row in policy.provisions] == ["a1", "a2.k1", "a2.k2", "a3"]
    assert [control.id for control in policy.controls] == ["mail-delivery", "password-age", "password-length"]
    assert policy.values["password.min_length"] == policy.value_rules["password.min_length"].value == 14
    assert policy.values["rotation.expire_months"] == 3
    assert policy.values["tls.min_version"] == "TLSv1.2"
    assert [waiver.provision for waiver in policy.exceptions] == ["a3"]


def test_each_value_says_which_text_it_comes_from(folder):
    """Another value comes from what the profile says of it; without a word the organisation has chosen it."""
    norms = {name: folder.resolve(name).value_rules for name in ("default", "strict")}
    assert norms["default"]["password.min_length"].norm == "commune"
    assert norms["default"]["tls.min_version"].norm is None
    assert norms["strict"]["password.min_length"].norm == "standard"
    assert norms["strict"]["rotation.expire_months"].norm is None
    folder.replace("values.yml", "  value: 4\n", "  value: 4\n  norm: commune\n")
    assert folder.resolve().value_rules["rotation.expire_months"].norm == "commune"
    assert folder.resolve("strict").value_rules["rotation.expire_months"].norm is None


def test_code_that_needs_a_value_is_told_when_the_policy_lacks_it(folder):
    policy = folder.resolve()
    assert policy.setting("password.min_length", int) == 10
    assert policy.setting("password.classes", tuple) == ("digit", "lower")
    with pytest.raises(PolicyError, match=r"password\.max_length is no int"):
        policy.setting("password.max_length", int)
    with pytest.raises(PolicyError, match=r"tls\.min_version is no int"):
        policy.setting("tls.min_version", int)


@pytest.mark.parametrize("profile", ["default", "strict"])
def test_through_json_and_back(folder, profile):
    policy = folder.resolve(profile)
    text = json.dumps(dump(policy), ensure_ascii=False)
    assert parse(json.loads(text)) == policy


def test_the_dump_has_the_keys_that_hosts_read(folder):
    plain = dump(folder.resolve())
    assert plain["schema"] == 1
    assert plain["title"]["vi"].startswith("Quy định")
    assert plain["values"]["password.classes"] == ["digit", "lower"]
    assert plain["legal_basis"]["date"] == "2026-03-02"
    row = plain["provisions"][2]
    assert (row["id"], row["kind"], row["controls"], row["attests"]) == (
        "a2.k2",
        ["E", "O"],
        ["password-age"],
        "chairman",
    )
    assert row["not_assessed"] is None
    assert plain["controls"][0]["verdict"] == {"rate": "delivery.min_rate"}
    assert "at" not in row


def test_the_dump_hides_no_key_behind_a_method_of_mappings(folder):
    """Jinja finds ``policy.items`` as the method; only ``policy['values']`` is such a key, by contract."""

    def keys(data):
        if isinstance(data, dict):
            yield from data
            for entry in data.values():
                yield from keys(entry)
        elif isinstance(data, list):
            for entry in data:
                yield from keys(entry)

    assert set(keys(dump(folder.resolve()))) & set(dir(dict)) == {"values"}


def test_the_digest_does_not_depend_on_layout(folder):
    before = folder.resolve()
    folder.replace("values.yml", "  value: 10\n", "  # ten, as ever\n  value:   10\n")
    assert folder.resolve().sha256 == before.sha256
    shuffled = dict(reversed(list(dump(before).items())))
    assert digest(shuffled) == before.sha256


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("values.yml", "  value: 10\n", "  value: 11\n"),
        ("regulation/rules.yml", "mười ký tự", "10 ký tự"),
        ("regulation/rules.yml", "controls: [mail-delivery]", "controls: [mail-delivery, password-age]"),
        ("controls/password-age.yml", "max_age_hours: 24", "max_age_hours: 25"),
        ("findings.yml", "Calendar months", "Months"),
    ],
)
def test_the_digest_changes_with_the_law(folder, file, old, new):
    before = folder.resolve().sha256
    folder.replace(file, old, new)
    assert folder.resolve().sha256 != before


def test_an_altered_file_is_refused(folder, tmp_path):
    plain = dump(folder.resolve())
    plain["values"]["password.min_length"] = 4
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(PolicyError, match="sha256 does not match"):
        read_json(path)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"schema": 2}', "nonsense"])
def test_what_is_no_policy_is_told(tmp_path, content):
    path = tmp_path / "policy.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"policy\.json"):
        read_json(path)
