"""Ask a mail filter what it would do with messages, as a mail server asks it. On the host: `python3 - JSON`.

Nothing is sent or delivered: the filter only says what it would do. The JSON is a list of endpoint and
questions, each {"login": str or null, "sender": str, "recipient": str, "headers": [[name, value]...],
"body": str}. Prints a list of {"verdict": "accept"|"554 ...", "added": {header: value}}.
"""

import functools
import json
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor

_FINAL = {"a": "accept", "c": "continue", "d": "discard", "r": "554 rejected", "t": "451 try again later"}

# Steps that a filter need not answer, by its bit in the negotiation
_SILENT = {
    "L": 0x80,
    "C": 0x1000,
    "H": 0x2000,
    "M": 0x4000,
    "R": 0x8000,
    "T": 0x10000,
    "N": 0x40000,
    "B": 0x80000,
}


class Filter:
    """One conversation in the milter protocol, version 6."""

    def __init__(self, endpoint):
        kind, _, rest = endpoint.partition(":")
        if kind == "inet":
            host, _, port = rest.rpartition(":")
            self.wire = socket.create_connection((host.strip("[]"), int(port)), 30)
        else:
            self.wire = socket.socket(socket.AF_UNIX)
            self.wire.connect(rest or endpoint)
        # every change a filter may ask for, every step sent, silence allowed where the filter wants it
        self.send("O", struct.pack(">III", 6, 0x1FF, sum(_SILENT.values())))
        self.protocol = struct.unpack(">III", self.receive()[1][:12])[2]

    def send(self, command, data=b""):
        self.wire.sendall(struct.pack(">I", len(data) + 1) + command.encode() + data)

    def receive(self):
        length = struct.unpack(">I", self.exactly(4))[0]
        data = self.exactly(length)
        return chr(data[0]), data[1:]

    def exactly(self, length):
        data = b""
        while len(data) < length:
            chunk = self.wire.recv(length - len(data))
            if not chunk:
                raise EOFError("the filter hung up")
            data += chunk
        return data

    def step(self, command, *fields, macros=None):
        """One step of SMTP; a final answer ends the conversation."""
        if macros:
            self.send("D", command.encode() + strings(*(each for pair in macros.items() for each in pair)))
        self.send(command, b"".join(f if isinstance(f, bytes) else strings(f) for f in fields))
        if self.protocol & _SILENT[command]:
            return None
        code, data = self.receive()
        return None if code == "c" else verdict(code, data)

    def end(self):
        """The end of the message: what would be added, and the verdict."""
        self.send("E")
        added = {}
        while True:
            code, data = self.receive()
            if code in "hi":
                name, value = data[4 if code == "i" else 0 :].split(b"\0")[:2]
                added[name.decode()] = value.decode("utf-8", "replace").strip()
            elif code == "y" or code in _FINAL:
                return verdict(code, data), added


def strings(*texts):
    return b"".join(text.encode() + b"\0" for text in texts)


def verdict(code, data):
    return data.rstrip(b"\0").decode("utf-8", "replace") if code == "y" else _FINAL.get(code, code)


def ask(endpoint, question):
    door = Filter(endpoint)
    connection = {"j": "audit.invalid", "{daemon_name}": "smtpd", "v": "audit"}
    login = question["login"]
    # 192.0.2.0/24 is reserved for documentation: a client whom nobody knows
    final = door.step("C", "unknown", b"4" + struct.pack(">H", 25), "192.0.2.25", macros=connection)
    final = final or door.step("H", "audit.invalid")
    authenticated = {"{auth_authen}": login, "{auth_type}": "PLAIN"} if login else {}
    sender = {"i": "AUDIT", "{mail_addr}": question["sender"], **authenticated}
    final = final or door.step("M", f"<{question['sender']}>", macros=sender)
    final = final or door.step(
        "R", f"<{question['recipient']}>", macros={"{rcpt_addr}": question["recipient"]}
    )
    final = final or door.step("T")
    for name, value in question["headers"]:
        final = final or door.step("L", name, value)
    final = final or door.step("N")
    final = final or door.step("B", question["body"].encode())
    added = {}
    if not final:
        final, added = door.end()
    door.send("Q")
    door.wire.close()
    return {"verdict": final, "added": added}


if __name__ == "__main__":
    endpoint, questions = json.loads(sys.argv[1])
    with ThreadPoolExecutor(8) as pool:  # a filter waits for the DNS more than it works
        json.dump(list(pool.map(functools.partial(ask, endpoint), questions)), sys.stdout)
