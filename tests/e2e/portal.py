"""What a person does on their own page, step by step."""

from __future__ import annotations

import re
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from webmail import WIDTHS, Webmail

PAGE = "/trang-cua-toi"
# What WCAG 2.2 AA asks of a page and a program can see.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


@dataclass(frozen=True)
class Portal(Webmail):
    """One browser before the people's page of one host."""

    def enter(self, address: str, password: str) -> None:
        """Log in, and wait for what follows, whatever it is."""
        self.page.goto(self.url + PAGE)
        self.page.fill("#login", address)
        self.page.fill("#password", password)
        self.send_form("Đăng nhập")

    def open(self, name: str) -> None:
        """Follow one of the links above the page."""
        self.page.get_by_role("navigation").get_by_role("link", name=name).click()

    def send_form(self, button: str) -> None:
        """Press a button that sends a form, and wait for the next page."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button).first.click()

    def state(self, row: str, said: str, remark: str = "") -> None:
        """Choose for one row: yes or no."""
        self.page.check(f"[name='said-{row}'][value={said}]")
        self.page.fill(f"[name='remark-{row}']", remark)

    def text(self) -> str:
        """Return what the page says."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text())

    def barriers(self) -> list[str]:
        """Return what axe finds at a desk's and a phone's width: rule, and where."""
        found = []
        for width, height in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            for each in Axe().run(self.page, options=_RULES).response["violations"]:
                found += [f"{width}: {each['id']}: {node['target']} {node['html']}" for node in each["nodes"]]
        return found
