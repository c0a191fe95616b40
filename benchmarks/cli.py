"""How long the command takes to be there: `nosana --help` beside a bare typer program, `nosana job list` beside a bare
httpx script that asks the same address and prints the same columns.

Each is a process of its own, the two of a pair in turns; medians of milliseconds. The list comes from a small server on
this machine that always answers the same 20 jobs, so that what is measured is the command.
"""

import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure

NAMES = ["cli.help_vs_typer", "cli.list_vs_httpx"]
ROUNDS, WARM = 15, 2
COMMANDS = 16  # as many as `nosana` has

TYPER = """
import typer
app = typer.Typer(no_args_is_help=True)
def make(number):
    def command(name: str = "x"):
        "Do something with a name."
    app.command(f"command-{number}")(command)
for number in range(%d):
    make(number)
app()
"""
HTTPX = """
import os, httpx
with httpx.Client(headers={"Authorization": "Bearer " + os.environ["NOSANA_API_KEY"]}) as http:
    answer = http.get(os.environ["NOSANA_URL"] + "/api/v1/organisations/acme/jobs", params={"limit": 20})
answer.raise_for_status()
fields = ("id", "name", "state", "market", "created_at", "cost_micro")
for one in answer.json()["items"]:
    print("  ".join(str(one[field]) for field in fields))
"""
# Twenty jobs as the reference shows them, so that the answer has what a real one has.
REFERENCE = json.loads((Path(__file__).resolve().parents[1] / "docs" / "openapi.json").read_bytes())
LIST = REFERENCE["paths"]["/api/v1/organisations/{slug}/jobs"]["get"]["responses"]["200"]
PAGE_OF_ONE = LIST["content"]["application/json"]["example"]
PAGE = json.dumps({**PAGE_OF_ONE, "items": PAGE_OF_ONE["items"] * 20}).encode()


class Answers(http.server.BaseHTTPRequestHandler):
    """Gives the page, whatever is asked."""

    def do_GET(self) -> None:
        """Answer it."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def figures(only: str) -> Iterator[Figure]:
    """Measure the pairs whose name holds `only`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="nw-bench-") as folder:
        env = {name: value for name, value in os.environ.items() if not name.startswith("NOSANA_")} | {
            "NOSANA_API_KEY": "nos_sandbox_bench",
            "NOSANA_ORGANISATION": "acme",
            "NOSANA_URL": f"http://127.0.0.1:{server.server_address[1]}",
            "NOSANA_CONFIG": str(Path(folder) / "none.ini"),
        }
        ours = [sys.executable, "-m", "nosana.cli"]
        scripts = {name: Path(folder) / f"bare_{name}.py" for name in ("typer", "httpx")}
        scripts["typer"].write_text(TYPER % COMMANDS)
        scripts["httpx"].write_text(HTTPX)
        pairs = {
            "cli.help_vs_typer": (
                [*ours, "--help"],
                [sys.executable, str(scripts["typer"]), "--help"],
                "bare typer",
            ),
            "cli.list_vs_httpx": ([*ours, "job", "list"], [sys.executable, str(scripts["httpx"])], "bare httpx"),
        }
        for name, (command, bare, called) in pairs.items():
            if only in name:
                taken, baseline = pair(command, bare, env)
                yield Figure(name, taken, "ms", called, baseline)
    server.shutdown()


def pair(first: Sequence[str], second: Sequence[str], env: dict[str, str]) -> tuple[float, float]:
    """Return the median milliseconds of two commands that take turns."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(WARM + ROUNDS):
        for command, times in zip((first, second), taken, strict=True):
            begun = time.perf_counter()
            subprocess.run(command, env=env, check=True, capture_output=True)
            if turn >= WARM:
                times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])
