"""The doors themselves: which are open, and what they let pass before anybody has logged in."""

from __future__ import annotations

from datetime import UTC, datetime

import doors
import pytest
from answers import Answers
from conftest import Observe
from hostfacts import HostFacts
from visits import ANONYMOUS, OPEN_PORTS, PROPER, TLS_PORTS, Visits

CLEAR_TEXT_PORTS = (110, 143, 587)
HSTS_LEAST = 180 * 24 * 3600  # seconds; below half a year browsers forget between two holidays


@pytest.mark.control("webmail-https")
def test_webmail_https(observe: Observe, facts: HostFacts, visits: Visits) -> None:
    name, address = visits.name, facts.address
    for path in ("/", "/?_task=login", "/mat-khau", "/trang-cua-toi/dang-nhap"):
        page = doors.fetch(address, name, path, None)
        place = page.headers.get("location", "")
        observe.check(
            f"http://{name}{path}",
            page.status == 308 and place.startswith(f"https://{name}/") and "<form" not in page.body,
            f"trả lời {page.status} {place or 'không chuyển hướng'} thay vì 308 sang HTTPS",
        )
    context = doors.trusting(facts.ca)
    for path in ("/", "/mat-khau", "/trang-cua-toi/dang-nhap"):
        url = f"https://{name}{path}"
        try:
            page = doors.fetch(address, name, path, context)
        except OSError as fault:
            observe.check(url, False, f"không mở được bằng HTTPS: {fault}")
            continue
        observe.check(url, page.status < 400, f"trả lời {page.status}")
        observe.check(f"{url} (HSTS)", _hsts(page) >= HSTS_LEAST, "không có HSTS hoặc thời hạn quá ngắn")
        cookies = page.headers.get("set-cookie", "")
        observe.check(f"{url} (cookie)", not cookies or "secure" in cookies.lower(), "cookie không có Secure")
    proper = visits.handshakes(443)[PROPER]
    observe.fact(f"Tên trong chứng thư được đối chiếu: {name}; kênh {proper.version}, {proper.cipher}.")


def _hsts(page: doors.Page) -> int:
    fields = page.headers.get("strict-transport-security", "").lower().replace('"', "").split(";")
    ages = [field.strip().removeprefix("max-age=") for field in fields if "max-age=" in field]
    return int(ages[0]) if ages and ages[0].isdigit() else 0


@pytest.mark.control("no-clear-text-doors")
def test_no_clear_text_doors(observe: Observe, facts: HostFacts, visits: Visits) -> None:
    for port in CLEAR_TEXT_PORTS:
        listening = any(listener.port == port for listener in facts.listening)
        observe.check(f"cổng {port}", not listening and port not in visits.open, "cổng không mã hóa đang mở")
    for listener in facts.listening:
        if listener.program in ("dovecot", "imap-login", "managesieve-login"):  # loopback included
            observe.check(
                f"kho thư, cổng {listener.port}", listener.port in (993, 4190), "cổng ngoài quy định"
            )
    stranger = visits.smtp
    observe.check("cổng 25 trước STARTTLS", "auth" not in stranger.offers, "mời đăng nhập khi chưa mã hóa")
    observe.check("cổng 25 sau STARTTLS", "auth" not in stranger.offers_tls, "mời đăng nhập ở cổng nhận thư")
    code, text = stranger.answers["auth"]
    observe.check("cổng 25, lệnh AUTH", code >= 500, f"trả lời {code} {text}")
    mechanisms = [line for line in visits.sieve.splitlines() if line.upper().startswith('"SASL"')]
    offered = mechanisms[0].split(" ", 1)[1].strip('" ') if mechanisms else ""
    observe.check("cổng 4190 trước STARTTLS", not offered, f"mời đăng nhập khi chưa mã hóa: {offered}")
    observe.check("cổng 4190", '"STARTTLS"' in visits.sieve.upper(), "không có STARTTLS")
    for key, wanted in {"ssl": "required", "auth_allow_cleartext": "no"}.items():
        value = facts.doveconf.get(key, "")
        observe.check(f"kho thư, {key}", value == wanted, f"giá trị đang chạy là {value!r}")
    only_tls = facts.submission("smtpd_tls_wrappermode")
    observe.check("cổng 465, TLS ngay từ đầu", only_tls == "yes", f"smtpd_tls_wrappermode = {only_tls}")
    observe.fact(f"Các cổng trả lời từ ngoài: {', '.join(map(str, sorted(visits.open)))}.")


@pytest.mark.control("transport-tls")
def test_transport_tls(observe: Observe, facts: HostFacts, visits: Visits) -> None:
    least = facts.value("tls.min_version")
    for port in TLS_PORTS:
        shaken = visits.handshakes(port)
        proper = shaken.pop(PROPER)
        observe.check(f"cổng {port}", proper.error is None, f"không bắt tay được: {proper.error}")
        for kind, outcome in shaken.items():
            subject, wrong = (
                ("bộ mã không chứng thư", outcome.cipher)
                if kind == ANONYMOUS
                else (kind, f"thấp hơn {least}")
            )
            observe.check(f"cổng {port}, {subject}", outcome.version is None, f"được nhận: {wrong}")
        if proper.certificate:
            expiry = str(proper.certificate.get("notAfter", ""))
            until = datetime.strptime(expiry, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)
            days = (until - datetime.now(UTC)).days
            observe.check(f"cổng {port}, hạn chứng thư", days >= 7, f"chỉ còn {days} ngày")
            observe.fact(f"Cổng {port}: {proper.version}, {proper.cipher}; chứng thư đến {until:%d/%m/%Y}.")
    level = facts.postconf["smtp_tls_security_level"]
    observe.check("thư gửi ra ngoài", level in _ENCRYPTING, f"smtp_tls_security_level = {level or 'trống'}")


