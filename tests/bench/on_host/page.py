"""Uses the page of passwords as a browser would: python3 - JOBS. Prints seconds, sorted.

JOBS: {"host", "gets", "at_once", "changes": [[address, present, new], ...]}. So many views, so many at
once; and changes of passwords one after the other, each from the sending of the form to the answer.
"""

import http.client
import json
import ssl
import sys
import threading
import time
import urllib.parse
from pathlib import Path

PAGE = "/mat-khau"
jobs = json.loads(Path(sys.argv[1]).read_text())
tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # on the host itself, by its own name
views, changes, faults = [], [], []


def view(count: int) -> None:
    client = http.client.HTTPSConnection(jobs["host"], context=tls, timeout=60)
    for _ in range(count):
        start = time.monotonic()
        client.request("GET", PAGE)
        answer = client.getresponse()
        answer.read()
        views.append(time.monotonic() - start)
        if answer.status != 200:
            faults.append(f"GET: {answer.status}")


def change(address: str, present: str, new: str) -> None:
    client = http.client.HTTPSConnection(jobs["host"], context=tls, timeout=60)
    client.request("GET", PAGE)
    answer = client.getresponse()
    answer.read()
    cookie = answer.getheader("Set-Cookie").partition(";")[0]
    form = {
        "login": address,
        "present": present,
        "new": new,
        "repeat": new,
        "token": cookie.partition("=")[2],
    }
    head = {
        "Cookie": cookie,
        "Origin": f"https://{jobs['host']}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    start = time.monotonic()
    client.request("POST", PAGE, urllib.parse.urlencode(form), head)
    answer = client.getresponse()
    answer.read()
    changes.append(time.monotonic() - start)
    if answer.status != 303:
        faults.append(f"POST: {answer.status}")


share = [jobs["gets"] // jobs["at_once"]] * jobs["at_once"] if jobs["gets"] else []
threads = [threading.Thread(target=view, args=[count]) for count in share]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for each in jobs["changes"]:
    change(*each)
print(json.dumps({"views": sorted(views), "changes": sorted(changes), "faults": faults[:3]}))
