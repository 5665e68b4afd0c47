"""MiB of memory (PSS) by unit: each process's own pages, and its share of those that others have too."""

import json
from collections import Counter
from pathlib import Path

units: Counter = Counter()
for process in Path("/proc").glob("[0-9]*"):
    try:
        cgroup = (process / "cgroup").read_text().strip().rpartition("::")[2]
        pss = (process / "smaps_rollup").read_text().partition("\nPss:")[2].split()
    except OSError:  # it has ended, or is the kernel's
        continue
    # A unit is what ends in .service; PostgreSQL's and others' lie one slice deeper.
    names = [part for part in cgroup.split("/") if part.endswith((".service", ".scope"))]
    if pss and (not names or not names[0].startswith(("session-", "user@", "ssh"))):  # not who measures
        units[names[0] if names else "systemd"] += int(pss[0])
print(json.dumps({unit: kib / 1024 for unit, kib in units.most_common()}))
