"""Validates definitions as strictly as the network's own validator, and a little more."""

import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from nosana.spec.definition import Definition, RunArgs, VolumeArgs
from nosana.spec.lines import definition_lines, line_of
from nosana.spec.problems import DefinitionInvalid, Level, Problem, shorten
from nosana.spec.read import definition_read, value_problems
from nosana.spec.rules import rule_problems
from nosana.spec.sentences import problems_of


def definition_validate(value: Any, *, extra: Level = "error") -> list[Problem]:
    """Return what is wrong with a definition given as a map; an empty list means every node takes it.

    `extra` is the level of checks the network does not make itself: no operation, arguments of another type of
    operation, dependencies that cannot be resolved, ports out of range, literals that stand for nothing.
    """
    return _examine(value, extra)[1]


def file_validate(name: str, *, extra: Level = "error") -> list[tuple[int | None, Problem]]:
    """Return what is wrong with a definition in a file (JSON or YAML; `-` is standard input), each with its line.

    A file that cannot be read has that one problem; what stands on no line of it has None.
    """
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        problems = definition_validate(definition_read(content), extra=extra)
    except OSError as error:
        return [(None, Problem("", f"The file cannot be read: {error.strerror}."))]
    except DefinitionInvalid as error:
        return [(None, problem) for problem in error.problems]
    lines = definition_lines(content.decode("utf-8-sig")) if problems else {}
    return [(line_of(lines, problem.path) if problem.path else None, problem) for problem in problems]


def definition_parse(source: str | bytes | dict[str, Any], *, extra: Level = "error") -> Definition:
    """Return the definition in a JSON or YAML text, or in a map. Raises DefinitionInvalid with every problem.

    Arguments of another type of operation are refused whatever `extra` says: nothing could be run with them.
    """
    value = definition_read(source) if isinstance(source, str | bytes) else source
    definition, problems = _examine(value, extra)
    if definition is None or any(problem.level == "error" for problem in problems):
        raise DefinitionInvalid(problems)
    return definition


def misfits(value: dict[str, Any], extra: Level) -> list[Problem]:
    """Return the operations whose arguments are those of the other type, which the network lets pass."""
    return [
        Problem(
            f"ops[{index}].args",
            f'These are the arguments of "{_OTHER[op["type"]]}", but the type is "{op["type"]}": change one.',
            extra,
        )
        for index, op in enumerate(value["ops"] if isinstance(value.get("ops"), list) else ())
        if _is_misfit(op)
    ]


_OTHER = {"container/run": "container/create-volume", "container/create-volume": "container/run"}
_ARGS: dict[str, type[BaseModel]] = {"container/run": RunArgs, "container/create-volume": VolumeArgs}


def _is_misfit(op: Any) -> bool:
    if not isinstance(op, dict) or not isinstance(op.get("type"), str) or op["type"] not in _OTHER:
        return False
    try:
        _ARGS[_OTHER[op["type"]]].model_validate(op.get("args"))
    except ValidationError:
        return False
    return True


def _of_misfit(problem: Problem, value: dict[str, Any]) -> bool:
    ops = value["ops"] if isinstance(value.get("ops"), list) else []
    return any(_is_misfit(op) and problem.path.startswith(f"ops[{index}].args") for index, op in enumerate(ops))


def _examine(value: Any, extra: Level) -> tuple[Definition | None, list[Problem]]:
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a text", type(None): "nothing"}.get(type(value), shorten(str(value)))
        return None, [Problem("", f'A definition is a map with "version", "type" and "ops", not {kind}.')]
    if problems := value_problems(value):
        return None, problems
    try:
        definition = Definition.model_validate(value)
    except ValidationError as error:
        return None, [*misfits(value, extra), *(p for p in problems_of(error) if not _of_misfit(p, value))]
    return definition, rule_problems(definition, extra=extra)