_ENCRYPTING = ("may", "encrypt", "dane", "dane-only", "verify", "secure")


@pytest.mark.control("no-pop")
def test_no_pop(observe: Observe, facts: HostFacts, visits: Visits) -> None:
    for port in (110, 995):
        listening = [listener.program for listener in facts.listening if listener.port == port]
        observe.check(f"cổng {port}", not listening and port not in visits.open, "cổng POP3 đang mở")
    served = set(facts.doveconf["protocols"].split())
    observe.check("giao thức của kho thư", bool(served) and "pop3" not in served, f"{sorted(served)}")
    observe.fact(f"Kho thư phục vụ: {', '.join(sorted(served))}.")


@pytest.mark.control("firewall")
def test_firewall(observe: Observe, facts: HostFacts, visits: Visits) -> None:
    chains = [entry["chain"] for entry in facts.nft if "chain" in entry]
    inward = [chain for chain in chains if chain.get("hook") == "input"]
    drops = [chain for chain in inward if chain.get("policy") == "drop"]
    observe.check("chiều vào, mặc định", bool(drops), "không có chuỗi nào mặc định chặn")
    unit = facts.units.get("nftables.service", "không có")
    observe.check("dịch vụ nftables", unit == "active", f"trạng thái {unit}: bộ luật mất khi khởi động lại")
    for port in visits.tried:
        allowed = port in OPEN_PORTS
        observe.check(
            f"cổng {port}", allowed or port not in visits.open, "trả lời từ ngoài dù không khai báo"
        )
    outer = {listener.port for listener in facts.listening if not listener.loopback}
    observe.fact(f"Cổng đang nghe ở địa chỉ ngoài: {', '.join(map(str, sorted(outer)))}.")
    observe.fact(f"Cổng trả lời từ ngoài: {', '.join(map(str, sorted(visits.open)))}.")


@pytest.mark.control("no-anonymous-access")
def test_no_anonymous_access(observe: Observe, facts: HostFacts, visits: Visits, answers: Answers) -> None:
    code, text = visits.smtp.answers["relay"]
    observe.check("cổng 25, chuyển tiếp thư cho người ngoài hệ thống", code >= 500, f"trả lời {code} {text}")
    code, text = visits.submission.answers["mail"]
    observe.check("cổng 465, gửi khi chưa đăng nhập", code >= 500, f"trả lời {code} {text}")
    offered = visits.submission.offers_tls.get("auth", "").upper().split()
    observe.check("cổng 465, cơ chế đăng nhập", bool(offered) and "ANONYMOUS" not in offered, f"{offered}")
    capability = visits.imap["capability"].upper()
    observe.check("cổng 993, cơ chế đăng nhập", "AUTH=ANONYMOUS" not in capability, "cho đăng nhập ẩn danh")
    opened = " OK" in visits.imap["select"].splitlines()[-1].upper()
    observe.check("cổng 993, mở hộp thư khi chưa đăng nhập", not opened, "hộp thư mở được")
    mechanisms = str(facts.doveconf.get("auth_mechanisms", "")).lower()
    observe.check("kho thư, auth_mechanisms", "anonymous" not in mechanisms, mechanisms)
    page = doors.fetch(facts.address, visits.name, "/?_task=mail", doors.trusting(facts.ca))
    inside = 'id="messagelist"' in page.body
    observe.check("thư trên web khi chưa đăng nhập", not inside, "mở được trang thư")
    holders = facts.directory.by_address
    strangers = [login for login in answers.logins if holders.get(login, {}).get("kind") != "person"]
    observe.check_each(answers.logins, strangers, "được đăng nhập nhưng không phải tài khoản của một người")
    observe.fact(f"{len(answers.logins)} tài khoản đang đăng nhập được, mỗi tài khoản của một người.")


@pytest.mark.control("service-accounts")
def test_service_accounts(observe: Observe, facts: HostFacts, answers: Answers) -> None:
    directory = facts.directory
    serving = {person["staff_id"] for person in directory.serving}
    for service in directory.services:
        address = service["address"]
        over = service["closed"] or service["ends"] < directory.today.isoformat()
        found = "còn đăng nhập được dù đã đóng hoặc hết thời hạn"
        observe.check(f"{address}, thời hạn", not over or address not in answers.devices, found)
        owned = service["owner"] in serving or address not in answers.devices
        found = (
            f"còn đăng nhập được dù người chịu trách nhiệm (mã cán bộ {service['owner']}) không còn công tác"
        )
        observe.check(f"{address}, người chịu trách nhiệm", owned, found)
        observe.check(f"{address}, hộp thư", address not in answers.users, "có hộp thư ở kho thư")
        names = {name for name, logins in answers.sender.items() if address in logins}
        others = ", ".join(sorted(names - {address}))
        observe.check(f"{address}, địa chỉ người gửi", not others, f"gửi được từ {others}")
    observe.fact(f"{len(directory.services)} tài khoản dịch vụ, {len(answers.devices)} đang gửi được thư.")
