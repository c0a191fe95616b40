"""The thread's own seconds, read from one `make demo`, beside what is promised of them."""

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.figures import Figure

PROMISES = {"topup_to_credit": 2.0, "submit_to_running": 5.0, "total": 60.0}
NAMES = [f"demo.{name}" for name in PROMISES]


def figures(only: str) -> Iterator[Figure]:
    """Play the demo once and yield its figures. Raises RuntimeError when the demo did not hold."""
    done = subprocess.run([sys.executable, "-m", "sandbox.demo"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the demo did not hold: {done.stderr[-1500:]}")
    seconds = json.loads(done.stdout.splitlines()[-1])["seconds"]
    for name, promise in PROMISES.items():
        if only in f"demo.{name}":
            yield Figure(f"demo.{name}", seconds[name], "s", "promised at most", promise)
