"""Who gets in to the webmail, and who is led to the password page first."""

from __future__ import annotations

import json
import re
import secrets
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from listeners import DOORS
from playwright.sync_api import Browser, expect
from webmail import Webmail, is_vietnamese

if TYPE_CHECKING:
    from conftest import Demo, Journal, Person

# What Roundcube can be asked for that could hold a message, or tell that there is one
REQUESTS = [
    "",
    "_task=mail",
    "_task=mail&_mbox=INBOX",
    "_task=mail&_mbox=INBOX&_action=list&_remote=1",
    "_task=mail&_mbox=INBOX&_action=list&_search=x&_remote=1",
    "_task=mail&_mbox=INBOX&_action=search&_q={word}&_headers=subject&_remote=1",
    "_task=mail&_mbox=INBOX&_action=check-recent&_list=1&_remote=1",
    "_task=mail&_mbox=INBOX&_action=refresh&_remote=1",
    "_task=mail&_mbox=INBOX&_action=getunread&_remote=1",
    "_task=mail&_mbox=INBOX&_action=show&_uid={uid}",
    "_task=mail&_mbox=INBOX&_action=preview&_uid={uid}&_framed=1",
    "_task=mail&_mbox=INBOX&_action=print&_uid={uid}",
    "_task=mail&_mbox=INBOX&_action=get&_uid={uid}&_part=1",
    "_task=mail&_mbox=INBOX&_action=get&_uid={uid}&_save=1",
    "_task=mail&_mbox=INBOX&_action=viewsource&_uid={uid}",
    "_task=mail&_mbox=INBOX&_action=headers&_uid={uid}",
    "_task=mail&_mbox=INBOX&_action=compose&_reply_uid={uid}",
    "_task=mail&_mbox=INBOX&_action=compose&_forward_uid={uid}",
    "_task=mail&_mbox=INBOX&_action=plugin.zipdownload.messages&_uid={uid}&_mode=eml",
    "_task=mail&_mbox=INBOX&_action=pagenav&_uid={uid}&_remote=1",
    "_task=mail&_action=folder-list&_remote=1",
    "_task=settings",
    "_task=settings&_action=folders",
    "_task=settings&_action=plugin.managesieve",
    "_task=settings&_action=identities",
    "_task=addressbook",
    "_task=addressbook&_action=list&_remote=1",
    "_task=addressbook&_action=export",
    "_task=utils&_action=html2text",
    "_task=mail&_action=keep-alive&_remote=1",
]
# Of these an open session must show the message, or asking for them would prove nothing.
REVEALING = (
    "action=list&_remote",
    "action=search",
    "action=show",
    "action=get&_uid={uid}&_part",
    "viewsource",
)


@pytest.fixture(scope="session")
def newcomer() -> dict[str, str]:
    """Whoever changes the password in `test_first_login`; the tests below it go on with the new one."""
    return {}


def ask_everything(webmail: Webmail, word: str, uid: str) -> dict[str, str]:
    """Every request by GET and by POST, with its answer."""
    return {
        f"{method} {request}": webmail.fetch(request.format(word=word, uid=uid), method)
        for request in REQUESTS
        for method in ("GET", "POST")
    }


def led_to_the_password_page(webmail: Webmail, people: list[Person]) -> Person:
    """Log in as the first of them whose password was not used up by an earlier run."""
    for person in people:
        webmail.login(person.address, person.password)
        if webmail.path == "/mat-khau":
            return person
    pytest.fail("these passwords of demo.json are used up: issue new ones, and write demo.json again")


def test_an_open_session_shows_what_is_asked_for(demo: Demo, webmail: Webmail, journal: Journal) -> None:
    person = demo.people("active")[1]
    word = demo.deliver(person.address)
    webmail.login(person.address, person.password)
    listed = webmail.fetch("_task=mail&_mbox=INBOX&_action=list&_remote=1")
    uid = re.search(r'add_message_row\((\d+),{\\"subject\\":\\"[^"]*' + word, listed)
    assert uid, listed
    answers = ask_everything(webmail, word, uid[1])
    for request in REVEALING:
        assert [asked for asked in answers if request in asked and word in answers[asked]], request
    assert any(person.address in line for line in journal.lines("dovecot"))


