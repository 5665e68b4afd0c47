"""Waits until COUNT messages lie in the mailboxes, and prints when that was: arrived.py COUNT PATIENCE."""

import json
import sys
import time
from pathlib import Path

wanted, end = int(sys.argv[1]), time.time() + float(sys.argv[2])
found = 0
while found < wanted and time.time() < end:
    time.sleep(0.05)
    found = sum(len(list(folder.iterdir())) for folder in Path("/var/vmail").glob("**/Maildir/new"))
print(json.dumps({"found": found, "at": time.time()}))
