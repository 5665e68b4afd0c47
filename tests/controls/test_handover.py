"""Handovers: what the directory says of heads that came and went, set against the acts that were made."""

from __future__ import annotations

import pytest
from conftest import Observe
from handovers import debts, delays
from hostfacts import HostFacts


@pytest.mark.control("handover")
def test_handover(observe: Observe, facts: HostFacts) -> None:
    directory = facts.directory
    for debt in debts(directory, facts.value("handover.deadline_days")):
        observe.check(debt.subject, debt.paid, debt.found)
    late = delays(directory)
    observe.fact(
        f"{len(directory.handovers)} lần bàn giao đã lập; {len(late)} lần lập sau ngày quyết định có hiệu lực"
        + (f", chậm nhất {max(late)} ngày." if late else ".")
    )
