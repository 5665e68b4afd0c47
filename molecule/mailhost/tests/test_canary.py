"""The mail that the system sends to itself: it goes both ways, and lands nowhere."""

from __future__ import annotations

from test_break_glass import ask
from testinfra.host import Host

ARRIVES = (
    "for try in $(seq 50); do doveadm -f flow fetch -u {} uid ALL | grep -q . && exit; sleep 0.2; done; false"
)


def waiting(host: Host, address: str) -> int:
    return len(host.check_output(f"doveadm -f flow fetch -u {address} uid ALL").splitlines())


def test_it_comes_back_from_inside_and_outside(host: Host) -> None:
    before = ask(host, "select count(*) from canary_run")
    host.run_expect([0], "systemctl start congvu-canary.service")
    took = f"select way, arrived_at - sent_at < '1 min' from canary_run order by sent_at offset {before}"
    assert sorted(ask(host, took).split()) == ["inside|t", "outside|t"]
    assert waiting(host, ask(host, "select address from canary")) == 0


def test_what_others_send_to_it_is_nobodys_and_goes(host: Host) -> None:
    address = ask(host, "select address from canary")
    host.run_expect([0], f"printf 'Subject: Trung thuong\\n\\n.\\n' | sendmail -i -- {address}")
    host.run_expect([0], ARRIVES.format(address))
    host.run_expect([0], "systemctl start congvu-canary.service")
    assert waiting(host, address) == 0
