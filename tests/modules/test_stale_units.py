"""What the module decides, without a host; molecule/modules and molecule/recovery run it on a real one."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest
from fix_modules import load

SHOWN = """\
Id=nginx.service
ActiveState=active
NeedDaemonReload=no
FragmentPath=/usr/lib/systemd/system/nginx.service
DropInPaths=
ActiveEnterTimestamp=Wed 2026-11-25 03:31:58.290851 UTC
StateChangeTimestamp=Wed 2026-11-25 03:32:25.238546 UTC

Id=congvu-web.socket
ActiveState=inactive
ActiveEnterTimestamp=
"""
ENTRY = {"unit": "nginx.service", "action": "reload"}


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return load("stale_units")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nginx.conf"
    path.touch()
    return path


def at(module: ModuleType, seconds: float) -> dict[str, str]:
    """A running unit that started long ago and was reloaded so long after the epoch."""
    unit = dict(module.parse_units(SHOWN)["nginx.service"])
    moment = module.datetime.fromtimestamp(seconds, module.UTC)
    return unit | {"StateChangeTimestamp": f"{moment:%a %Y-%m-%d %H:%M:%S.%f} UTC"}


def test_units_are_read_as_systemctl_prints_them(module: ModuleType) -> None:
    units = module.parse_units(SHOWN)
    assert list(units) == ["nginx.service", "congvu-web.socket"]
    assert module.moment(units["nginx.service"]["ActiveEnterTimestamp"]) == pytest.approx(1795577518.290851)
    assert module.moment(units["congvu-web.socket"]["StateChangeTimestamp"]) == 0


def test_configuration_that_is_newer_than_the_last_reload_is_taken_up(module: ModuleType, file: Path) -> None:
    changed = file.stat().st_ctime
    assert module.unit_step(ENTRY, at(module, changed + 1), [str(file)], frozenset()) is None
    action, reason = module.unit_step(ENTRY, at(module, changed - 1), [str(file)], frozenset())
    assert action == "reload"
    assert str(file) in reason


def test_a_file_that_was_written_long_ago_and_came_to_its_place_now_is_new(
    module: ModuleType, file: Path
) -> None:
    os.utime(file, (1, 1))
    assert module.unit_step(ENTRY, at(module, file.stat().st_ctime - 1), [str(file)], frozenset())


def test_a_unit_that_does_not_run_is_left_alone(module: ModuleType, file: Path) -> None:
    unit = {**at(module, 1), "ActiveState": "inactive"}
    assert module.unit_step(ENTRY, unit, [str(file)], frozenset({"redis"})) is None


def test_a_group_that_a_process_lacks_wants_a_restart(module: ModuleType) -> None:
    action, _ = module.unit_step(ENTRY, at(module, 1), [], frozenset({"redis"}))
    assert action == "restart"


def test_kernel_settings_are_read_as_sysctl_reads_them(module: ModuleType) -> None:
    text = "# a comment\n; another = 1\n\nnet.ipv4.tcp_syncookies = 1\n-kernel.x=1  2\n"
    assert module.parse_sysctl(text) == {"net.ipv4.tcp_syncookies": "1", "kernel.x": "1 2"}
