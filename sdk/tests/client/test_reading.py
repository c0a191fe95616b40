"""Answers as models, lists over pages, and which address is asked."""

import ast
import copy
import inspect
import json
import re
import typing
from dataclasses import replace
from datetime import datetime

import httpx
import nosana.client.models as models
import pytest
from nosana import AsyncNosana, Nosana
from nosana.client import (
    AnswerUnreadable,
    ApprovalNeeded,
    ConfigurationError,
    JobFailed,
    NoAnswer,
    NoMarket,
    WaitTimeout,
)
from nosana.client.modes import act
from nosana.client.resources import base, jobs, money, people, templates, webhooks

from sdk.tests.client.told import JOB, MARKET, QUICK, connected, connected_async, problem


def pages(*sizes):
    """Return pages of projects, each with the cursor of the next."""
    found, number = [], 0
    for place, size in enumerate(sizes):
        items = [project(number := number + 1) for _ in range(size)]
        found.append({"items": items, "next_cursor": f"c{place}" if place + 1 < len(sizes) else None})
    return found


def project(number):
    return {"id": str(number), "slug": f"p{number}", "name": "P", "labels": {}, "archived_at": None,
            "created_at": "2026-11-23T12:00:00Z"}  # fmt: skip


def test_a_list_asks_for_its_pages_when_it_gets_there(platform, client):
    platform.says(*pages(2, 2, 1))
    walk = iter(client.projects.list())
    assert not platform.asked
    assert [next(walk).slug, next(walk).slug] == ["p1", "p2"]
    assert len(platform.asked) == 1
    assert [one.slug for one in walk] == ["p3", "p4", "p5"]
    assert [request.url.params.get("cursor") for request in platform.asked] == [None, "c0", "c1"]


def test_a_list_ends_at_its_limit_without_asking_for_more(platform, client):
    platform.says(*pages(2, 2, 1))
    assert len(client.projects.list(limit=3).all()) == 3
    assert [request.url.params["limit"] for request in platform.asked] == ["3", "1"]


def test_a_list_does_not_go_round_in_circles(platform, client):
    page = {"items": [project(1)], "next_cursor": "same"}
    platform.says(page, page)
    assert len(client.projects.list().all()) == 2


def test_the_first_of_a_list(platform, client):
    platform.says({"items": [project(1)], "next_cursor": "more"}, {"items": [], "next_cursor": None})
    assert client.projects.list(archived=False).first().slug == "p1"
    assert client.projects.list().first() is None
    assert dict(platform.asked[0].url.params) == {"archived": "false", "limit": "1"}


@pytest.mark.anyio
async def test_lists_are_walked_asynchronously(platform):
    platform.says(*pages(2, 1), *pages(1))
    async with connected_async(platform) as client:
        assert [one.slug async for one in client.projects.list()] == ["p1", "p2", "p3"]
        assert [one.slug for one in await client.projects.list().all()] == ["p1"]
        with pytest.raises(TypeError, match="async for"):
            iter(client.projects.list())


def test_fields_of_a_later_platform_are_kept(platform, client):
    platform.says({**JOB, "state": "dreaming", "colour": "blue"})
    job = client.jobs.get("x")
    assert job.state == "dreaming"
    assert job.colour == "blue"
    assert job.raw()["colour"] == "blue"
    assert job.created_at == datetime.fromisoformat("2026-11-23T12:00:00+00:00")


def test_an_answer_of_another_shape_is_told_not_swallowed(platform, client):
    platform.says({"available_micro": "lots"}, httpx.Response(200, text="<html>"))
    with pytest.raises(AnswerUnreadable, match="Balance.*available_micro"):
        client.balance.get()
    with pytest.raises(AnswerUnreadable, match="not JSON"):
        client.balance.get()


def test_the_only_organisation_of_a_key_needs_no_name(platform):
    balance = {"available_micro": 1, "held_micro": 2, "frozen_micro": 3}
    platform.says({"organisations": [{"slug": "acme"}]}, balance, balance)
    client = connected(platform, organisation=None)
    client.balance.get()
    client.balance.get()
    assert [request.url.path for request in platform.asked] == [
        "/api/v1/whoami", "/api/v1/organisations/acme/balance", "/api/v1/organisations/acme/balance",
    ]  # fmt: skip


def test_of_several_organisations_one_must_be_named(platform):
    platform.says({"organisations": [{"slug": "acme"}, {"slug": "xenon"}]})
    with pytest.raises(ConfigurationError, match="acme, xenon"):
        connected(platform, organisation=None).balance.get()


