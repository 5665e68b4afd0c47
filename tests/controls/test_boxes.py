"""What becomes of the mail to units and offices: how long it waits, and whether it belongs there.

Counted by what the store and the filter note beside each message; nobody reads one.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from answers import Answers
from conftest import Observe
from hostfacts import HostFacts


@pytest.mark.control("mailbox-backlog")
def test_mailbox_backlog(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    days = facts.value("backlog.days")
    due = facts.directory.now - timedelta(days=days)
    old = [seen for came, seen in answers.waiting if came <= due]
    observe.denominator = observe.checked = len(old)
    observe.numerator = sum(old)
    ages = [(facts.directory.now - came).days for came, seen in answers.waiting if not seen]
    classes = ((0, 1, "dưới 1 ngày"), (1, days, f"1 đến {days} ngày"), (days, 10**6, f"trên {days} ngày"))
    for least, most, name in classes:
        observe.fact(f"Thư chưa mở, {name}: {sum(least <= age < most for age in ages)}.")
    observe.fact(
        f"{len(answers.waiting)} thư đến trong kỳ ở {len(answers.boxes)} hộp thư đơn vị, hộp thư chung."
    )


@pytest.mark.control("mailbox-purpose")
def test_mailbox_purpose(observe: Observe, answers: Answers) -> None:
    came = answers.newsletters
    observe.denominator = observe.checked = sum(all_of_it for all_of_it, _ in came.values())
    observe.numerator = observe.denominator - sum(subscribed for _, subscribed in came.values())
    for box, (all_of_it, subscribed) in sorted(came.items()):
        if subscribed:
            observe.fact(f"{box}: {subscribed} bản tin, thư gửi người đăng ký trong {all_of_it} thư đến.")
