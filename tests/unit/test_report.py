"""The report: the contract of its JSON, the words of its page, and the same bytes for the same evidence."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from congvu import evidence
from congvu.errors import UserError
from congvu.evidence import Deviation, Observation
from congvu.policy import LegalBasis, Resolved, load
from congvu.report import words
from congvu.report.document import Letterhead, Report, to_json
from congvu.report.html import to_html
from congvu.report.period import period

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
QUARTER = period("2026-Q4", "nd09")


@pytest.fixture(scope="module")
def policy() -> Resolved:
    return load(Path("tests/policy/other_regulation"), "default", NOW.date())


@pytest.fixture(scope="module")
def observations(policy: Resolved) -> list[Observation]:
    made = Observation("password-length", "mail", policy.sha256, NOW - timedelta(hours=1), checked=1204)
    fault = Deviation("mã cán bộ CB<07>", "mật khẩu đặt ngày 02/03/2026 & quá hạn")
    return [
        made,
        replace(made, control="password-age", exceptions=(fault,) * 25, evidence=("60 tài khoản",)),
        replace(made, control="mail-delivery", numerator=987, denominator=1000),
    ]


def report(policy: Resolved, observations: list[Observation], letterhead: Letterhead | None = None) -> Report:
    findings = evidence.findings(policy, observations, {}, NOW)
    return Report(QUARTER, policy, findings, letterhead or Letterhead())


def text(page: str) -> str:
    """What a reader sees."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.S)))


# --- report.json --------------------------------------------------------------------------------------------


def test_the_contract_of_the_json(policy: Resolved, observations: list[Observation]) -> None:
    document = json.loads(to_json(report(policy, observations)))
    assert list(document) == [
        "schema",
        "period",
        "policy",
        "provisions",
        "findings",
        "seal",
        "register",
        "trend",
    ]
    assert document["schema"] == 1
    assert document["period"] == {
        "from": "2026-09-15", "to": "2026-12-14", "quarter": "2026-Q4", "cutoff": "nd09",
    }  # fmt: skip
    assert document["policy"] == {"version": "1", "sha256": policy.sha256}
    assert [row["id"] for row in document["provisions"]] == [each.id for each in policy.provisions]
    keys = {"id", "kind", "status", "observed", "expected", "evidence", "controls"}
    assert all(row.keys() == keys for row in document["provisions"])
    assert [finding["id"] for finding in document["findings"]] == ["F1"]


def test_a_row_says_what_was_expected_and_observed(policy: Resolved, observations: list[Observation]) -> None:
    rows = {row["id"]: row for row in json.loads(to_json(report(policy, observations)))["provisions"]}
    length = rows["a2.k1"]
    assert length["status"] == "met"
    assert length["controls"] == ["password-length"]
    assert "Độ dài tối thiểu của mật khẩu: 10 ký tự (theo Quy định)" in length["expected"]
    assert length["evidence"][0]["host"] == "mail"
    assert length["evidence"][0]["checked"] == 1204
    assert rows["a2.k2"]["status"] == "not_met"
    assert len(rows["a2.k2"]["evidence"][0]["exceptions"]) == 25
    assert "90%" in rows["a3"]["expected"]


def test_each_number_is_named_with_the_text_it_comes_from() -> None:
    strict = load(Path("tests/policy/other_regulation"), "strict", NOW.date())
    told = report(strict, [])
    rows = {row["id"]: row["expected"] for row in json.loads(to_json(told))["provisions"]}
    assert "Độ dài tối thiểu của mật khẩu: 14 ký tự (theo TCVN 1:2026)" in rows["a2.k1"]
    assert "Mật khẩu hết hạn: 3 tháng (do cơ quan ấn định)" in rows["a2.k2"]
    assert "14 ký tự (theo TCVN 1:2026)" in text(to_html(told))


def test_whatever_may_be_chosen_is_told_in_words() -> None:
    rules = load(Path("policy"), "default", NOW.date()).value_rules.values()
    chosen = {word for rule in rules for word in rule.choices or () if not word.startswith("TLSv")}
    assert chosen == set(words.CHOICE)


def test_where_no_text_is_named_nothing_is_said_of_any(policy: Resolved) -> None:
    bare = replace(
        policy, norms={}, value_rules={k: replace(v, norm=None) for k, v in policy.value_rules.items()}
    )
    rows = {row["id"]: row["expected"] for row in json.loads(to_json(report(bare, [])))["provisions"]}
    assert "(theo" not in rows["a2.k1"]
    assert "ấn định" not in rows["a2.k1"]


