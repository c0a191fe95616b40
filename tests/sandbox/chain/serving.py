"""A sandbox chain as a process of its own, as everyone else meets it."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


class Served:
    """`python -m sandbox.chain` on a free port."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> "Served":
        """Start the process and wait for its line."""
        command = [sys.executable, "-m", "sandbox.chain", "--port", "0", "--data", str(self.folder), *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stdout is not None
        word, self.url = self.process.stdout.readline().split()
        assert word == "ready"
        return self

    def __enter__(self) -> "Served":
        """Start, so that a failing test leaves no process."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop whatever still runs."""
        if self.process is not None and self.process.poll() is None:
            self.stop()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the process and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def call(self, method: str, *params: Any, number: Any = 1) -> dict[str, Any]:
        """Return the whole JSON-RPC answer."""
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json; charset=utf-8"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def result(self, method: str, *params: Any) -> Any:
        """Return the result; fails on an error."""
        answer = self.call(method, *params)
        assert "error" not in answer, answer
        return answer["result"]

    def error(self, method: str, *params: Any) -> dict[str, Any]:
        """Return the error."""
        found: dict[str, Any] = self.call(method, *params)["error"]
        return found

    def until(self, held: Callable[[], bool]) -> None:
        """Wait until something holds there, a minute at most."""
        deadline = time.monotonic() + 60
        while not held():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.03)

    def faucet(self, to: str, **gifts: int) -> str:
        """Give micro-NOS, lamports or a stake."""
        return str(self.result("sandboxFaucet", {"to": to, **gifts}))
