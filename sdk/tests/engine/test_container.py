"""The container runner with a real engine: DOCKER_HOST=unix://… or a usual socket; skipped where none answers."""

import asyncio
import io
import json
import os
import resource
import shutil
import socketserver
import tarfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from nosana.engine import Flow, Stop
from nosana.engine.container import SOCKETS, ContainerRunner
from nosana.spec import FlowState, definition_parse

JOB = "JobC111111111111111111111111111111111111111"
IMAGE = "localhost/nosana-test-busybox:latest"


def engine_socket() -> str | None:
    named = os.environ.get("DOCKER_HOST", "").removeprefix("unix://")
    for path in filter(None, (named, *SOCKETS)):
        if Path(path).exists() and asyncio.run(ContainerRunner(path).answers()):
            return path
    return None


@pytest.fixture(scope="module")
def socket() -> str:
    found, busybox = engine_socket(), shutil.which("busybox")
    if found is None:
        pytest.skip("no container engine answers on this machine")
    if busybox is None:
        pytest.skip("no static busybox to make an image of")
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.add(busybox, "bin/busybox")
        for name in ("sh", "echo", "sleep", "cat", "env", "pwd", "seq", "wget", "httpd", "id"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    transport = httpx.HTTPTransport(uds=found)
    with httpx.Client(transport=transport, base_url="http://engine", timeout=60) as client:
        repo, tag = IMAGE.split(":")
        params = {"fromSrc": "-", "repo": repo, "tag": tag}
        client.post("/images/create", params=params, content=made.getvalue()).raise_for_status()
    return found


@pytest.fixture
def runner(socket: str) -> ContainerRunner:
    limits = [
        {"Name": "nofile", "Soft": 1024, "Hard": min(1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1])},
        {"Name": "nproc", "Soft": 512, "Hard": 512},
    ]
    return ContainerRunner(socket, host_config={"Ulimits": limits}, network=os.environ.get("TEST_NETWORKS") != "0")


def run(runner: ContainerRunner, *ops: dict[str, Any], stop_after: float | None = None) -> FlowState:
    definition = definition_parse({"version": "0.1", "type": "container", "ops": list(ops)})

    async def play() -> FlowState:
        flow = Flow(definition, JOB, runner, grace_seconds=1)
        if stop_after is not None:
            asyncio.get_running_loop().call_later(stop_after, flow.stop, Stop.STOPPED)
        try:
            return await asyncio.wait_for(flow.run(), 60)
        finally:
            await runner.clean(JOB)

    return asyncio.run(play())


def op(op_id: str, cmd: Any, **args: Any) -> dict[str, Any]:
    return {"type": "container/run", "id": op_id, "args": {"image": IMAGE, "cmd": cmd, **args}}


def test_a_container_says_its_lines_and_gives_its_exit_code(runner: ContainerRunner) -> None:
    cmd = "echo out; echo err >&2; env; pwd; printf end; exit 3"
    found = run(runner, op("a", cmd, env={"A": "b"}, work_dir="/srv")).op_states[0]
    said = {entry.log: entry.type for entry in found.logs}
    assert (found.status, found.exit_code) == ("failed", 3), found.logs
    assert said["out"] == said["end"] == said["A=b"] == said[f"NOSANA_ID={JOB}"] == said["/srv"] == "stdout"
    assert said["err"] == "stderr"


def test_a_volume_carries_files_from_one_container_to_the_next_and_is_gone_after(
    runner: ContainerRunner, socket: str
) -> None:
    volumes = [{"name": "v", "dest": "/data"}]
    state = run(
        runner,
        {"type": "container/create-volume", "id": "v", "args": {"name": "v"}},
        op("w", "echo kept > /data/x", volumes=volumes),
        op("r", ["/bin/cat", "/data/x"], volumes=volumes),
    )
    assert [entry.log for entry in state.op_states[2].logs] == ["kept"]
    with httpx.Client(transport=httpx.HTTPTransport(uds=socket), base_url="http://engine") as client:
        assert JOB not in json.dumps(client.get("/volumes").json())
        assert JOB not in json.dumps(client.get("/containers/json", params={"all": "true"}).json())


