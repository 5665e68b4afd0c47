"""Ask the password service which rules candidates break. Runs on the host: `python3 - JSON`.

The JSON is a socket and a list of [path, question]. Prints the list of [status, answer].
"""

import http.client
import json
import socket
import sys


class Service(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def ask(path, verb, question):
    service = Service(path)
    service.request("POST", verb, json.dumps(question), {"Content-Type": "application/json"})
    answer = service.getresponse()
    return [answer.status, json.loads(answer.read())]


if __name__ == "__main__":
    path, questions = json.loads(sys.argv[1])
    json.dump([ask(path, verb, question) for verb, question in questions], sys.stdout)
