"""What our modules share: the package on the host, the way to the directory, and how they end.

A module hands its work to `run`; the work takes the module and the open directory and returns the result.
"""

from __future__ import annotations

import traceback
import typing as t
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import congvu
    from congvu import accounts, clock, fingerprints, passwords, store, zone
    from congvu.errors import UserError
    from congvu.services import envelope, host, resolver, slips

    IMPORT_ERROR = None
except ImportError:
    accounts = clock = envelope = fingerprints = host = passwords = resolver = slips = store = zone = None
    UserError = None
    IMPORT_ERROR = traceback.format_exc()

__all__ = [
    "Result",
    "UserError",
    "accounts",
    "clock",
    "envelope",
    "fingerprints",
    "host",
    "passwords",
    "require_package",
    "resolver",
    "run",
    "slips",
    "store",
    "zone",
]

VERSION = "0.1.0"  # of the package that these modules were written with; another one may mean other things

Result = dict[str, t.Any]
DATABASE = {"host": {"default": "/run/postgresql"}, "name": {"default": "congvu"}}


def require_package(module: AnsibleModule) -> None:
    """End the module where the host has no package congvu, or another than these modules are written for."""
    if IMPORT_ERROR:
        reason = "(the role `package` installs it)"
        module.fail_json(msg=missing_required_lib("congvu", reason=reason), exception=IMPORT_ERROR)
    if congvu.__version__ != VERSION:
        module.fail_json(msg=f"these modules are of congvu {VERSION}, the host has {congvu.__version__}")


def run(options: dict[str, t.Any], work: t.Callable[[AnsibleModule, store.Store], Result]) -> t.NoReturn:
    """End as a module with what `work` returns.

    One transaction, undone when it raises; and in check mode, which so meets the database's own rules too.
    """
    database = {"type": "dict", "apply_defaults": True, "options": DATABASE}
    module = AnsibleModule(argument_spec={**options, "database": database}, supports_check_mode=True)
    if IMPORT_ERROR and module.check_mode:
        module.warn("the package congvu is not on this host yet, so what would change cannot be said")
        module.exit_json(changed=True)
    require_package(module)
    try:
        with store.connect(**module.params["database"]) as db:
            result = work(module, db)
            if module.check_mode:
                db.undo()
    except accounts.InputError as error:
        module.fail_json(msg=str(error), faults=[asdict(fault) for fault in error.faults])
    except (UserError, store.StoreError) as error:
        module.fail_json(msg=str(error))
    if not module._diff:  # thousands of lines that nobody asked for
        result.pop("diff", None)
    module.exit_json(**result)
