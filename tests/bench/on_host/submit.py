"""Sends messages by port 465, as many logins at once: python3 - JOBS.

JOBS: {"host", "message", "logins": [[address, password, [recipient, ...]], ...]}; every session is open,
and its login done, before the first message goes. Prints when that was.
"""

import json
import smtplib
import ssl
import sys
import threading
import time
from pathlib import Path

jobs = json.loads(Path(sys.argv[1]).read_text())
tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # the host is ours, and reached by its address
barrier = threading.Barrier(len(jobs["logins"]) + 1)
refused = []


def send(address: str, password: str, recipients: list) -> None:
    try:
        with smtplib.SMTP_SSL(jobs["host"], 465, context=tls, timeout=120) as smtp:
            smtp.login(address, password)
            barrier.wait()
            for recipient in recipients:
                head = f"From: {address}\r\nTo: {recipient}\r\n"
                smtp.sendmail(address, [recipient], head + jobs["message"])
    except (OSError, smtplib.SMTPException, threading.BrokenBarrierError) as error:
        refused.append(str(error))
        barrier.abort()


threads = [threading.Thread(target=send, args=login) for login in jobs["logins"]]
for thread in threads:
    thread.start()
try:
    barrier.wait(timeout=120)
except threading.BrokenBarrierError:
    refused.append("not every login was let in")
start = time.time()
for thread in threads:
    thread.join()
print(json.dumps({"start": start, "refused": refused[:3]}))
