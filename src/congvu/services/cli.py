"""The command `congvu` on a host.

Exit status: 0 clean, 1 something that you can put right, 2 broken, 3 the regulation is not met, or
the host needs attention.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Sequence

from congvu import __version__
from congvu.errors import UserError
from congvu.store import StoreError

# Each verb is a module beside this one, with add_parser(subparsers) and run(args) -> exit status.
VERBS = (
    "migrate", "audit", "report", "status", "backup", "remind", "notify", "watch", "boxes", "inventory",
    "lists", "minutes", "factor", "collect", "checks", "outage", "seal", "bundle", "verify", "canary",
    "incident", "issue", "auditor",
)  # fmt: skip


def parser(verbs: Sequence[str] = VERBS) -> argparse.ArgumentParser:
    """The parser of these verbs; their modules are imported, and no others."""
    top = argparse.ArgumentParser(prog="congvu", description="Governs an organisation's official e-mail.")
    top.add_argument("--version", action="version", version=f"congvu {__version__}")
    subparsers = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in verbs:
        importlib.import_module(f"congvu.services.{verb}").add_parser(subparsers)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    # A verb that was asked for need not wait for the imports of the others.
    asked = [verb for verb in VERBS if given[:1] == [verb]]
    try:
        args = parser(asked or VERBS).parse_args(given)
        status: int = importlib.import_module(f"congvu.services.{args.verb}").run(args)
    except UserError as error:
        print(f"congvu: {error}", file=sys.stderr)
        return 1
    except StoreError as error:
        print(f"congvu: {error}", file=sys.stderr)
        return 2
    except Exception:  # a bug keeps its traceback, but not Python's status 1, which means something else here
        traceback.print_exc()
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
