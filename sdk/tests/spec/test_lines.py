"""A problem names the line it stands on, in JSON and in YAML."""

import json

import pytest
from nosana.spec import definition_lines, definition_read, definition_validate, line_of

WHOLE = {
    "version": "0.1",
    "type": "container",
    "ops": [{"type": "container/run", "id": "a", "args": {"image": "alpine", "env": {"A B": "1"}, "colour": 1}}],
}
YAML = """version: "0.1"
type: container
ops:
  - type: container/run
    id: a
    args:
      env: {N: "1"}
"""


@pytest.mark.parametrize("indent", [2, "\t"])
def test_every_part_of_a_json_text_has_its_line(indent: int | str) -> None:
    text = json.dumps(WHOLE, indent=indent)
    lines = definition_lines(text)
    rows = text.splitlines()
    assert '"image"' in rows[lines["ops[0].args.image"] - 1]
    assert '"A B"' in rows[lines['ops[0].args.env["A B"]'] - 1]
    [problem] = definition_validate(definition_read(text))
    assert '"colour"' in rows[(line_of(lines, problem.path) or 0) - 1]


def test_what_is_missing_is_said_at_what_it_is_missing_from() -> None:
    [problem] = definition_validate(definition_read(YAML))
    assert problem.path == "ops[0].args.image"
    assert line_of(definition_lines(YAML), problem.path) == 6


def test_what_cannot_be_placed_has_no_line() -> None:
    assert definition_lines("a: [") == {}
    assert line_of({}, "ops[0].args") is None
    assert line_of({"": 1}, 'ops["x y"].args.b') == 1
