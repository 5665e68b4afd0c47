"""Uses the people's pages as a browser would: python3 - JOBS. Prints seconds, sorted.

JOBS: {"host", "gets", "at_once", "person": [address, password] or null,
"changes": [[address, present, new], ...]}. So many views, so many at once: of the person's own page once they
are in, without one of the page of passwords; and changes of passwords one after the other, each from the
sending of the form to the answer.
"""

import http.client
import json
import ssl
import sys
import threading
import time
import urllib.parse
from pathlib import Path

PAGE, OWN, DOOR = "/mat-khau", "/trang-cua-toi", "/trang-cua-toi/dang-nhap"
jobs = json.loads(Path(sys.argv[1]).read_text())
tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # on the host itself, by its own name
views, changes, faults = [], [], []


def view(count: int, page: str, cookie: str) -> None:
    client = http.client.HTTPSConnection(jobs["host"], context=tls, timeout=60)
    for _ in range(count):
        start = time.monotonic()
        client.request("GET", page, headers={"Cookie": cookie})
        answer = client.getresponse()
        answer.read()
        views.append(time.monotonic() - start)
        if answer.status != 200:
            faults.append(f"GET: {answer.status}")


def send(page: str, **form: str) -> tuple[float, str]:
    """Seconds from the sending of the form to the answer, and the last cookie that came with it."""
    client = http.client.HTTPSConnection(jobs["host"], context=tls, timeout=60)
    client.request("GET", page)
    answer = client.getresponse()
    answer.read()
    cookie = answer.getheader("Set-Cookie").partition(";")[0]
    form["token"] = cookie.partition("=")[2]
    head = {
        "Cookie": cookie,
        "Origin": f"https://{jobs['host']}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    start = time.monotonic()
    client.request("POST", page, urllib.parse.urlencode(form), head)
    answer = client.getresponse()
    answer.read()
    if answer.status != 303:
        faults.append(f"POST: {answer.status}")
    return time.monotonic() - start, (answer.headers.get_all("Set-Cookie") or [""])[-1].partition(";")[0]


page, cookie = PAGE, ""
if jobs["person"]:
    page, cookie = OWN, send(DOOR, login=jobs["person"][0], password=jobs["person"][1])[1]
share = [jobs["gets"] // jobs["at_once"]] * jobs["at_once"] if jobs["gets"] else []
threads = [threading.Thread(target=view, args=[count, page, cookie]) for count in share]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for address, present, new in jobs["changes"]:
    changes.append(send(PAGE, login=address, present=present, new=new, repeat=new)[0])
print(json.dumps({"views": sorted(views), "changes": sorted(changes), "faults": faults[:3]}))
