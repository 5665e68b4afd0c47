"""Makes COUNT hash signatures for ClamAV, the same ones every time: python3 signatures.py FOLDER COUNT.

Half of MD5 (.hdb), half of SHA-256 (.hsb), each with the size of a file, as most of the official ones are.
"""

import json
import random
import sys
from pathlib import Path

folder, count = Path(sys.argv[1]), int(sys.argv[2])
chance = random.Random(2026)  # noqa: S311  (the same ones every time)
for kind, octets in (("hdb", 16), ("hsb", 32)):
    with (folder / f"bench.{kind}").open("w") as file:
        for number in range(count // 2):
            size = chance.randrange(200, 4_000_000)
            file.write(f"{chance.randbytes(octets).hex()}:{size}:Win.Trojan.Bench-{number}\n")
print(json.dumps({kind: (folder / f"bench.{kind}").stat().st_size for kind in ("hdb", "hsb")}))
