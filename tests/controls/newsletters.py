"""Count the mail that came for mailboxes, and how much of it was sent to subscribers. Runs on the host.

`python3 - JSON`: the moment (Unix time) from which to count, the mailboxes, and our own domains, whose lists
are no subscriptions. Prints {mailbox: [messages, to subscribers]}. The mail filter's lines say which headers
a message had, and neither what they nor what the message said.
"""

import json
import re
import subprocess
import sys

_LINE = re.compile(r"rspamd_task_write_log: .*?from: <([^>]*)>.*? rcpts: <([^>]*)>")
_SUBSCRIBED = re.compile(r"\b(HAS_LIST_UNSUB|MAILLIST)\(")


def count(lines, boxes, domains):
    found = {box: [0, 0] for box in boxes}
    for line in lines:
        match = _LINE.search(line)
        if match:
            subscribed = _SUBSCRIBED.search(line) and match[1].rpartition("@")[2].lower() not in domains
            for box in found.keys() & set(match[2].lower().split(",")):
                found[box][0] += 1
                found[box][1] += bool(subscribed)
    return found


if __name__ == "__main__":
    since, boxes, domains = json.loads(sys.argv[1])
    command = [
        "journalctl",
        "-q",
        "-o",
        "cat",
        f"--since=@{since}",
        "-t",
        "rspamd",
        "-g",
        "rspamd_task_write_log",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as journal:
        json.dump(count(journal.stdout, boxes, domains), sys.stdout)
