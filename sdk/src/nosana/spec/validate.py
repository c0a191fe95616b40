"""Validates definitions as strictly as the network's own validator, and a little more."""

from typing import Any

from pydantic import ValidationError

from nosana.spec.definition import Definition
from nosana.spec.problems import DefinitionInvalid, Level, Problem, shorten
from nosana.spec.read import definition_read, value_problems
from nosana.spec.rules import rule_problems
from nosana.spec.sentences import problems_of


def definition_validate(value: Any, *, extra: Level = "error") -> list[Problem]:
    """Return what is wrong with a definition given as a map; an empty list means every node takes it.

    `extra` is the level of checks the network does not make itself (no operation, ports out of range, literals
    that stand for nothing).
    """
    return _examine(value, extra)[1]


def definition_parse(source: str | bytes | dict[str, Any], *, extra: Level = "error") -> Definition:
    """Return the definition in a JSON or YAML text, or in a map. Raises DefinitionInvalid with every problem."""
    value = definition_read(source) if isinstance(source, str | bytes) else source
    definition, problems = _examine(value, extra)
    if definition is None or any(problem.level == "error" for problem in problems):
        raise DefinitionInvalid(problems)
    return definition


def _examine(value: Any, extra: Level) -> tuple[Definition | None, list[Problem]]:
    if not isinstance(value, dict):
        kind = {list: "a list", str: "a text", type(None): "nothing"}.get(type(value), shorten(str(value)))
        return None, [Problem("", f'A definition is a map with "version", "type" and "ops", not {kind}.')]
    if problems := value_problems(value):
        return None, problems
    try:
        definition = Definition.model_validate(value)
    except ValidationError as error:
        return None, problems_of(error)
    return definition, rule_problems(definition, extra=extra)
