"""The policy that the host judges by."""

from __future__ import annotations

import hashlib
import json

import pytest
from conftest import Observe
from hostfacts import HostFacts


@pytest.mark.control("policy-integrity")
def test_policy_integrity(observe: Observe, facts: HostFacts) -> None:
    plain = dict(facts.policy_plain)
    printed = plain.pop("sha256")
    # worked out here and not by congvu.policy, as an auditor would with jq and sha256sum
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    observe.check("mã băm của tệp chính sách", digest == printed, f"nội dung có mã băm {digest[:12]}…")
    recorded = facts.directory.policy or "không có"
    observe.check("mã băm trong cơ sở dữ liệu", recorded == digest, f"{recorded[:12]}… khác {digest[:12]}…")
    missing = object()
    for key in sorted({*plain["values"], *facts.directory.settings}):
        file, table = plain["values"].get(key, missing), facts.directory.settings.get(key, missing)
        observe.check(f"giá trị {key}", file == table, "trong tệp và trong cơ sở dữ liệu khác nhau")
    observe.fact(f"Phiên bản {plain['version']}, mã băm {digest}.")
