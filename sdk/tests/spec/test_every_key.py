"""Each key of the format, by walking the models: a wrong, missing, null or unknown one is refused at its path."""

import copy
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from nosana.spec import definition_validate
from nosana.spec.definition import Definition, Meta
from nosana.spec.problems import path_of
from pydantic import BaseModel

HTTP = {
    "type": "http", "path": "/", "method": "POST", "expected_status": 200, "continuous": True,
    "headers": {"A": "b"}, "body": {"a": 1},
}  # fmt: skip
SOCKET = {"type": "websocket", "expected_response": "ok", "continuous": False}
S3 = {
    "type": "S3", "target": "/x", "url": "https://example.org/x", "bucket": "b", "files": ["f"],
    "buckets": [{"url": "u", "files": ["f"]}], "allowWrite": True,
    "IAM": {"REGION": "r", "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s"},
}  # fmt: skip
EVERY_KEY: dict[str, Any] = {
    "version": "0.1",
    "type": "container",
    "deployment_id": "d",
    "meta": {"trigger": "cli", "system_resources": {"required_vram": 8}},
    "global": {
        "image": "x", "gpu": True, "entrypoint": ["sh"], "env": {"A": "b"}, "work_dir": "/", "variables": {"p": "81"}
    },
    "logistics": {
        "send": {"type": "api", "args": {"endpoint": "u"}},
        "receive": {"type": "api-listen", "args": {"endpoint": "u"}},
    },
    "ops": [
        {"type": "container/create-volume", "id": "data", "args": {"name": "data"}, "execution": {"group": "g"}},
        {
            "type": "container/run",
            "id": "main",
            "args": {
                "image": "alpine", "cmd": ["serve", {"__spread__": "[]", "chunked": True}], "entrypoint": "/bin/sh",
                "env": {"A": "b", "__pairs__": [{"key": "K", "value": "V"}]}, "work_dir": "/srv", "gpu": True,
                "volumes": [{"name": "data", "dest": "/data"}], "private": False, "aliases": ["a"],
                "expose": [80, {"port": 9000, "type": "web", "health_checks": [HTTP, SOCKET]}],
                "restart_policy": {"policy": "on-failure", "restart_tries": 3},
                "resources": [
                    S3, {"type": "HF", "repo": "a/b", "target": "/b", "revision": "r", "files": ["f"],
                         "accessToken": "t"}, {"type": "Ollama", "model": "m", "target": "/o"},
                ],
                "authentication": {"docker": {"username": "u", "password": "p", "email": "e", "server": "s"}},
            },
            "execution": {"group": "g", "depends_on": ["data"], "stop_if_dependent_stops": True},
            "results": {"n": "n=(.*)", "e": {"regex": "x", "logType": ["stdout", "stderr"]}},
        },
    ],
}  # fmt: skip
FREE = {"meta", "system_resources", "env", "variables", "headers", "results", "body"}  # maps that take any key
Steps = tuple[Any, ...]


