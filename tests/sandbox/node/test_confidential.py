"""A confidential job: only its owner's endpoint sees the definition and the result."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from nosana.spec import FlowState

from sandbox.node.auth import is_signed_by
from tests.sandbox.node.world import Surroundings, shell


class Owner(BaseHTTPRequestHandler):
    """Gives the definition and takes the result, noting path and header of each call."""

    calls: list[tuple[str, str, str]]
    results: list[FlowState]

    def do_GET(self) -> None:
        self._note()
        self._answer(json.dumps(shell("echo secret")).encode())

    def do_POST(self) -> None:
        self._note()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.results.append(FlowState.model_validate_json(body))
        self._answer(b"{}")

    def log_message(self, *words: object) -> None:
        """Stay silent."""

    def _note(self) -> None:
        self.calls.append((self.command, self.path, self.headers["Authorization"]))

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def owner() -> Iterator[ThreadingHTTPServer]:
    Owner.calls, Owner.results = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Owner)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    surroundings = Surroundings(tmp_path_factory.mktemp("around"))
    yield surroundings
    surroundings.end()


def test_definition_and_result_go_to_the_owner_alone_signed_by_the_node(
    around: Surroundings, owner: ThreadingHTTPServer
) -> None:
    base = f"http://127.0.0.1:{owner.server_address[1]}/jobs/%%global.job%%"
    send = {"type": "api", "args": {"endpoint": f"{base}/job-definition"}}
    receive = {"type": "api", "args": {"endpoint": f"{base}/results"}}
    stub = {"version": "0.1", "type": "container", "ops": [], "logistics": {"send": send, "receive": receive}}
    node = around.node("one")
    job = around.post(stub)
    public = around.wait_result(job)
    account = around.job(job)
    node.end()
    assert (public.status, public.op_states) == ("success", [])
    assert [entry.log for entry in Owner.results[0].op_states[0].logs] == ["secret"]
    paths = [("GET", f"/jobs/{job}/job-definition"), ("POST", f"/jobs/{job}/results")]
    assert [call[:2] for call in Owner.calls] == paths
    for _, _, header in Owner.calls:
        assert header.startswith(f"{job}:")
        assert is_signed_by(header, account.node, 300)
        assert not is_signed_by(header, account.project, 300)
        assert not is_signed_by(f"{header.rsplit(':', 1)[0]}:{int((time.time() - 400) * 1000)}", account.node, 300)
