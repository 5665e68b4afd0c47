"""The evidence: each day sealed, each seal the one that left the host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import seals as chain
from conftest import Observe
from hostfacts import HostFacts

from congvu import clock

_DAY = timedelta(days=1)


@pytest.mark.control("evidence-sealed")
def test_evidence_sealed(observe: Observe, facts: HostFacts, request: pytest.FixtureRequest) -> None:
    found = json.loads(facts.section("seals"))
    rows, now = found["seals"], datetime.fromisoformat(found["now"])
    longest = timedelta(hours=facts.value("seal.max_age_hours"))
    kept = request.config.getoption("--seals")
    copies = {path.stem: path.read_text("utf-8") for path in kept.glob("????-??-??.txt")} if kept else {}
    trusted = kept / "allowed_signers" if kept else None
    due = clock.day(now - longest) - _DAY
    if not rows:
        began = clock.day(datetime.fromisoformat(found["began"]))
        if copies or began <= due:  # else the first day is not over
            observe.check("niêm phong", False, "chưa có ngày nào được niêm phong")
        return
    signers = trusted.read_text("utf-8") if trusted and trusted.exists() else _signers(rows)
    sealed = {date.fromisoformat(row["day"]): row for row in rows}
    first = min(sealed)
    for day in _days(first, max(due, *sealed)):
        observe.check(
            _named(day), day in sealed, f"chưa được niêm phong sau {longest // timedelta(hours=1)} giờ"
        )
    _each(observe, sealed, signers)
    _copies(observe, sealed, copies, now - longest)
    _counts(observe, sealed, found)
    last = max(sealed)
    open_hours = (now - datetime.combine(last + _DAY, time(), clock.TIMEZONE)) // timedelta(hours=1)
    observe.fact(f"Niêm phong gần nhất: {_named(last)}, mã băm {chain.head(sealed[last]['body'])}.")
    observe.fact(f"Chưa niêm phong: {open_hours} giờ gần nhất. Bản lưu trên máy quản trị: {len(copies)}.")


def _days(first: date, last: date) -> Iterator[date]:
    yield from (first + number * _DAY for number in range((last - first).days + 1))


def _named(day: date) -> str:
    return f"ngày {day:%d/%m/%Y}"


def _signers(rows: list[dict[str, Any]]) -> str:
    return "".join(
        f'congvu namespaces="congvu-seal" {signer}\n' for signer in {row["signer"] for row in rows}
    )


def _each(observe: Observe, sealed: dict[date, dict[str, Any]], signers: str) -> None:
    """Each seal is signed, speaks of its day, and names the one before."""
    before = "0" * 64
    for day, row in sorted(sealed.items()):
        body = row["body"]
        observe.check(f"chữ ký {_named(day)}", chain.signed(row, signers), "không phải của khóa được tin cậy")
        right = chain.stated(body, "day") == str(day) and chain.stated(body, "previous") == before
        observe.check(f"thứ tự {_named(day)}", right, "không nối tiếp niêm phong ngày trước")
        before = chain.head(body)


def _copies(
    observe: Observe, sealed: dict[date, dict[str, Any]], copies: dict[str, str], since: datetime
) -> None:
    """What left the host is what is there, and every seal has left it in time."""
    for day, text in sorted(copies.items()):
        row = sealed.get(date.fromisoformat(day))
        observe.check(
            f"bản lưu {_named(date.fromisoformat(day))}",
            row is not None and row["body"] == text,
            "niêm phong trên máy chủ khác với bản đã lưu ngoài máy chủ",
        )
    for day, row in sorted(sealed.items()):
        if datetime.fromisoformat(row["sealed_at"]) < since:
            left = row["sent"] or str(day) in copies
            observe.check(
                f"{_named(day)}, bản ngoài máy chủ", left, "chưa gửi đi và chưa đưa về máy quản trị"
            )


def _counts(observe: Observe, sealed: dict[date, dict[str, Any]], found: dict[str, Any]) -> None:
    """The last days still hold as many records as were sealed."""
    counted = {(row["day"], row["source"]): row["lines"] for row in found["counted"]}
    for row in found["segments"]:
        told = chain.counts(sealed[date.fromisoformat(row["day"])]["body"]).get(row["source"])
        there = counted.get((row["day"], row["source"]), 0)
        if row["source"] in chain.SOURCES:
            observe.check(
                f"{row['source']} {_named(date.fromisoformat(row['day']))}",
                told == row["lines"] == there,
                f"có {there} bản ghi, đã niêm phong {told}",
            )
