"""Jobs on a screen: launched, followed, left, listed."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdk.tests.client.told import JOB, MARKET, Platform, Run

ID = JOB["id"]
DONE = {**JOB, "state": "completed", "settled": True, "cost_micro": 1_500_000, "ended_at": "2026-11-23T12:05:00Z",
        "started_at": "2026-11-23T12:00:00Z"}  # fmt: skip


def test_jobs_are_listed_in_columns_and_as_data(nosana: Run, platform: Platform) -> None:
    page = {"items": [DONE], "next_cursor": None}
    platform.says(page, page, page)
    head, line = nosana("job", "list", "--state", "completed").stdout.splitlines()
    assert head.split() == ["ID", "NAME", "STATE", "MARKET", "LAUNCHED", "RAN", "COST"]
    assert line.startswith(ID)
    assert line.endswith("5 min  1.5")
    assert platform.asked[0].url.params["state"] == "completed"
    assert json.loads(nosana("job", "list", "-o", "json").stdout) == [DONE]
    assert f"- id: {ID}" in nosana("job", "list", "-o", "yaml").stdout


def stream(*events: tuple[str, Any]) -> httpx.Response:
    lines = [f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events]
    return httpx.Response(200, text="".join(lines), headers={"Content-Type": "text/event-stream"})


LINE = {"seq": 1, "op": "main", "stream": "container", "at": "2026-11-23T12:00:01Z", "text": "hello"}
RESULT = {"stored_at": None, "status": None, "truncated": False, "cid": None, "operations": []}


def happened(number: int, sentence: str) -> dict[str, Any]:
    return {"seq": number, "at": "2026-11-23T12:00:00Z", "kind": "k", "sentence": sentence, "state": "queued",
            "act": "", "signature": "", "slot": None}  # fmt: skip


def test_a_job_is_launched_followed_and_reported(nosana: Run, platform: Platform) -> None:
    told = {"items": [happened(1, "Listed on the network.")], "next_cursor": None}
    more = {"items": [*told["items"], happened(2, "A node took it.")], "next_cursor": None}
    queue = {**MARKET, "queue_type": 0, "queue_len": 3}
    live = stream(
        ("state", {"state": "queued", "seen": "a"}), ("state", {"state": "running", "seen": "b"}), ("log", LINE),
        ("state", {"state": "completed", "seen": "c"}), ("end", {}),
    )  # fmt: skip
    bad = {
        **RESULT,
        "operations": [{"operation": "main", "status": "failed", "exit_code": 3, "values": {}, "errors": []}],
    }
    platform.says({"items": [MARKET]}, JOB, live, told, queue, more, more, DONE, bad)
    words = ("job", "run", "--gpu", "any", "-t", "90s", "-e", "A=b", "ubuntu", "--", "sh", "-c", "exit 3")
    result = nosana(*words, code=8)
    assert result.stdout == "hello\n"
    assert result.stderr.splitlines() == [
        f"- Job {ID} in gpu: holds 0.02838 credits at most, runs 10 min at most.",
        "- Listed on the network.",
        "- 3 jobs wait in GPU, this one among them.",
        "- A node took it.",
        "- It has ended; its last lines and its final cost are on their way.",
        "- Completed after 5 min, 1.5 credits. Exit code 3.",
    ]
    body = json.loads(platform.asked[1].content)
    assert body["timeout_s"] == 90
    assert body["definition"]["ops"][0]["args"] == {
        "image": "ubuntu", "cmd": ["sh", "-c", "exit 3"], "gpu": True, "env": {"A": "b"},
    }  # fmt: skip


def test_a_job_that_exposes_a_port_says_where_it_is_reached(nosana: Run, platform: Platform) -> None:
    definition = {"ops": [{"id": "web", "args": {"image": "a", "expose": 80}}]}
    service = {"operation": "web", "port": 80, "url": "https://x.example", "sentence": "Answers with 200."}
    state = {"state": "running", "seen": "b"}
    live = stream(("state", state), ("state", {**state, "seen": "c"}), ("end", {}))
    nothing: dict[str, Any] = {"items": [], "next_cursor": None}
    made = {**JOB, "definition": definition}
    platform.says(made, live, nothing, {"items": [service]}, nothing, DONE, RESULT)
    told = nosana("job", "run", "-m", "gpu", "--expose", "80", "a").stderr
    assert told.count("- web:80 is reached at https://x.example once it answers.") == 1
    platform.says(made, nothing, {"items": [service]})
    assert "service     web:80  https://x.example  Answers with 200." in nosana("job", "show", ID).stdout


def test_ctrl_c_leaves_the_job_and_says_how_to_come_back(
    nosana: Run, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("nosana.client.resources.jobs.Jobs.follow", cut)
    platform.says(JOB)
    said = nosana("job", "run", "ubuntu", "-m", "gpu", code=130).stderr
    assert f"nosana job logs -f {ID}" in said
    assert len(platform.asked) == 1  # nothing was stopped


def test_a_job_may_be_left_alone_from_the_start(nosana: Run, platform: Platform) -> None:
    Path("job.yaml").write_text("version: '0.1'\ntype: container\nops: []\n")
    platform.says(JOB)
    assert nosana("job", "run", "-f", "job.yaml", "-m", "gpu", "-d", "--project", "vision").stdout == f"{ID}\n"
    body = json.loads(platform.asked[0].content)
    assert (body["name"], body["definition"]["version"]) == ("job", "0.1")


def test_logs_are_printed_as_they_were_written_or_with_time(nosana: Run, platform: Platform) -> None:
    def book() -> dict[str, Any]:
        return {"lines": [LINE, {**LINE, "seq": 2, "text": "bye"}], "next_after": None}

    platform.says(book(), book(), book())
    assert nosana("job", "logs", ID).stdout == "hello\nbye\n"
    assert (
        nosana("job", "logs", ID, "--tail", "1", "--timestamps").stdout
        == "2026-11-23T12:00:01Z main container: bye\n"
    )
    assert [json.loads(line)["seq"] for line in nosana("job", "logs", ID, "-o", "json").stdout.splitlines()] == [
        1,
        2,
    ]


def test_whoever_leaves_a_job_is_told_how_to_come_back_to_the_same_platform(
    nosana: Run, platform: Platform
) -> None:
    platform.says(JOB, KeyboardInterrupt())
    said = nosana("job", "logs", "-f", ID, "--org", "acme two", code=130).stderr
    assert said.splitlines()[-3:] == [
        "The job goes on.",
        f"  Come back:  nosana job logs -f {ID} --org 'acme two'",
        f"  Stop it:    nosana job stop {ID} --org 'acme two'",
    ]


def test_a_job_that_shall_stop_is_stopping(nosana: Run, platform: Platform) -> None:
    platform.says({**JOB, "stop_requested_at": "2026-11-23T12:00:00Z"})
    assert nosana("job", "stop", ID).stdout.splitlines()[1].endswith("stopping")


def test_waiting_ends_with_the_jobs_own_end(nosana: Run, platform: Platform) -> None:
    platform.says(DONE, RESULT, {**DONE, "state": "failed", "sentence": "The node gave it up."})
    nosana("job", "wait", ID)
    assert "Failed after 5 min, 1.5 credits. The node gave it up." in nosana("job", "wait", ID, code=8).stderr


def test_definitions_are_checked_on_this_machine(nosana: Run) -> None:
    operation = {"type": "container/run", "id": "a", "args": {"image": "ubuntu"}}
    good = {"version": "0.1", "type": "container", "ops": [operation]}
    Path("good.json").write_text(json.dumps(good))
    Path("bad.json").write_text(json.dumps({**good, "colour": "blue"}))
    assert nosana("job", "validate", "good.json").stdout == "good.json: is a definition.\n"
    Path("bad.yaml").write_text("version: '0.1'\ntype: container\nops: []\ncolour: blue\n")
    said = nosana("job", "validate", "none.json", "bad.json", "bad.yaml", "good.json", code=2)
    assert said.stdout == "good.json: is a definition.\n"
    assert [line.partition(": ")[0] for line in said.stderr.splitlines()] == [
        "none.json",
        "bad.json:1",
        "bad.yaml:4",
    ]
    operation["results"] = {"score": "("}
    Path("odd.json").write_text(json.dumps(good))
    assert "odd.json:1: warning: ops[0].results.score: " in nosana("job", "validate", "odd.json").stderr
    (told,) = json.loads(nosana("job", "validate", "-o", "json", "odd.json").stdout)
    assert (told["line"], told["path"], told["level"]) == (1, "ops[0].results.score", "warning")


def test_a_template_is_launched_with_what_it_suggests(nosana: Run, platform: Platform) -> None:
    operation = {"type": "container/run", "id": "a", "args": {"image": "%%global.variables.image%%"}}
    template = {
        "slug": "t", "version": 2, "title": "A template", "vram_gb": 0, "minutes": 30,
        "variables": [{"name": "image", "default": "ubuntu"}],
        "definition": {"version": "0.1", "type": "container", "ops": [operation]},
    }  # fmt: skip
    platform.says(template, JOB)
    nosana("job", "run", "-T", "t", "--var", "image=debian", "-m", "gpu", "-d", "--label", "team=search")
    body = json.loads(platform.asked[1].content)
    assert (body["template_number"], body["labels"]) == (2, {"team": "search"})
    assert (body["name"], body["timeout_s"], body["template"]) == ("A template", 1800, "t")
    assert body["definition"]["global"] == {"variables": {"image": "debian"}}
