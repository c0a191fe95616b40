"""A node's log stream alone: says what a test tells it to, replays its history on every connection, cuts lines."""

import json
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

START_MS = 1_760_000_000_000


class FlogNode:
    """Serves `/flog` on a port of its own; lines are kept by job address, each with a time of its own."""

    def __init__(self) -> None:
        self.history: dict[str, list[str]] = {}
        self.said = threading.Condition()
        self.open: set[ServerConnection] = set()
        self.server = serve(self._converse, "127.0.0.1", 0, compression=None)
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "FlogNode":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.cut()
        self.server.shutdown()

    def say(self, job: str, *texts: str) -> None:
        """Write lines of the job."""
        with self.said:
            lines = self.history.setdefault(job, [])
            lines += [self._frame(text, len(lines) + number) for number, text in enumerate(texts)]
            self.said.notify_all()

    def cut(self) -> int:
        """Cut every connection without a word; return how many there were."""
        connections = list(self.open)
        for connection in connections:
            self.open.discard(connection)
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        return len(connections)

    @staticmethod
    def _frame(text: str, number: int) -> str:
        stamp = START_MS + number
        line = {"opId": "main", "group": "main", "type": "container", "timestamp": stamp, "message": text}
        return json.dumps({"path": "flog", "data": json.dumps(line)})

    def _converse(self, connection: ServerConnection) -> None:
        asked: Any = json.loads(connection.recv())
        job, sent = asked["body"]["jobAddress"], 0
        self.open.add(connection)
        try:
            while connection in self.open:
                with self.said:
                    self.said.wait_for(lambda so_far=sent: len(self.history.get(job, [])) > so_far, timeout=0.2)
                    fresh = self.history.get(job, [])[sent:]
                for frame in fresh:
                    connection.send(frame)
                sent += len(fresh)
        except (ConnectionClosed, OSError):
            pass
        finally:
            self.open.discard(connection)