@pytest.mark.parametrize(("state", "reasons"), [("initial", "lan-dau cap-lai"), ("expired", "het-han")])
def test_must_change_gets_no_mail(
    demo: Demo, webmail: Webmail, journal: Journal, state: str, reasons: str
) -> None:
    # From the end: `test_first_login` begins with the first.
    person = led_to_the_password_page(webmail, demo.people(state)[::-1])
    word = demo.deliver(person.address)
    journal.start()
    webmail.login(person.address, person.password)
    assert (webmail.path, webmail.query.removeprefix("ly-do=") in reasons.split()) == ("/mat-khau", True)
    expect(webmail.page.locator("main")).to_contain_text("Đổi mật khẩu")
    webmail.picture(f"password-page-{state}")
    assert "roundcube_sessauth" not in webmail.cookies

    webmail.page.goto(webmail.url)
    webmail.picture("login")
    for request, answer in ask_everything(webmail, word, "1").items():
        assert word not in answer, request
        assert "Lịch họp" not in answer, request
        assert "add_message_row" not in answer, request
    # Not refused by Dovecot: Dovecot was never asked.
    asked = [line for line in journal.lines("dovecot") if person.address in line and "lmtp" not in line]
    assert asked == []

    for port, opens in DOORS.items():
        assert not opens(demo.host, demo.tls(), person.address, person.password), port


def test_doors_open_for_the_active(demo: Demo) -> None:
    person = demo.people("active")[1]
    for port, opens in DOORS.items():
        assert opens(demo.host, demo.tls(), person.address, person.password), port


def test_first_login(demo: Demo, webmail: Webmail, newcomer: dict[str, str]) -> None:
    person = led_to_the_password_page(webmail, demo.people("initial"))
    for candidate, complaint in (
        ("P@ssw0rd", "dễ bị đoán"),
        ("Aa1!xyz", "ít nhất 8 ký tự"),
        ("Hoasen2468Kt", "ít nhất một ký tự đặc biệt"),
    ):
        webmail.change_password(person.address, person.password, candidate)
        assert complaint in webmail.faults()
        assert is_vietnamese(webmail.faults())
        if candidate == "P@ssw0rd":
            webmail.picture("password-refused")

    password = f"Mưa rào {secrets.token_urlsafe(6)} 7!"
    word = demo.deliver(person.address)
    webmail.change_password(person.address, person.password, password)
    expect(webmail.page.locator("h1")).to_have_text("Đã đổi mật khẩu")
    webmail.picture("password-changed")
    newcomer |= {"address": person.address, "password": password}

    webmail.page.get_by_role("link", name="Vào hộp thư").click()
    webmail.login(person.address, password)
    assert f"Mời dự họp giao ban tuần ({word})." in webmail.open_message(word)
    webmail.picture("message")


def test_a_password_is_not_used_again_and_not_by_two(demo: Demo, webmail: Webmail) -> None:
    # The first of them logs in above, the last must not have a new password there.
    people = demo.people("initial")[1:-1]
    owner = led_to_the_password_page(webmail, people)
    password = f"Suong-mu {secrets.token_urlsafe(6)} 5%"  # in ASCII, which every door takes
    webmail.change_password(owner.address, owner.password, password)
    expect(webmail.page.locator("h1")).to_have_text("Đã đổi mật khẩu")
    webmail.page.goto(f"{webmail.url}/mat-khau")
    webmail.change_password(owner.address, password, owner.password)
    assert "10 mật khẩu dùng gần đây nhất" in webmail.faults()

    other = led_to_the_password_page(webmail, people[people.index(owner) + 1 :])
    webmail.change_password(other.address, other.password, password)
    assert webmail.faults() == (
        "Mật khẩu này không được chấp nhận vì lý do an toàn. Hãy chọn một mật khẩu hoàn toàn khác."
    )
    webmail.picture("password-in-use")
    # Whoever learnt it this way finds it dead, on the page, too.
    webmail.login(owner.address, password)
    assert webmail.message().startswith("Địa chỉ thư hoặc mật khẩu không đúng")
    webmail.page.goto(f"{webmail.url}/mat-khau")
    webmail.change_password(owner.address, password, f"Bong-may {secrets.token_urlsafe(6)} 4%")
    expect(webmail.page.locator("#problem")).to_contain_text("Chưa đổi được mật khẩu")
    for port, opens in DOORS.items():
        assert not opens(demo.host, demo.tls(), owner.address, password), port