def test_names_cannot_lead_to_another_address(platform, client):
    platform.says(problem(404, "not_found"))
    with pytest.raises(Exception, match="not_found"):
        client.projects.get("../../whoami?x=1#")
    assert platform.asked[0].url.raw_path == b"/api/v1/organisations/acme/projects/..%2F..%2Fwhoami%3Fx%3D1%23"
    for nothing in ("", ".", ".."):
        with pytest.raises(ValueError, match="names nothing"):
            client.projects.get(nothing)


def test_the_same_connection_serves_another_organisation(platform, client):
    platform.says({"available_micro": 1, "held_micro": 2, "frozen_micro": 3})
    client.at(organisation="xenon").balance.get()
    assert platform.asked[0].url.path == "/api/v1/organisations/xenon/balance"


def test_a_job_of_few_words_goes_to_the_cheapest_market_that_fits(platform, client):
    dear = {**MARKET, "slug": "nvidia-4090", "gpu": "NVIDIA RTX 4090", "vram_gb": 24, "price_micro": 97}
    free = {**MARKET, "slug": "other", "gpu": "", "vram_gb": 0, "price_micro": 99, "nodes_waiting": 1}
    markets = {"items": [MARKET, dear, free]}
    bodies = []
    for gpu in ("rtx 4090", 16, "3060", True):
        platform.says(markets, JOB)
        client.jobs.run(image="ubuntu", command="nvidia-smi", gpu=gpu)
        bodies.append(json.loads(platform.asked[-1].content))
    assert [body["market"] for body in bodies] == ["nvidia-4090", "nvidia-4090", "gpu", "other"]
    operation = bodies[0]["definition"]["ops"][0]
    assert operation["args"] == {"image": "ubuntu", "cmd": "nvidia-smi", "gpu": True}
    assert bodies[1]["definition"]["meta"] == {"system_resources": {"required_vram": 16}}
    assert (bodies[0]["name"], bodies[0]["visibility"], bodies[0]["timeout_s"]) == (
        "ubuntu nvidia-smi",
        "private",
        3600,
    )
    platform.says(markets)
    with pytest.raises(NoMarket, match="GPU 'H100'; open are: gpu"):
        client.jobs.run(image="ubuntu", gpu="H100")


def test_a_job_says_what_runs_in_one_way_only(client):
    for wrong in ({}, {"image": "a", "definition": {}}, {"definition": {}, "command": "b"}):
        with pytest.raises(ConfigurationError):
            client.jobs.run(**wrong, market="gpu")


def test_a_job_that_must_be_approved_is_told(platform, client):
    platform.says(httpx.Response(202, json={"approval": "a1"}))
    with pytest.raises(ApprovalNeeded) as caught:
        client.jobs.run(image="a", market="gpu")
    assert caught.value.approval == "a1"


def test_a_job_is_waited_for(platform, client, monkeypatch):
    monkeypatch.setattr("nosana.client.waiting.FIRST_S", 0.001)
    done = {**JOB, "state": "completed", "ended_at": "2026-11-23T12:05:00Z"}
    platform.says(JOB, JOB, done, {**done, "settled": True})
    job = client.jobs.get("x").wait()
    assert job.over
    assert not job.settled
    assert job.wait(settled=True).settled


RESULT = {
    "stored_at": "2026-11-23T12:05:01Z",
    "status": "success",
    "truncated": False,
    "cid": None,
    "operations": [],
}
DONE = {**JOB, "state": "completed", "result_at": "2026-11-23T12:05:01Z"}


def ended(exit_code, *errors):
    one = {"operation": "main", "status": "failed", "exit_code": exit_code, "values": {}, "errors": [*errors]}
    return {**RESULT, "operations": [one]}


def test_a_job_that_is_to_succeed_raises_where_it_did_not(platform, client, monkeypatch):
    monkeypatch.setattr("nosana.client.waiting.FIRST_S", 0.001)
    platform.says({**DONE, "result_at": None}, DONE, ended(0), DONE, ended(3, "out of memory"))
    assert client.jobs.wait("x", check=True).state == "completed"
    with pytest.raises(JobFailed, match="completed:.* main ended with exit code 3. out of memory") as caught:
        client.jobs.wait("x", check=True)
    assert caught.value.job.id == JOB["id"]
    assert not caught.value.result.ok
    platform.says(JOB, {**DONE, "state": "failed", "sentence": "Its node left."}, RESULT)
    with pytest.raises(JobFailed, match=r"failed: Its node left\."):
        client.jobs.get("x").wait(check=True)


