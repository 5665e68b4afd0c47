"""Runs the program of a module as Ansible would: how long it took there, its peak memory, what it said."""

import json
import resource
import subprocess
import sys
import time

start = time.monotonic()
done = subprocess.run([sys.executable, *sys.argv[1:]], capture_output=True, text=True, check=False)
seconds = time.monotonic() - start
result = (
    json.loads(done.stdout.splitlines()[-1]) if done.stdout else {"failed": True, "msg": done.stderr[-2000:]}
)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "peak_mib": peak, "result": result}))
