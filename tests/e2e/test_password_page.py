"""The password page while somebody types."""

from __future__ import annotations

from playwright.sync_api import expect
from portal import Portal

# What is typed, and the rule whose mark this turns.
STEPS = [("a", "lower"), ("Ê", "upper"), ("7", "digit"), ("%", "special"), ("ộ ca", "length")]
# A mark is drawn: a dot, or a tick, which is turned.
_TICKED = """items => items.filter(item => getComputedStyle(item, "::before").transform !== "none")
  .map(item => item.dataset.rule)"""


def test_each_rule_is_ticked_as_it_is_met_and_no_longer(portal: Portal) -> None:
    portal.page.goto(f"{portal.url}/mat-khau")
    rules, typed = portal.page.locator("#new-hint [data-rule]"), portal.page.locator("#new")
    said = portal.page.locator("#progress")

    def ticked() -> set[str]:
        return set(rules.evaluate_all(_TICKED))

    assert rules.count() == len(STEPS)
    assert ticked() == set()
    met: list[str] = []
    for keys, rule in STEPS:
        typed.press_sequentially(keys)
        met.append(rule)
        assert ticked() == set(met), keys
        expect(said).to_have_text(f"Đạt {len(met)}/{len(STEPS)} yêu cầu về độ dài và loại ký tự.")
    for keys, rule in reversed(STEPS):
        for _ in keys:
            typed.press("Backspace")
        met.remove(rule)
        assert ticked() == set(met), keys
    expect(said).to_be_empty()


def test_a_wrong_repetition_costs_no_second_click(portal: Portal) -> None:
    """What is said of it when the field is left must not move the button away under the pointer."""
    page = portal.page
    page.goto(f"{portal.url}/mat-khau")
    page.fill("#new", "Suong-mu 5%")
    page.fill("#repeat", "khac")
    page.get_by_role("button", name="Đổi mật khẩu").click()
    expect(page.get_by_text("Hãy nhập mật khẩu hiện tại.")).to_be_visible()