def test_writes_to_a_colleague(
    demo: Demo, webmail: Webmail, journal: Journal, newcomer: dict[str, str]
) -> None:
    colleague = demo.people("active")[1]
    word = f"bao-cao-{secrets.token_hex(8)}"
    webmail.login(newcomer["address"], newcomer["password"])
    text, attachment = "Kính gửi anh/chị,\nXin gửi báo cáo tuần.", "Số liệu tuần.txt"
    webmail.send(colleague.address, f"Báo cáo {word}", text, attachment)
    (client,) = {json.loads(line)["client"] for line in journal.lines("nginx") if line.startswith("{")}
    accepted = [line for line in journal.lines("postfix/submissions/smtpd") if newcomer["address"] in line]
    assert f"[{client}]" in accepted[0], "Postfix names the webmail, not the person's address"
    dovecot = [line for line in journal.lines("dovecot") if newcomer["address"] in line and "rip=" in line]
    assert dovecot
    assert all(f"rip={client}," in line for line in dovecot)

    webmail.page.context.clear_cookies()
    webmail.login(colleague.address, colleague.password)
    assert "Xin gửi báo cáo tuần." in webmail.open_message(word)
    attached = webmail.page.frame_locator("#messagecontframe").locator("#attachment-list")
    expect(attached).to_contain_text(attachment)


def test_changed_password_ends_the_running_session(
    chromium: Browser, demo: Demo, webmail: Webmail, newcomer: dict[str, str]
) -> None:
    """As a suspension or a reset would: the session's password opens nothing any more."""
    word = demo.deliver(newcomer["address"])
    webmail.login(newcomer["address"], newcomer["password"])
    assert word in webmail.open_message(word)

    password = f"Nắng hạn {secrets.token_urlsafe(6)} 8?"
    elsewhere = Webmail(chromium.new_page(), webmail.url, webmail.pictures)
    elsewhere.page.goto(f"{webmail.url}/mat-khau")
    elsewhere.change_password(newcomer["address"], newcomer["password"], password)
    expect(elsewhere.page.locator("h1")).to_have_text("Đã đổi mật khẩu")
    elsewhere.page.close()
    newcomer["password"] = password

    # The address book lives in another database, and is closed all the same.
    webmail.page.goto(f"{webmail.url}/?_task=addressbook")
    assert webmail.query == "_task=login&_ended=1"
    assert webmail.message().startswith("Phiên làm việc đã kết thúc")
    webmail.picture("session-ended")
    assert all(word not in answer for answer in ask_everything(webmail, word, "1").values())


def test_roundcube_itself_changes_neither_password_nor_sender(demo: Demo, webmail: Webmail) -> None:
    """By real requests: plugin.password is not there, and an identity's address is the directory's."""
    person, other = demo.people("active")[1:3]
    webmail.login(person.address, person.password)
    webmail.page.wait_for_load_state("networkidle")
    (own,) = identities(webmail)
    for number in (own, ""):
        fields = {"_iid": number, "_name": "Tên khác", "_email": other.address, "_framed": "1"}
        webmail.post("_task=settings&_action=save-identity", **fields)
    assert identities(webmail)[own] == ("Tên khác", person.address)  # so the form was taken
    assert {address for _, address in identities(webmail).values()} == {person.address}
    webmail.post("_task=settings&_action=save-identity", _token="x", _iid=own, _name="Tên thứ ba")
    assert identities(webmail)[own][0] == "Tên khác"  # without the token nothing is

    chosen = "Mat-khau-khac-88"
    fields = {"_curpasswd": person.password, "_newpasswd": chosen, "_confpasswd": chosen}
    for action in ("plugin.password", "plugin.password-save"):
        assert "_newpasswd" not in webmail.post(f"_task=settings&_action={action}", **fields)
    opens = DOORS[993]
    assert opens(demo.host, demo.tls(), person.address, person.password)
    assert not opens(demo.host, demo.tls(), person.address, chosen)


