"""Waits until COUNT messages lie in the mailboxes, or none comes any more: python3 arrived.py COUNT PATIENCE.

Prints how many came, and when the last one did.
"""

import json
import sys
import time
from pathlib import Path

wanted, patience = int(sys.argv[1]), float(sys.argv[2])
found, last = 0, time.time()
while found < wanted and time.time() < last + patience:
    time.sleep(0.05)
    now = sum(len(list(folder.iterdir())) for folder in Path("/var/vmail").glob("**/Maildir/new"))
    if now != found:
        found, last = now, time.time()
print(json.dumps({"found": found, "at": last}))