def test_a_stop_ends_the_container(runner: ContainerRunner) -> None:
    state = run(runner, op("a", "trap '' TERM; echo begun; sleep 60 & wait; sleep 60"), stop_after=3)
    assert state.status == "stopped"
    assert [entry.log for entry in state.op_states[0].logs] == ["begun"]


def test_many_lines_arrive_whole_and_in_order(runner: ContainerRunner) -> None:
    logs = run(runner, op("a", "seq 1 20000")).op_states[0].logs
    assert [entry.log for entry in logs] == [str(number) for number in range(1, 20_001)]


def test_a_missing_image_or_command_fails_with_the_engines_words(runner: ContainerRunner) -> None:
    missing = op("a", "true") | {"args": {"image": "localhost/none:1", "cmd": "true"}}
    first, second = run(runner, missing, op("b", ["/no/such/thing"])).op_states
    assert (first.exit_code, first.errors[0].event) == (2, "image-pull-error")
    assert str(first.logs[0].log).startswith("The image localhost/none:1 could not be pulled: ")
    assert second.errors[0].event == "container-runtime-error"
    assert "no/such/thing" in str(second.logs[0].log)


def test_an_engine_that_is_not_there_fails_the_operation_in_a_sentence(tmp_path: Path) -> None:
    runner = ContainerRunner(tmp_path / "none.sock")
    assert not asyncio.run(runner.answers())
    definition = definition_parse({"version": "0.1", "type": "container", "ops": [op("a", "true")]})

    async def play() -> FlowState:
        return await Flow(definition, JOB, runner).run()

    assert "did not answer" in str(asyncio.run(play()).op_states[0].logs[0].log)


def test_operations_of_a_job_find_each_other_by_host_and_alias_once_healthy(runner: ContainerRunner) -> None:
    check = {"type": "http", "path": "/x", "method": "GET", "expected_status": 200, "continuous": False}
    serve = "mkdir /www; sleep 1; echo hi > /www/x; exec httpd -f -p 8080 -h /www"
    group = {"group": "g"}
    server = op("web", serve, aliases="site,front", expose=[{"port": 8080, "health_checks": [check]}])
    client = op("ask", "wget -qO- http://%%ops.web.host%%:8080/x; wget -qO- http://site:8080/x")
    waits = {**group, "depends_on": ["web"]}
    definition = [server | {"execution": group}, client | {"execution": waits}]
    asked = run(runner, *definition, stop_after=12).op_states[1]
    assert [entry.log for entry in asked.logs] == ["hi", "hi"]
    assert asked.exit_code == 0


@pytest.mark.parametrize(
    ("gpus", "wanted"), [("all", {"Count": -1}), ("0,2", {"DeviceIDs": ["0", "2"]}), ("", None)]
)
def test_a_gpu_is_asked_of_the_engine_when_the_node_has_one_to_give(
    tmp_path: Path, gpus: str, wanted: dict[str, Any] | None
) -> None:
    heard: dict[str, Any] = {}

    class Door(BaseHTTPRequestHandler):
        """An engine that has the image and refuses every container; it keeps what was asked of it."""

        def answer(self, code: int, value: Any) -> None:
            text = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            self.answer(200, {})

        def do_DELETE(self) -> None:
            self.answer(404, {"message": "no such container"})

        def do_POST(self) -> None:
            heard.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(400, {"message": "no GPU driver here"})

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    path = str(tmp_path / "engine.sock")
    with socketserver.ThreadingUnixStreamServer(path, Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = run(ContainerRunner(path, gpus=gpus, network=False), op("a", "true", gpu=True)).op_states[0]
        server.shutdown()
    assert found.errors[0].message == "The container engine refused: no GPU driver here"
    asked = heard["HostConfig"].get("DeviceRequests")
    assert asked == (wanted and [{"Driver": "nvidia", "Capabilities": [["gpu"]], **wanted}])