def test_what_a_job_wrote_and_gave_back_is_asked_of_the_job(platform, client):
    platform.says(JOB, httpx.Response(200, text="a line"), httpx.Response(200, text="{}"), {**JOB, "id": "y"})
    job = client.jobs.get("x")
    assert (job.log_text(), job.result_file(), job.restart(idempotency_key="k").id) == ("a line", b"{}", "y")
    assert [one.url.path.rpartition("/")[2] for one in platform.asked[1:]] == ["log.txt", "result.json", "restart"]


def test_waiting_bears_a_platform_that_is_away_longer_than_its_repeats(platform, monkeypatch):
    monkeypatch.setattr("nosana.client.waiting.FIRST_S", 0.001)
    away = [httpx.ConnectError("away")] * 9 + [httpx.Response(502, text="<h1>Bad gateway</h1>")] * 5
    with connected(platform, patience=replace(QUICK, away=60)) as client:
        platform.says(JOB, *away, {**JOB, "state": "completed"})
        assert client.jobs.wait("x").over
    with connected(platform, patience=replace(QUICK, away=60, retries=0)) as client:
        platform.says(JOB, *away)
        with pytest.raises(NoAnswer):
            client.jobs.wait("x")


def test_waiting_ends_in_time(platform, client):
    platform.says(JOB)
    with pytest.raises(WaitTimeout, match="is running"):
        client.jobs.wait("x", timeout=0)


@pytest.mark.anyio
async def test_a_job_is_waited_for_asynchronously(platform):
    platform.says(JOB, {**JOB, "state": "failed"})
    async with connected_async(platform) as client:
        job = await client.jobs.get("x")
        assert (await job.wait()).state == "failed"


def groups():
    return [kind for module in (jobs, money, people, templates, webhooks) for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, base.Resource) and kind is not base.Resource]  # fmt: skip


def test_every_act_reads_the_model_that_it_promises():
    for group in groups():
        tree = ast.parse(inspect.getsource(inspect.getmodule(group)))
        body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == group.__name__)
        for function in body.body:
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            read = {
                call.args[0].value
                for call in ast.walk(function)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args
                and call.func.attr in {"_get", "_post", "_send", "_pages", "_items", "read"}
                and isinstance(call.args[0], ast.Constant) and call.args[0].value
            }  # fmt: skip
            promised = ast.unparse(function.returns) if function.returns else ""
            for name in read:
                assert hasattr(models, name), f"{group.__name__}.{function.name} reads {name}"
                assert re.search(rf"\b{name}\b", promised) or promised == "Any", (
                    f"{group.__name__}.{function.name}"
                )


def test_both_clients_have_the_same_names_and_every_act_is_explained():
    blocking, waiting = Nosana(key="nos_sandbox_x"), AsyncNosana(key="nos_sandbox_x")
    for name, group in vars(blocking).items():
        if name.startswith("_"):
            continue
        assert type(vars(waiting)[name]) is type(group)
        for attribute, value in vars(type(group)).items():
            if not attribute.startswith("_"):
                assert value.__doc__, f"{name}.{attribute}"
                assert isinstance(value, act) or not inspect.iscoroutinefunction(value)
    assert typing.get_type_hints(Nosana.__init__)["key"] == str | None


TEMPLATE = {
    "slug": "vllm", "own": False, "version": 1, "title": "vLLM", "summary": "", "tags": [], "vram_gb": 16,
    "gpu": "any", "minutes": 120,
    "variables": [
        {"name": "model", "kind": "text", "default": "acme/one"},
        {"name": "TOKEN", "kind": "secret", "required": False},
        {"name": "must", "kind": "text"},
    ],
    "definition": {
        "version": "0.1", "type": "container",
        "ops": [{"type": "container/run", "id": "a", "args": {
            "image": "a", "cmd": ["%%global.variables.model%%", "%%secret.TOKEN%%"],
            "env": {"T": "%%secret.TOKEN%%"}}}],
    },
}  # fmt: skip


def test_a_template_is_filled_with_what_is_given_and_its_defaults(platform, client):
    platform.says(*[copy.deepcopy(TEMPLATE)] * 4)
    filled = client.templates.fill("vllm", {"must": "x"})
    assert filled["global"] == {"variables": {"model": "acme/one", "must": "x"}}
    assert filled["ops"][0]["args"] == {"image": "a", "cmd": ["%%global.variables.model%%"], "env": {}}
    kept = client.templates.fill("vllm", {"must": "x", "model": "b/c"}, secrets=["TOKEN"])
    assert kept["ops"] == TEMPLATE["definition"]["ops"]
    assert kept["global"]["variables"]["model"] == "b/c"
    with pytest.raises(ConfigurationError, match="value for must"):
        client.templates.fill("vllm")
    with pytest.raises(ConfigurationError, match="no variable 'colour'; there are model, must"):
        client.templates.fill("vllm", {"colour": "blue"})