def identities(webmail: Webmail) -> dict[str, tuple[str, str]]:
    """Number -> name and address, as the compose page knows them."""
    page = webmail.page
    page.goto(f"{webmail.url}/?_task=settings&_action=identities")
    numbers = page.evaluate("Object.values(rcmail.identity_list.rows).map(row => row.uid)")
    found = {}
    for number in map(str, numbers):
        page.goto(f"{webmail.url}/?_task=settings&_action=edit-identity&_iid={number}")
        fields = [page.locator(f"[name={name}]") for name in ("_name", "_email")]
        name, address = (each.input_value() for each in fields)
        found[number] = (name, address)
    return found


def test_due_sees_until_when(demo: Demo, webmail: Webmail) -> None:
    person = demo.people("due")[0]
    webmail.login(person.address, person.password)
    banner = webmail.page.locator("#congvu-due")
    expect(banner).to_be_visible()
    told = re.search(r"đến hết ngày (\d\d/\d\d/\d{4})", banner.inner_text())
    assert told, banner.inner_text()
    last_day = datetime.strptime(told[1], "%d/%m/%Y").date()
    assert date.today() <= last_day + timedelta(days=1)
    assert last_day <= date.today() + timedelta(days=93)
    webmail.picture("due")
    with webmail.page.expect_navigation(url=f"{webmail.url}/mat-khau"):
        banner.get_by_role("link").click()


def test_settings_lead_to_the_password_page(demo: Demo, webmail: Webmail) -> None:
    person = demo.people("active")[1]
    webmail.login(person.address, person.password)
    assert not webmail.page.locator("#congvu-due").count()
    webmail.page.goto(f"{webmail.url}/?_task=settings")
    webmail.picture("settings")
    with webmail.page.expect_navigation(url=f"{webmail.url}/mat-khau"):
        webmail.page.get_by_role("button", name="Đổi mật khẩu").click()


@pytest.mark.parametrize("state", ["active", "suspended", "nobody"])
def test_refusal_tells_nothing(demo: Demo, webmail: Webmail, state: str) -> None:
    """Wrong password, suspended account and unknown login look the same."""
    if state == "active":
        login, password = demo.people("active")[1].address, "Không-phải-123!"
    elif state == "suspended":
        login, password = demo.people("suspended")[0].address, demo.people("suspended")[0].password
    else:
        login, password = "khongcoai", "Không-phải-123!"
    webmail.login(login, password)
    assert "_task=login" in webmail.query
    assert webmail.message() == (
        "Địa chỉ thư hoặc mật khẩu không đúng, mật khẩu được cấp đã hết hạn, hoặc tài khoản đang tạm "
        "ngừng. Nếu chắc chắn đã nhập đúng, hãy liên hệ quản trị viên."
    )
    webmail.picture("refused")
    with webmail.page.expect_navigation(url=f"{webmail.url}/mat-khau"):
        webmail.page.get_by_role("link", name="Đổi mật khẩu").click()


def test_login_by_another_task_is_not_taken(demo: Demo, webmail: Webmail) -> None:
    """nginx counts attempts by the task in the address; a body that says otherwise does not get through."""
    person = demo.people("active")[1]
    webmail.page.goto(f"{webmail.url}/?_task=login")
    webmail.page.fill("#rcmloginuser", person.address)
    webmail.page.fill("#rcmloginpwd", person.password)
    webmail.page.evaluate("document.getElementById('login-form').action = '/?_task=mail'")
    with webmail.page.expect_navigation():
        webmail.page.click("#rcmloginsubmit")
    assert "roundcube_sessauth" not in webmail.cookies
