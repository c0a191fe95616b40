"""The engine with real processes of this machine."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nosana.engine import Flow, FlowEvent, LocalRunner, Stop, unix_ms
from nosana.spec import FlowState, OpState, definition_parse
from nosana.spec import flow as spec_flow

from sandbox.ports import free_port

JOB = "Job1111111111111111111111111111111111111111"


def op(
    op_id: str, cmd: Any = "true", *, results: Any = None, execution: Any = None, **args: Any
) -> dict[str, Any]:
    made = {"type": "container/run", "id": op_id, "args": {"image": "alpine", "cmd": cmd, **args}}
    return made | ({"results": results} if results else {}) | ({"execution": execution} if execution else {})


def run(
    folder: Path, *ops: dict[str, Any], once: tuple[Path, Callable[[Flow], None]] | None = None, **more: Any
) -> FlowState:
    """Run the operations; once that file is there, do that to the flow."""
    whole = {"version": "0.1", "type": "container", "ops": list(ops), **more}
    definition = definition_parse(whole, extra="warning")

    async def play() -> FlowState:
        flow = Flow(definition, JOB, LocalRunner(folder), probe_seconds=0.05, grace_seconds=0.5)
        running = asyncio.create_task(flow.run())
        async with asyncio.timeout(60):
            while once and not once[0].exists():
                await asyncio.sleep(0.01)
            if once:
                once[1](flow)
            return await running

    return asyncio.run(play())


def lines(found: OpState) -> list[str | None]:
    return [entry.log for entry in found.logs]


def test_lines_results_and_exit_code_are_in_the_state(tmp_path: Path) -> None:
    cmd = "echo n=1; echo n=22 >&2; printf 'no end'; exit 3"
    patterns = {
        "n": r"n=(?<digits>\d+)",
        "err": {"regex": r"\d+", "logType": ["stderr"]},
        "all": "*",
        "bad": "(",
    }
    found = run(tmp_path, op("a", cmd, results=patterns)).op_states[0]
    assert (found.status, found.exit_code) == ("failed", 3)
    assert sorted(map(str, lines(found))) == ["n=1", "n=22", "no end"]
    assert {entry.log: entry.type for entry in found.logs}["n=22"] == "stderr"
    results = found.results or {}
    assert sorted(results["n"]) == ["1", "22", "n=1", "n=22"]
    assert results["err"] == ["22"]
    assert len(results["all"]) == 3
    assert isinstance(results["bad"], str)


def test_the_state_has_the_networks_names_and_reads_back(tmp_path: Path) -> None:
    state = run(tmp_path, op("a", "echo hi"))
    written = state.to_json()
    assert written["status"] == "success"
    assert written["endTime"] >= written["startTime"] > 1_600_000_000_000
    assert written["opStates"][0]["operationId"] == "a"
    assert written["opStates"][0]["logs"][0].keys() == {"type", "log", "timestamp"}
    assert FlowState.model_validate(written) == state


def test_groups_run_in_order_and_operations_of_a_group_at_once(tmp_path: Path) -> None:
    both = {"group": "two"}
    state = run(
        tmp_path,
        op("b", "sleep 0.3", execution=both),
        op("last"),
        op("c", "sleep 0.3", execution=both),
    )
    times = {found.operation_id: (found.start_time or 0, found.end_time or 0) for found in state.op_states}
    assert times["c"][0] < times["b"][1]
    assert times["last"][0] >= max(times["b"][1], times["c"][1])


def test_a_failing_operation_stops_neither_the_next_group_nor_the_flow(tmp_path: Path) -> None:
    state = run(tmp_path, op("a", "exit 1"), op("b", "echo on"))
    assert state.status == "success"
    assert [found.status for found in state.op_states] == ["failed", "success"]


def test_results_of_one_operation_feed_the_next(tmp_path: Path) -> None:
    first = op("one", "echo token=abc", results={"token": "(?<=token=).*"})
    second = op("two", "echo $T; echo %%ops.one.results.token%%", env={"T": "%%ops.one.results.token%%"})
    assert lines(run(tmp_path, first, second).op_states[1]) == ["abc", "abc"]


def test_a_dependent_starts_when_the_health_check_passes_and_stops_with_its_dependency(tmp_path: Path) -> None:
    check = {"type": "http", "path": "/", "method": "GET", "expected_status": 200, "continuous": False}
    port, begun = free_port(), tmp_path / "begun"
    serve = ["python3", "-c", f"import http.server as h, os, time\ntime.sleep(0.4)\n"
             f"s=h.HTTPServer(('127.0.0.1',{port}),h.SimpleHTTPRequestHandler)\n"
             f"s.timeout=0.05\nwhile not os.path.exists('{begun}'): s.handle_request()"]  # fmt: skip
    waits = {"group": "g", "depends_on": ["server"], "stop_if_dependent_stops": True}
    state = run(
        tmp_path,
        op("server", serve, expose={"port": port, "health_checks": [check]}, execution={"group": "g"}),
        op("client", f"touch {begun}; sleep 300", execution=waits),
    )
    server, client = state.op_states
    assert (client.start_time or 0) - (server.start_time or 0) >= 400
    assert (server.status, client.status) == ("success", "stopped")
    assert state.status == "success"


def test_a_dependent_of_what_never_came_up_fails_with_a_sentence(tmp_path: Path) -> None:
    state = run(
        tmp_path,
        op("a", ["/no/such/thing"], execution={"group": "g"}),
        op("b", execution={"group": "g", "depends_on": ["a"]}),
    )
    first, second = state.op_states
    assert lines(first) == ['"/no/such/thing" cannot be run on this machine: No such file or directory.']
    assert (first.exit_code, first.errors[0].event) == (2, "operation-error")
    assert lines(second) == ['It waits for "a", which ended before it was up.']


@pytest.mark.parametrize(
    ("reason", "flow_status", "flag"),
    [
        (Stop.EXPIRED, "success", "job_expired"),
        (Stop.STOPPED, "stopped", "job_stopped"),
        (Stop.SHUT_DOWN, "failed", "host_shut_down"),
        (Stop.QUIT, "failed", "reason"),
    ],
)
def test_a_stop_ends_the_whole_process_group_and_says_why(
    tmp_path: Path, reason: Stop, flow_status: str, flag: str
) -> None:
    mark = tmp_path / "alive"
    child = f"(while true; do date +%N > {mark}; sleep 0.05; done) & trap '' TERM; echo up; wait; sleep 30"
    state = run(tmp_path / "data", op("a", child), op("never"), once=(mark, lambda flow: flow.stop(reason)))
    assert state.status == flow_status
    first, never = state.op_states
    assert first.status == flow_status
    assert first.diagnostics is not None
    assert getattr(first.diagnostics.reason, flag)
    assert (never.status, never.start_time) == ("stopped", None)
    before = mark.read_text()
    time.sleep(0.2)
    assert mark.read_text() == before


def test_time_running_out_is_a_success_and_can_be_moved(tmp_path: Path) -> None:
    def prolong(flow: Flow) -> None:
        flow.expire_at(unix_ms() / 1000 + 0.1)
        flow.expire_at(unix_ms() / 1000 + 0.6)

    mark = tmp_path / "begun"
    state = run(tmp_path / "data", op("a", f"touch {mark}; sleep 30"), once=(mark, prolong))
    assert state.status == "success"
    assert 600 <= (state.end_time or 0) - state.start_time < 20_000


def test_an_operation_sees_its_own_environment_folder_and_volume_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_NODE", "x")
    state = run(
        tmp_path,
        {"type": "container/create-volume", "id": "v", "args": {"name": "v"}},
        op("w", 'env; pwd; echo kept > "$HOME/data/x"', env={"A": "op"}, work_dir="/srv/app",
           volumes=[{"name": "v", "dest": "/data"}]),
        op("r", 'cat "$HOME/data/x"; ls "$HOME"', volumes=[{"name": "v", "dest": "/data"}]),
        **{"global": {"env": {"A": "global", "B": "global"}}},
    )  # fmt: skip
    said = lines(state.op_states[1])
    assert {"A=op", "B=global", f"NOSANA_ID={JOB}"} <= set(said)
    assert not any("SECRET" in str(line) for line in said)
    assert str(said[-1]).endswith("/srv/app")
    assert lines(state.op_states[2]) == ["kept", "data"]
    assert not list((tmp_path / "jobs" / JOB).glob("*-*"))


def test_restart_policies_start_it_again(tmp_path: Path) -> None:
    policy = {"policy": "on-failure", "restart_tries": 2}
    assert lines(run(tmp_path, op("a", "echo x; exit 1", restart_policy=policy)).op_states[0]) == ["x", "x", "x"]
    assert lines(run(tmp_path, op("a", "echo x", restart_policy="on-failure")).op_states[0]) == ["x"]


def test_only_the_newest_lines_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = run(
        tmp_path, op("a", "seq 1 30000"), op("b", "head -c 100000 /dev/zero | tr '\\0' x; printf '\\0\\377'")
    )
    first, second = state.op_states
    assert len(first.logs) == spec_flow.LOG_LINES_KEPT == 24_999
    assert (first.logs[0].log, first.logs[-1].log) == ("5002", "30000")
    assert [len(str(line)) for line in lines(second)] == [32_768, 32_768, 32_768, 1698]


def test_events_are_told_as_they_happen_in_the_networks_shape(tmp_path: Path) -> None:
    heard: list[tuple[float, FlowEvent]] = []
    definition = definition_parse(
        {"version": "0.1", "type": "container", "ops": [op("a", "echo one; sleep 1; echo two")]}
    )

    async def play() -> None:
        flow = Flow(
            definition, JOB, LocalRunner(tmp_path), listen=lambda event: heard.append((time.time(), event))
        )
        await flow.run()
        assert flow.progress() == {"a": {"a": "finished"}}

    asyncio.run(play())
    info, (first_at, first), (second_at, _) = heard
    assert info[1].type == "info"
    assert "not used" in info[1].message
    assert second_at - first_at > 0.3
    assert first.to_json() == {
        "opId": "a",
        "group": "a",
        "type": "container",
        "timestamp": first.timestamp,
        "message": "one",
    }


def test_clean_ends_what_a_killed_node_left_running(tmp_path: Path) -> None:
    mark = tmp_path / "begun"

    async def play() -> None:
        runner = LocalRunner(tmp_path)
        ops = [op("a", f"touch {mark}; sleep 300")]
        definition = definition_parse({"version": "0.1", "type": "container", "ops": ops})
        task = asyncio.create_task(Flow(definition, JOB, runner).run())
        async with asyncio.timeout(60):  # of the five minutes it would have slept
            while not mark.exists():
                await asyncio.sleep(0.01)
            await LocalRunner(tmp_path).clean(JOB)
            await task

    asyncio.run(play())
    assert not (tmp_path / "jobs" / JOB).exists()


SERVER = """
import asyncio, os, sys, websockets
async def seen(path):
    while not os.path.exists(path): await asyncio.sleep(0.02)
