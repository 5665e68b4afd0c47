"""The mailbox of an office in the webmail: seen, opened and used by whoever holds a role in it."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import yaml
from conftest import Person
from playwright.sync_api import expect
from webmail import Webmail

if TYPE_CHECKING:
    from conftest import Demo

DEMO = Path(__file__).resolve().parents[2] / "inventories" / "demo"
FOLDER = "H&Htk-p th&AbA- &AREBoQ-n v&Hss-"  # Hộp thư đơn vị, as IMAP and so Roundcube's addresses spell it


@pytest.fixture(scope="session")
def office(demo: Demo) -> str:
    return next(str(each["address"]) for each in demo.accounts if each["kind"] == "office")


@pytest.fixture(scope="session")
def clerk(demo: Demo) -> Person:
    """The clerk of the office, by the file that the directory was made from."""
    boxes = yaml.safe_load((DEMO / "organisation.yml").read_text("utf-8"))["boxes"]
    staff_id = next(box["roles"]["clerk"][0] for box in boxes if box.get("kind") == "office")
    account = next(each for each in demo.accounts if each["staff_id"] == staff_id)
    return Person(account["address"], account["password"])


def senders(webmail: Webmail) -> tuple[str, set[str]]:
    """The default identity and all, as the compose page shows them; alone there is no choice."""
    webmail.page.wait_for_load_state("networkidle")
    webmail.page.goto(f"{webmail.url}/?_task=mail&_action=compose")
    choice = webmail.page.locator("select[name=_from]")
    return choice.locator("option:checked").inner_text(), set(choice.locator("option").all_inner_texts())


def test_the_clerk_sees_the_office_and_sends_as_it(
    demo: Demo, webmail: Webmail, clerk: Person, office: str
) -> None:
    name = yaml.safe_load((DEMO / "group_vars" / "all.yml").read_text("utf-8"))["mail_organisation"]
    webmail.login(clerk.address, clerk.password)
    tree = webmail.page.locator("#mailboxlist")
    expect(tree).to_contain_text("Hộp thư đơn vị")
    expect(tree).to_contain_text(name)
    expect(tree).not_to_contain_text(office)
    webmail.picture("office-folders")

    default, all_ = senders(webmail)
    assert clerk.address in default
    assert f"{name} <{office}>" in all_

    word = f"cong-van-{secrets.token_hex(6)}"
    colleague = next(person for person in demo.people("active") if person != clerk)
    webmail.send(colleague.address, f"Mời họp {word}", word, "lich.txt", sender=f"{name} <{office}>")
    row = webmail.page.locator("#messagelist tbody tr", has_text=word)
    sent = urlencode({"_task": "mail", "_mbox": f"{FOLDER}/{office}/Sent"})
    for _ in range(10):  # the copy is on its way: a person looks again
        webmail.page.goto(f"{webmail.url}/?{sent}")
        with suppress(AssertionError):
            expect(row).to_have_count(1, timeout=3_000)
            break
    expect(row).to_have_count(1)
    expect(row).not_to_have_class(re.compile(r"\bunread\b"))
    expect(tree).not_to_contain_text("Sent")
    webmail.picture("office-sent")
    row.locator("td.subject a").click()
    shown = webmail.page.frame_locator("#messagecontframe")
    expect(shown.locator("#message-header")).to_contain_text(name)


def test_what_the_person_chose_as_default_stays(webmail: Webmail, clerk: Person, office: str) -> None:
    webmail.login(clerk.address, clerk.password)
    _, before = senders(webmail)
    make_default(webmail, office)
    try:
        webmail.page.context.clear_cookies()
        webmail.login(clerk.address, clerk.password)
        default, after = senders(webmail)
        assert office in default
        assert after == before
    finally:
        make_default(webmail, clerk.address)


def make_default(webmail: Webmail, address: str) -> None:
    """Choose an identity as the default, in the settings."""
    webmail.page.goto(f"{webmail.url}/?_task=settings&_action=identities")
    webmail.page.locator("#identities-table tr", has_text=address).click()
    form = webmail.page.frame_locator("#preferences-frame")
    form.locator("label[for=rcmfd_standard]").last.click()
    form.locator("button.submit").click()
    expect(webmail.page.locator("#messagestack")).to_contain_text("thành công")


def test_who_holds_no_role_sees_no_box(demo: Demo, webmail: Webmail) -> None:
    boxes = yaml.safe_load((DEMO / "organisation.yml").read_text("utf-8"))["boxes"]
    holders = {staff for box in boxes for held in box["roles"].values() for staff in held}
    free = {each["address"] for each in demo.accounts if each["staff_id"] not in holders}
    person = next(person for person in demo.people("active") if person.address in free)
    webmail.login(person.address, person.password)
    expect(webmail.page.locator("#mailboxlist")).not_to_contain_text("Hộp thư đơn vị")
    assert FOLDER not in webmail.fetch("_task=mail&_action=folder-list&_remote=1")
