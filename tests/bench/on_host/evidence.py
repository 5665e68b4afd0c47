"""How long `congvu collect` takes over a journal, and bare programs over it: python3 evidence.py DIR COUNT"""

import json
import os
import signal
import subprocess
import sys
import time

folder, count = sys.argv[1], int(sys.argv[2])
POSTGRES = ("runuser", "-u", "postgres", "--")
FILE = "/var/lib/postgresql/bench-events"  # the server's own: it sees no /tmp but its own
COLUMNS = "happened_at, host, kind, door, login, mailbox, peer, detail"


def sql(statement: str) -> str:
    command = [*POSTGRES, "psql", "-XAtqd", "congvu", "-v", "ON_ERROR_STOP=1", "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout.strip()


def seconds(*command: str) -> float:
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
    return time.monotonic() - start


subprocess.run(["systemctl", "stop", "congvu-collect"], check=True)
sql("create table before_bench as select * from event; create table cursor_before as table event_cursor; "
    "truncate event; truncate event_cursor")  # fmt: skip
try:
    start = time.monotonic()
    collector = subprocess.Popen(
        ["runuser", "-u", "congvu-collector", "--", "congvu", "collect", f"--directory={folder}"],
        cwd="/", start_new_session=True,
    )  # fmt: skip
    while int(sql("select count(*) from event")) < count:
        time.sleep(0.02)
    ours = time.monotonic() - start
    os.killpg(collector.pid, signal.SIGKILL)  # runuser alone would leave it behind
    collector.wait()
    sql(f"copy event ({COLUMNS}) to '{FILE}'; truncate event")
    copied = seconds(*POSTGRES, "psql", "-Xqd", "congvu", "-c", f"copy event ({COLUMNS}) from '{FILE}'")
    sql(f"create table bare as select {COLUMNS} from event limit 0")
    bare = seconds(*POSTGRES, "psql", "-Xqd", "congvu", "-c", f"copy bare from '{FILE}'")
    read = seconds("sh", "-c", f"journalctl -q -D {folder} -o json | wc -l")
finally:
    sql("truncate event; truncate event_cursor; drop table if exists bare; "
        "insert into event overriding system value select * from before_bench; "
        "insert into event_cursor table cursor_before; drop table before_bench, cursor_before")  # fmt: skip
    subprocess.run(["systemctl", "start", "congvu-collect"], check=True)
print(json.dumps({"ours": ours, "copied": copied, "bare": bare, "read": read}))
