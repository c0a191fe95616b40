"""The validator: what it takes, what it refuses, where it points and what it says."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nosana.spec import DefinitionInvalid, definition_parse, definition_validate

HTTP = {"type": "http", "path": "/", "method": "GET", "expected_status": 200, "continuous": False}


def run(op_id: str = "main", **args: Any) -> dict[str, Any]:
    return {"type": "container/run", "id": op_id, "args": {"image": "docker.io/library/alpine", **args}}


def whole(*ops: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": "0.1", "type": "container", "ops": list(ops), **more}


def first_problem(definition: Any) -> tuple[str, str, str]:
    problem = definition_validate(definition)[0]
    return problem.path, problem.sentence, problem.level


FULL = whole(
    {"type": "container/create-volume", "id": "data", "args": {"name": "data"}},
    run(
        "serve",
        cmd=["serve", {"__spread__": "%%ops.first.results.flags%%"}, "__remove-if-empty__"],
        entrypoint="/bin/sh",
        env={"A": "b", "__pairs__": [{"key": "K", "value": "V"}]},
        work_dir="/srv",
        gpu=True,
        volumes=[{"name": "data", "dest": "/data"}],
        expose=[8080, {"port": 9000, "type": "web", "health_checks": [HTTP]}, "%%global.variables.port%%"],
        private=False,
        aliases="a,b",
        restart_policy={"policy": "on-failure", "restart_tries": 3},
        resources=[
            {"type": "S3", "url": "https://example.org/x", "target": "/x", "allowWrite": True},
            {"type": "HF", "repo": "a/b", "target": "/b"},
            {"type": "Ollama", "model": "llama3"},
        ],
        authentication={"docker": {"username": "u", "password": "p"}},
    )
    | {"execution": {"group": "two"}, "results": {"n": "n=(\\d+)", "e": {"regex": "x", "logType": ["stderr"]}}},
    meta={"trigger": "cli", "system_resources": {"required_vram": 8}, "other": {"a": 1}},
    **{"global": {"image": "x", "variables": {"port": "81"}}},
    logistics={"send": {"type": "api", "args": {"endpoint": "u"}}, "receive": {"type": "api-listen", "args": {}}},
    deployment_id="d",
)
FULL["ops"].insert(0, run("first") | {"results": {"flags": "*"}})


def test_a_definition_with_every_key_is_valid_and_comes_out_as_it_went_in() -> None:
    assert definition_validate(FULL) == []
    assert definition_parse(json.dumps(FULL)).to_json() == FULL


REFUSED = [
    (whole(), "ops", "nothing would run"),
    (whole(run(imgae="x")), "ops[0].args.imgae", 'Did you mean "image"?'),
    (whole(run() | {"image": "x"}), "ops[0].image", 'Did you mean "args.image"?'),
    (whole(run(), globl={}), "globl", 'Did you mean "global"?'),
    (whole(run("a b")), "ops[0].id", "no spaces"),
    (whole(run(), run()), "ops[1].id", "already that of ops[0]"),
    (whole(run(gpu="yes")), "ops[0].args.gpu", 'true or false, not "yes"'),
    (whole(run(gpu=None)), "ops[0].args.gpu", "must not be null"),
    (whole(run(cmd=["a", 1])), "ops[0].args.cmd[1]", "in quotes"),
    (whole(run(env={"A": 1})), "ops[0].args.env.A", "in quotes"),
    (whole(run(env={"A B": True})), 'ops[0].args.env["A B"]', "not true"),
    (whole(run(expose="8000-8010")), "ops[0].args.expose", "no ranges"),
    (whole(run(expose=[80, {"port": 70000}])), "ops[0].args.expose[1].port", "1 to 65535"),
    (whole(run(expose=80.5)), "ops[0].args.expose", "whole number"),
    (whole(run(expose=[80, 80])), "ops[0].args.expose[1]", "twice"),
    (whole(run(expose=[True])), "ops[0].args.expose[0]", "not true"),
    (
        whole(run(expose={"port": 1, "health_checks": [{**HTTP, "expected_status": "200"}]})),
        "ops[0].args.expose.health_checks[0].expected_status",
        "a number",
    ),
    (whole(run(restart_policy="never")), "ops[0].args.restart_policy", '"unless-stopped"'),
    (whole(run(resources=[{"type": "S3", "target": "/"}])), "ops[0].args.resources[0]", "url, bucket or buckets"),
    (whole(run(resources=[{"type": "HFF"}])), "ops[0].args.resources[0].type", '"HF"'),
    (whole({"type": "container/runn", "id": "a", "args": {}}), "ops[0].type", 'Did you mean "container/run"?'),
    (whole({"type": "container/run", "id": "a", "args": {"name": "v"}}), "ops[0].args", "arguments of"),
    (whole({"type": "container/create-volume", "id": "a", "args": {"image": "v"}}), "ops[0].args", "arguments of"),
    (whole({"type": "container/run", "id": "a", "args": {}}), "ops[0].args.image", "missing"),
    (whole({"type": "container/create-volume", "id": "a", "args": {}}), "ops[0].args.name", "missing"),
    (whole(run() | {"execution": {"stop_if_dependent_stops": True}}), None, "together with depends_on"),
    (whole(run() | {"execution": {"depends_on": ["main"]}}), None, "itself"),
    (whole(run() | {"execution": {"depends_on": ["mian"]}}), None, "no operation"),
    (whole(run("a"), run("b") | {"execution": {"depends_on": ["a"]}}), None, 'runs in group "a"'),
    (whole(run() | {"results": {"n": {"regex": "x", "logType": []}}}), "ops[0].results.n.logType", "at least one"),
    (whole(run() | {"results": {"n": {"regex": "x", "logType": ["stdout", "stdout"]}}}), None, "once"),
    (whole(run(cmd="%%ops.x.results.y%%")), "ops[0].args.cmd", 'no operation "x"'),
    (whole(run(cmd="%%ops.main.results.y%%")), "ops[0].args.cmd", 'no result "y"'),
    (
        whole(run(cmd="%%ops.b.results.y%%"), run("b") | {"results": {"y": "*"}}),
        "ops[0].args.cmd",
        "run it earlier",
    ),
    (whole(run(cmd="%%ops.main.endpoint.80%%")), "ops[0].args.cmd", "does not expose port 80"),
    (whole(run(cmd="%%global.jobb%%")), "ops[0].args.cmd", 'Did you mean "job"?'),
    (whole(run(cmd="%%global.variables.x%%")), "ops[0].args.cmd", "global.variables"),
    (whole(run(), meta={"a": True}), "meta.a", "not true"),
    (whole(run(), logistics={"send": {"type": "api", "args": {}}}), "logistics.receive", "missing"),
    ({**whole(run()), "version": "0.2"}, "version", '"0.1"'),
    ({"ops": []}, "version", "missing"),
    ([], "", "a map"),
    (whole(run(cmd="a\0b")), "ops[0].args.cmd", "NUL"),
    (whole(run(cmd="\ud800")), "ops[0].args.cmd", "surrogate"),
    (whole(run(), meta={"n": float("nan")}), "meta.n", "not finite"),
]


@pytest.mark.parametrize(("definition", "path", "words"), REFUSED)
def test_what_no_node_runs_is_refused_with_its_path_and_a_sentence(
    definition: Any, path: str | None, words: str
) -> None:
    found_path, sentence, level = first_problem(definition)
    assert level == "error"
    assert path in (None, found_path)
    assert words in sentence
    assert sentence.endswith((".", "?"))


def test_operations_waiting_for_each_other_are_a_circle() -> None:
    ops = [run(name) | {"execution": {"group": "g", "depends_on": [other]}} for name, other in ("ab", "bc", "ca")]
    assert "circle" in first_problem(whole(*ops))[1]


def test_a_stub_that_gets_its_definition_later_may_be_empty() -> None:
    end = {"type": "api", "args": {}}
    assert definition_validate(whole(logistics={"send": end, "receive": end})) == []


OWN_CHECKS = [
    whole(),
    whole({"type": "container/run", "id": "a", "args": {"name": "v"}}),
    whole({"type": "container/create-volume", "id": "a", "args": {"image": "v"}}),
    whole(run() | {"execution": {"depends_on": ["mian"]}}),
    whole(run() | {"execution": {"depends_on": ["main"]}}),
    whole(run("a"), run("b") | {"execution": {"depends_on": ["a"]}}),
    whole(*(run(n) | {"execution": {"group": "g", "depends_on": [m]}} for n, m in ("ab", "ba"))),
    whole(run(expose=70000)),
    whole(run(image="")),
    whole(run(image="ubuntu latest")),
    whole(run(resources=[{"type": "S3", "target": "/"}])),
    whole(run(cmd="%%ops.x.results.y%%")),
    whole(run(cmd="%%global.variables.x%%")),
]


@pytest.mark.parametrize("definition", OWN_CHECKS)
def test_our_own_checks_are_errors_or_warnings_by_choice(definition: dict[str, Any]) -> None:
    assert {problem.level for problem in definition_validate(definition)} == {"error"}
    assert {problem.level for problem in definition_validate(definition, extra="warning")} == {"warning"}


def test_with_warnings_the_definition_is_taken_unless_its_arguments_fit_nothing() -> None:
    assert definition_parse(whole(run(expose=70000)), extra="warning").ops[0].id == "main"
    with pytest.raises(DefinitionInvalid, match="arguments of"):
        definition_parse(OWN_CHECKS[1], extra="warning")


@pytest.mark.parametrize(
    "op",
    [
        run() | {"results": {"n": "("}},
        run(expose=80) | {"execution": {"group": "g"}},
    ],
)
def test_what_only_may_go_wrong_is_a_warning_and_parses(op: dict[str, Any]) -> None:
    waiting = run("after") | {"execution": {"group": "g", "depends_on": ["main"]}}
    definition = whole(op, waiting) if "execution" in op else whole(op)
    assert {problem.level for problem in definition_validate(definition)} == {"warning"}
    assert definition_parse(definition).ops[0].id == "main"


def test_every_offence_is_told_at_once() -> None:
    problems = definition_validate(whole(run(gpu=1, env={"A": 1}), {"id": 3}, foo=1))
    assert {problem.path for problem in problems} == {"ops[0].args.gpu", "ops[0].args.env.A", "ops[1].type", "foo"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


@given(st.sampled_from(places(FULL)), JSON)
def test_any_value_in_any_place_gets_an_answer_and_never_a_traceback(place: tuple[Any, ...], value: Any) -> None:
    definition: Any = copy.deepcopy(FULL)
    if place:
        parent = definition
        for step in place[:-1]:
            parent = parent[step]
        parent[place[-1]] = value
    else:
        definition = value
    problems = definition_validate(definition)
    assert all(problem.sentence for problem in problems)
    if not any(problem.level == "error" for problem in problems):
        assert definition_parse(definition).to_json() == definition


def test_parsing_raises_all_problems_errors_first() -> None:
    with pytest.raises(DefinitionInvalid) as caught:
        definition_parse(whole(run(expose=[0]) | {"results": {"n": "("}}))
    assert [problem.level for problem in caught.value.problems] == ["error", "warning"]
    assert str(caught.value).startswith("ops[0].args.expose[0]: 0 is not a port")
