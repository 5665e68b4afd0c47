"""Runs a module as Ansible does, in this process, against a real database."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import ansible.module_utils
import pytest
from ansible.module_utils.testing import patch_module_args
from fix_database import Database

ROOT = Path(__file__).resolve().parents[2]
# Ansible packs plugins/module_utils with a module under this name.
ansible.module_utils.__path__.append(str(ROOT / "plugins" / "module_utils"))

Run = Callable[..., dict[str, Any]]


def load(name: str) -> ModuleType:
    """The module as a Python module, loaded anew."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "plugins" / "modules" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def runner(database: Database, capfd: pytest.CaptureFixture[str]) -> Run:
    """run("mail_directory", check=True, domain=..., ...) -> its result; `output` is all that it printed."""

    def run_module(name: str, check: bool = False, **options: Any) -> dict[str, Any]:
        where = {"host": database.host, "name": database.name}
        arguments = {"database": where, **options, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            load(name).main()
        # Once a test has loaded Ansible's controller, warnings go to standard error, not into the result.
        printed, warned = capfd.readouterr()
        result: dict[str, Any] = json.loads(printed.splitlines()[-1])
        assert bool(ended.value.code) == bool(result.get("failed", False))
        return {**result, "output": printed + warned}

    return run_module


@pytest.fixture
def run(database: Database, capfd: pytest.CaptureFixture[str]) -> Run:
    """As :func:`runner` says, against the database of this test."""
    return runner(database, capfd)