async def main(port, closes, ends):
    async def greet(channel): await channel.send("hello")
    async with websockets.serve(greet, "127.0.0.1", int(port)): await seen(closes)
    await seen(ends)
asyncio.run(main(*sys.argv[1:]))
"""


def serve(port: int, closes: Path, ends: Path) -> list[str]:
    """Serve until there is the first file, and live on until there is the other."""
    return [sys.executable, "-c", SERVER, *map(str, (port, closes, ends))]


def test_a_websocket_check_releases_what_waits_for_it(tmp_path: Path) -> None:
    check, port = {"type": "websocket", "expected_response": "hello", "continuous": False}, free_port()
    group, up = {"group": "g"}, tmp_path / "up"
    state = run(
        tmp_path,
        op("server", serve(port, up, up), expose={"port": port, "health_checks": [check]}, execution=group),
        op("client", f"echo up; touch {up}", execution={**group, "depends_on": ["server"]}),
    )
    assert lines(state.op_states[1]) == ["up"]


def test_a_check_with_another_answer_never_passes(tmp_path: Path) -> None:
    check, port = {"type": "websocket", "expected_response": "bye", "continuous": False}, free_port()
    group, over = {"group": "g"}, tmp_path / "over"
    threading.Timer(1, over.touch).start()
    state = run(
        tmp_path,
        op("server", serve(port, over, over), expose={"port": port, "health_checks": [check]}, execution=group),
        op("client", "echo up", execution={**group, "depends_on": ["server"]}),
    )
    assert lines(state.op_states[1]) == ['It waits for "server", which ended before it was up.']


def test_a_continuous_check_tells_when_it_fails(tmp_path: Path) -> None:
    check, port = {"type": "websocket", "expected_response": "hello", "continuous": True}, free_port()
    healthy, failing, group = tmp_path / "healthy", tmp_path / "failing", {"group": "g"}
    served = op(
        "a",
        serve(port, healthy, failing),
        expose={"port": port, "health_checks": [check]},
        execution=group,
    )
    waits = op("b", f"touch {healthy}", execution={**group, "depends_on": ["a"]})
    definition = definition_parse({"version": "0.1", "type": "container", "ops": [served, waits]})

    def listen(event: FlowEvent) -> None:
        if event.message == "Its health check fails.":
            failing.touch()

    async def play() -> None:
        times = {"probe_seconds": 0.05, "continuous_seconds": 0.2}
        async with asyncio.timeout(60):
            await Flow(definition, JOB, LocalRunner(tmp_path), listen=listen, **times).run()

    asyncio.run(play())
    assert failing.exists()


def test_a_literal_that_stands_for_nothing_fails_its_operation_alone(tmp_path: Path) -> None:
    state = run(tmp_path, op("a", "%%ops.b.results.x%%"), op("b", "echo on"))
    first, second = state.op_states
    assert (first.status, first.exit_code) == ("failed", 2)
    assert "stands for nothing known" in str(lines(first)[0])
    assert lines(second) == ["on"]


@pytest.mark.parametrize("depends_on", [["none"], ["a"], ["other"]])
def test_dependencies_that_cannot_be_resolved_are_an_init_error(tmp_path: Path, depends_on: list[str]) -> None:
    state = run(tmp_path, op("a", execution={"group": "g", "depends_on": depends_on}), op("other"))
    assert state.status == "init error"
    assert state.errors[0].startswith("ops[0].execution.depends_on[0]: ")
    assert {found.start_time for found in state.op_states} == {None}


def test_an_operation_is_not_run_without_the_files_it_asks_for(tmp_path: Path) -> None:
    found = run(tmp_path, op("a", resources=[{"type": "HF", "repo": "a/b", "target": "/m"}])).op_states[0]
    assert (found.status, found.errors[0].event) == ("failed", "resource-error")
    assert found.errors[0].message == "This node fetches no resources (HF): put the files in the image."
