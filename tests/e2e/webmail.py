"""What a person does in the webmail and on the password page, step by step."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooLate

WIDTHS = {1280: 800, 390: 844}  # pixels: a desk, a phone

# A request as Roundcube's own scripts send it; what comes back is the text of the answer.
_FETCH = """async ({url, method, form}) => {
  const body = form ? new URLSearchParams(form) : undefined;
  const answer = await fetch(url, {method, body, headers: {"X-Requested-With": "XMLHttpRequest"}});
  return await answer.text();
}"""


@dataclass(frozen=True)
class Webmail:
    """One browser before one host. `pictures`: folder for screenshots."""

    page: Page
    url: str
    pictures: Path

    def login(self, address: str, password: str) -> None:
        """Fill in the login form and wait for what follows, whatever it is."""
        self.page.goto(f"{self.url}/?_task=login")
        self.page.fill("#rcmloginuser", address)
        self.page.fill("#rcmloginpwd", password)
        with self.page.expect_navigation():
            self.page.click("#rcmloginsubmit")

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def query(self) -> str:
        return urlsplit(self.page.url).query

    @property
    def cookies(self) -> set[str]:
        return {cookie["name"] for cookie in self.page.context.cookies()}

    def message(self) -> str:
        """Return what Roundcube tells the person."""
        told = self.page.locator("#messagestack > div:not(.loading)").first
        expect(told).to_be_visible()
        return told.inner_text()

    def change_password(self, address: str, present: str, new: str) -> None:
        """Fill in the form of the password page and send it."""
        self.page.fill("#login", address)
        self.page.fill("#present", present)
        self.page.fill("#new", new)
        self.page.fill("#repeat", new)
        with self.page.expect_navigation():
            self.page.click("button[type=submit]")

    def faults(self) -> str:
        """Return what the password page says is wrong with the new password."""
        return self.page.locator("#new-faults").inner_text()

    def open_message(self, word: str) -> str:
        """Search for a word, open the message that holds it, and return its text."""
        self.page.goto(f"{self.url}/?_task=mail&_mbox=INBOX")
        row = self.page.locator("#messagelist tbody tr", has_text=word).first
        row.locator("td.subject a").click()
        return self.page.frame_locator("#messagecontframe").locator("#messagebody").inner_text()

    def send(self, recipient: str, subject: str, text: str, attachment: str, sender: str = "") -> None:
        """Write a message with a text file of that name, and wait until Roundcube says that it was sent.

        `sender`: how the identity is shown; empty for the default.
        """
        # Roundcube loses the draft of somebody who asks for it while the list is still being loaded.
        self.page.wait_for_load_state("networkidle")
        self.page.goto(f"{self.url}/?_task=mail&_action=compose&{urlencode({'_to': recipient})}")
        if sender:
            self.page.select_option("select[name=_from]", label=sender)
        self.page.fill("#compose-subject", subject)
        self.page.fill("#composebody", text)
        file = {"name": attachment, "mimeType": "text/plain", "buffer": "Số liệu tuần".encode()}
        self.page.set_input_files("#uploadform input[type=file]", file)
        expect(self.page.locator("#attachment-list li:not(.uploading)")).to_contain_text(attachment)
        # Roundcube posts into a frame that it has just made; now and then it takes its blank first load for
        # a failure, says so, and stays. A person presses the button again.
        for _ in range(3):
            self.page.click("#compose-content button.send")
            with suppress(TooLate):
                self.page.wait_for_url("**_refresh=1**", timeout=15_000)
                return
        expect(self.page.locator("#messagestack")).to_contain_text("Thư đã được gửi thành công")

    def fetch(self, query: str, method: str = "GET") -> str:
        """Ask Roundcube for something with the cookies of this browser, from a page of Roundcube."""
        return str(self.page.evaluate(_FETCH, {"url": f"{self.url}/?{query}", "method": method}))

    def post(self, query: str, **form: str) -> str:
        """Send Roundcube a form that none of its pages has, with the token of this session's pages."""
        token = self.page.evaluate("rcmail.env.request_token")
        asked = {"url": f"{self.url}/?{query}", "method": "POST", "form": {"_token": token, **form}}
        return str(self.page.evaluate(_FETCH, asked))

    def picture(self, name: str) -> None:
        """Take a screenshot of the page in each width."""
        for width, height in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.wait_for_timeout(400)  # the skin rearranges itself
            self.page.screenshot(path=self.pictures / f"{name}-{width}.png")
            assert not self._wider_than_window(), f"{name} does not fit {width} px"
        self.page.set_viewport_size({"width": 1280, "height": 800})

    def _wider_than_window(self) -> bool:
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )


def is_vietnamese(text: str) -> bool:
    """Tell whether a text has letters that only Vietnamese has; English or unaccented text has none."""
    return re.search(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", text.lower()) is not None