def test_a_row_that_was_not_assessed_says_why(policy: Resolved) -> None:
    for row in json.loads(to_json(report(policy, [])))["provisions"]:
        assert row["status"] in ("not_assessed", "attestation_missing")
        assert row["observed"]
        assert row["evidence"] == []


def test_the_same_evidence_gives_the_same_bytes(policy: Resolved, observations: list[Observation]) -> None:
    once = report(policy, observations)
    later = evidence.findings(policy, reversed(observations), {}, NOW + timedelta(hours=2))
    again = Report(QUARTER, policy, later)
    assert to_json(once) == to_json(again)
    assert to_html(once) == to_html(again)


# --- report.html --------------------------------------------------------------------------------------------


def test_the_page_stands_alone(policy: Resolved, observations: list[Observation]) -> None:
    page = to_html(report(policy, observations))
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)
    assert "url(" not in page
    assert "@import" not in page
    assert unicodedata.is_normalized("NFC", page)
    assert '<html lang="vi">' in page


def test_the_page_shows_every_row_and_escapes_what_it_shows(
    policy: Resolved, observations: list[Observation]
) -> None:
    page = to_html(report(policy, observations))
    shown = re.findall(r'<tbody class="row [^"]*" id="([^"]+)"', page)
    assert shown == [provision.id for provision in policy.provisions]
    assert "CB<07>" not in page
    assert "CB&lt;07&gt;" in page
    seen = text(page)
    assert "từ ngày 15/09/2026 đến ngày 14/12/2026" in seen.lower()
    assert "quý IV năm 2026" in seen
    assert "kiểm tra 1.204, không đạt 25" in seen
    assert "tỷ lệ 98,7%" in seen
    assert "và 5 trường hợp nữa" in seen
    assert policy.sha256 in seen


def test_the_bar_is_filled_exactly(policy: Resolved, observations: list[Observation]) -> None:
    page = to_html(report(policy, observations))
    first = page[page.index('<svg class="bar"') : page.index("</svg>")]
    pieces = [(int(x), int(width)) for x, width in re.findall(r' x="(\d+)" y="0" width="(\d+)"', first)]
    assert pieces[0][0] == 0
    assert all(x + width == following for (x, width), (following, _) in pairwise(pieces))
    assert sum(pieces[-1]) == 1000


def test_a_draft_is_called_a_draft(policy: Resolved, observations: list[Observation]) -> None:
    assert "còn là dự thảo" not in text(to_html(report(policy, observations)))
    basis = LegalBasis(number=None, date=None, issuer="Sở Nội vụ", status="draft")
    seen = text(to_html(report(replace(policy, legal_basis=basis), observations)))
    assert "Quy định còn là dự thảo." in seen
    assert "Chưa có số, ngày" in seen


def test_nothing_to_report_is_said(policy: Resolved) -> None:
    seen = text(to_html(report(policy, [])))
    assert "Trong kỳ chưa có lần kiểm tra nào được ghi nhận." in seen
    assert "Quy định chưa đạt: không phát sinh." in seen


def test_the_letterhead_leaves_number_and_date_to_the_clerk(
    policy: Resolved, observations: list[Observation]
) -> None:
    words_around = {
        "authority": "UBND tỉnh",
        "organisation": "Sở Nội vụ",
        "symbol": "BC-SNV",
        "place": "Bình Định",
        "signer": ["GIÁM ĐỐC"],
        "recipients": ["Lưu: VT."],
    }
    head = Letterhead.read(words_around)
    seen = text(to_html(report(policy, observations, head)))
    assert "Số: /BC-SNV" in seen
    assert "Bình Định, ngày tháng năm" in seen
    assert "Nơi nhận:" in seen


@pytest.mark.parametrize(
    "plain", [{"seal": "x"}, {"signer": "GIÁM ĐỐC"}, {"place": ["x"]}, {"signer": 1}, []]
)
def test_a_letterhead_of_another_shape_is_refused(plain: object) -> None:
    with pytest.raises(UserError, match="letterhead"):
        Letterhead.read(plain)


# --- words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (7, "7"), (1234, "1.234"), (1234567, "1.234.567"), (1234.5, "1.234,5"), (0.25, "0,25")],
)
def test_numbers(value: float, shown: str) -> None:
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0%"), (1, "100%"), (0.987, "98,7%"), (0.9999, "99,9%"), (0.0001, "0,1%"), (0.95, "95%")],
)
def test_percentages_never_round_to_all_or_nothing(share: float, shown: str) -> None:
    assert words.percent(share) == shown


def test_moments_are_in_viet_nam() -> None:
    assert words.moment(datetime(2026, 12, 14, 17, 30, tzinfo=UTC)) == "00:30 ngày 15/12/2026"
