"""Passwords a second by argon2 alone, with the parameters of ours, on one core: python3 argon.py COUNT."""

import json
import secrets
import sys
import time

from argon2 import PasswordHasher

count = int(sys.argv[1])
hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
passwords = [secrets.token_urlsafe(10) for _ in range(count)]
start = time.monotonic()
for password in passwords:
    hasher.hash(password)
print(json.dumps(count / (time.monotonic() - start)))
