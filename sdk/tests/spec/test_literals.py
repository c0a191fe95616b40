"""Literals and collection operators, worked out as a node does before it starts an operation."""

from typing import Any

import pytest
from nosana.spec import LiteralUnresolved, Scope, args_resolve

SCOPE = Scope(
    job="Job111",
    variables={"port": "8080", "map": '{"a": 1}'},
    results={"one": {"n": ["7"], "words": ["a", "b"], "json": ['["x", "y"]'], "parts": ['["p",', '"q"]']}},
    hosts={"one": "Job111-0"},
    endpoints={"one": {80: "abc.node.example"}},
)
ONE = "%%ops.one.results."


@pytest.mark.parametrize(
    ("args", "resolved"),
    [
        ({"cmd": f"echo {ONE}n%% of {ONE}words%%"}, {"cmd": "echo 7 of a b"}),
        ({"cmd": f"{ONE}n%%"}, {"cmd": "7"}),
        ({"cmd": f"{ONE}words%%"}, {"cmd": "a b"}),
        ({"cmd": ["x", f"{ONE}words%%"]}, {"cmd": ["x", "a", "b"]}),
        ({"cmd": ["x", {"__spread__": f"{ONE}json%%"}]}, {"cmd": ["x", "x", "y"]}),
        ({"cmd": [{"__spread__": f"{ONE}parts%%", "chunked": True}]}, {"cmd": ["p", "q"]}),
        ({"cmd": ["__remove-if-empty__"], "image": "i"}, {"image": "i"}),
        ({"cmd": ["a", "__remove-if-empty__"]}, {"cmd": ["a"]}),
        ({"env": {"A": "%%global.variables.map%%"}}, {"env": {"A": '{"a": 1}'}}),
        ({"env": {"__spread__": "%%global.variables.map%%", "B": "b"}}, {"env": {"a": "1", "B": "b"}}),
        ({"env": {"__pairs__": [{"key": "K", "value": "%%globals.job%%"}]}}, {"env": {"K": "Job111"}}),
        ({"cmd": "%%ops.one.host%%:%%global.variables.port%%"}, {"cmd": "Job111-0:8080"}),
        ({"cmd": "https://%%ops.one.endpoint.80%%/"}, {"cmd": "https://abc.node.example/"}),
    ],
)
def test_literals_are_worked_out(args: dict[str, Any], resolved: dict[str, Any]) -> None:
    assert args_resolve(args, SCOPE) == resolved


@pytest.mark.parametrize("literal", [f"{ONE}none%%", "%%ops.two.host%%", "%%global.nothing%%", "%%ops.x%%"])
def test_a_literal_that_stands_for_nothing_raises_with_its_name(literal: str) -> None:
    with pytest.raises(LiteralUnresolved, match=literal):
        args_resolve({"cmd": literal}, SCOPE)