def walk(value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yield every place with its value."""
    yield steps, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from walk(item, (*steps, key))


PLACES = [(steps, value) for steps, value in walk(EVERY_KEY) if steps and "body" not in steps]
KEYS = [(steps, value) for steps, value in PLACES if isinstance(steps[-1], str)]


def changed(steps: Steps, value: Any = None, *, gone: bool = False) -> Any:
    """Return the definition with one place changed, or without it."""
    definition = copy.deepcopy(EVERY_KEY)
    parent: Any = definition
    for step in steps[:-1]:
        parent = parent[step]
    if gone:
        del parent[steps[-1]]
    else:
        parent[steps[-1]] = value
    return definition


def said(definition: Any) -> dict[str, str]:
    return {
        problem.path: problem.sentence for problem in definition_validate(definition) if problem.level == "error"
    }


def models(hint: Any) -> Iterator[type[BaseModel]]:
    """Yield the models within a type, once each at most a level."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
        for field in hint.model_fields.values():
            yield from models(field.annotation)
    elif get_origin(hint) is not None or get_args(hint):
        for inner in get_args(hint):
            yield from models(inner)


def test_the_example_holds_every_key_of_every_model_and_is_valid() -> None:
    assert said(EVERY_KEY) == {}
    written = {steps[-1] for steps, _ in KEYS} | {"body"}
    for model in set(models(Definition)):
        assert {field.alias or name for name, field in model.model_fields.items()} <= written, model


@pytest.mark.parametrize(("steps", "value"), PLACES, ids=[path_of(steps) for steps, _ in PLACES])
def test_null_is_refused_at_its_path(steps: Steps, value: Any) -> None:
    assert path_of(steps) in said(changed(steps))


@pytest.mark.parametrize(("steps", "value"), PLACES, ids=[path_of(steps) for steps, _ in PLACES])
def test_another_kind_of_value_is_refused_at_its_path(steps: Steps, value: Any) -> None:
    wrong = 7 if isinstance(value, bool) else True  # nowhere may true stand for a text, number, list or map
    found = said(changed(steps, wrong))
    assert path_of(steps) in found or path_of((*steps, "type")) in found


MAPS = [(steps, value) for steps, value in PLACES if isinstance(value, dict) and steps[-1] not in FREE]


@pytest.mark.parametrize(("steps", "value"), [((), EVERY_KEY), *MAPS], ids=lambda item: path_of(item) or "whole")
def test_an_unknown_key_is_refused_at_its_path(steps: Steps, value: Any) -> None:
    definition = changed(steps, {**value, "zzz": "x"}) if steps else {**EVERY_KEY, "zzz": "x"}
    assert path_of((*steps, "zzz")) in said(definition)


REQUIRED = [
    ("version",), ("type",), ("ops",), ("logistics", "send"), ("logistics", "receive"),
    ("logistics", "send", "type"), ("logistics", "send", "args"), ("ops", 0, "type"), ("ops", 0, "id"),
    ("ops", 0, "args"), ("ops", 0, "args", "name"), ("ops", 1, "args", "image"),
    ("ops", 1, "args", "volumes", 0, "name"), ("ops", 1, "args", "volumes", 0, "dest"),
    ("ops", 1, "args", "expose", 1, "port"), ("ops", 1, "args", "restart_policy", "policy"),
    *(("ops", 1, "args", "expose", 1, "health_checks", 0, key) for key in
      ("type", "path", "method", "expected_status", "continuous")),
    *(("ops", 1, "args", "expose", 1, "health_checks", 1, key) for key in ("expected_response", "continuous")),
    *(("ops", 1, "args", "resources", 0, *more) for more in
      (("type",), ("target",), ("buckets", 0, "url"), ("IAM", "REGION"), ("IAM", "ACCESS_KEY_ID"),
       ("IAM", "SECRET_ACCESS_KEY"))),
    ("ops", 1, "args", "resources", 1, "repo"), ("ops", 1, "args", "resources", 1, "target"),
    ("ops", 1, "args", "resources", 2, "model"), ("ops", 1, "results", "e", "regex"),
    ("ops", 1, "results", "e", "logType"),
    *(("logistics", "receive", key) for key in ("type", "args")),
    *(("ops", 1, key) for key in ("type", "id", "args")),
    ("ops", 1, "args", "expose", 1, "health_checks", 1, "type"),
    *(("ops", 1, "args", "resources", place, "type") for place in (1, 2)),
]  # fmt: skip


@pytest.mark.parametrize("steps", REQUIRED, ids=path_of)
def test_a_key_that_must_be_there_is_asked_for_at_its_path(steps: Steps) -> None:
    assert "missing" in said(changed(steps, gone=True)).get(path_of(steps), "")


OPTIONAL = [
    steps for steps, _ in KEYS if steps not in REQUIRED and not {"env", "headers", "variables"} & {*steps[:-1]}
]


@pytest.mark.parametrize("steps", OPTIONAL, ids=path_of)
def test_every_other_key_may_be_left_out(steps: Steps) -> None:
    found = said(changed(steps, gone=True))
    assert {sentence for sentence in found.values() if "missing" in sentence} <= {
        'This key is missing: add "value" here.', 'This key is missing: add "key" here.',
    }  # fmt: skip


def test_meta_takes_texts_numbers_lists_and_flat_maps_under_any_key() -> None:
    assert set(Meta.model_fields) == {"trigger", "system_resources"}
    for value in ("x", 3, 1.5, [1, "a", {}], {"a": 1, "b": "c"}):
        assert said(changed(("meta",), {"any key": value})) == {}
    for value in (True, None, {"a": {"b": 1}}):
        assert list(said(changed(("meta",), {"key": value})))[0].startswith("meta.key")
