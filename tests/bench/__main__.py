"""Measures the benchmarks named on the command line, or all of them: python -m tests.bench [a b c ...]

One after the other, on hosts of their own, which are removed at the end, also after Ctrl-C. A benchmark
that breaks is said so at the end, and does not keep the others from being measured. Nothing here is a
test: figures of a machine that does something else at the same time are noise.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from tests.bench import converge, directory, evidence, identity, mail, memory, passwords, report, seals
from tests.bench.figures import HEAD, Figure, machine, said, write
from tests.bench.site import RESULTS, Site, down

# In the order in which they disturb one another least.
BENCHMARKS: dict[str, tuple[str, Callable[[Site], Iterator[Figure]]]] = {
    "a": ("the first converge against apt-get", converge.first),
    "b": ("the converge that changes nothing", converge.again),
    "f": ("memory of the idle host", memory.idle),
    "e": ("mail with filters and without", mail.messages),
    "h": ("logins with argon2id and without", identity.logins),
    "d": ("passwords against bare argon2", passwords.issued),
    "c": ("people against bare COPY", directory.people),
    "i": ("what a login asks of the directory", identity.roles),
    "j": ("the page of passwords", identity.changes),
    "k": ("events taken in against bare COPY", evidence.taken_in),
    "l": ("a quarter of evidence checked", seals.checked),
    "m": ("the report of a quarter", report.rendered),
    "g": ("memory with virus signatures of full size", memory.signatures),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {letter}  {title}" for letter, (title, _) in sorted(BENCHMARKS.items())),
    )
    parser.add_argument("only", nargs="*", choices=[[], *BENCHMARKS], help="letters of the benchmarks")
    parser.add_argument("--keep", action="store_true", help="leave the hosts for another run")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    place, site = machine(), Site()
    figures: dict[str, list[Figure]] = {}
    failed: dict[str, str] = {}
    try:
        for letter, (title, measure) in BENCHMARKS.items():
            if given.only and letter not in given.only:
                continue
            start = time.monotonic()
            try:
                figures[letter] = list(measure(site))
            except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
                failed[letter] = str(error)
            print(f"{letter}  {title}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
            write(RESULTS / "bench.json", place, figures, failed)
    finally:
        if not given.keep:
            down()
    print(f"\n{said(place)}\n\n{HEAD}")
    print("\n".join(figure.row() for letter in sorted(figures) for figure in figures[letter]))
    for letter, error in failed.items():
        print(f"\n{letter} broke: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
