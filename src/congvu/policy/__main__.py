"""``python -m congvu.policy [FOLDER]``: checks a policy folder under each of its profiles."""

from __future__ import annotations

import sys
from pathlib import Path

from congvu import clock
from congvu.errors import PolicyError
from congvu.policy.folder import read
from congvu.policy.resolve import resolve


def main(folder: Path) -> int:
    """Prints every fault, or one line a profile. 0 sound, 1 at fault."""
    policy = read(folder)
    today = clock.day(clock.now())
    faults: list[str] = []
    for name in sorted(policy.names.profiles | {"default"}):
        try:
            found = resolve(policy, name, today)
        except PolicyError as error:
            faults += (fault for fault in error.faults if fault not in faults)
        else:
            built = sum(control.built for control in found.controls)
            print(
                f"{folder}: profile {name}, version {found.version}: {len(found.provisions)} provisions, "
                f"{len(found.controls)} controls ({built} built), {len(found.values)} values, "
                f"{len(found.findings)} findings, sha256 {found.sha256}"
            )
    print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "policy")))
