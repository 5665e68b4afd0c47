"""Logs in and out by IMAP in TLS, as many logins at once: python3 - JOBS. Prints how long all of it took.

JOBS: {"host", "each", "logins": [[address, password], ...]}; every login comes so often, each time anew.
"""

import imaplib
import json
import ssl
import sys
import threading
import time
from pathlib import Path

jobs = json.loads(Path(sys.argv[1]).read_text())
tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # the host is ours, and reached by its address
refused = []


def come(address: str, password: str) -> None:
    for _ in range(jobs["each"]):
        try:
            client = imaplib.IMAP4_SSL(jobs["host"], 993, ssl_context=tls, timeout=60)
            client.login(address, password)
            client.logout()
        except (OSError, imaplib.IMAP4.error) as error:
            refused.append(str(error))
            return


threads = [threading.Thread(target=come, args=login) for login in jobs["logins"]]
start = time.monotonic()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"seconds": time.monotonic() - start, "refused": refused[:3]}))
