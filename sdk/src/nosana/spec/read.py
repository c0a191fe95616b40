"""Reads definition text, JSON or YAML, refusing what would be read two ways."""

import json
from collections.abc import Hashable
from typing import Any, NoReturn

import yaml

from nosana.spec.problems import DefinitionInvalid, Problem, Step, path_of, shorten

TEXT_LIMIT = 1_000_000
DEPTH_LIMIT = 40


def definition_read(text: str | bytes) -> Any:
    """Return the value a JSON or YAML text stands for.

    Raises DefinitionInvalid with line and column where the text is broken, and for what is ambiguous: a key
    written twice, YAML anchors, NaN.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            _refuse(f"The text is not UTF-8: byte {error.start} cannot be read. Save the file as UTF-8.")
    if len(text) > TEXT_LIMIT:
        _refuse(f"The text has {len(text):,} characters; a definition may have {TEXT_LIMIT:,} at most.")
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    if not text.strip():
        _refuse("The text is empty: write a job definition in JSON or YAML.")
    return _json(text) if text.lstrip()[0] in "{[" else _yaml(text)


def value_problems(value: Any) -> list[Problem]:
    """Return what no JSON text can carry safely: NUL or broken characters, nesting deeper than 40, odd types."""
    problems: list[Problem] = []
    waiting: list[tuple[tuple[Step, ...], Any]] = [((), value)]
    while waiting:
        steps, item = waiting.pop()
        if len(steps) > DEPTH_LIMIT:
            return [Problem(path_of(steps[:6]), f"This is nested deeper than {DEPTH_LIMIT} levels: flatten it.")]
        if isinstance(item, dict):
            for key, inner in item.items():
                if isinstance(key, str):
                    problems += _text_problems(key, steps)
                    waiting.append(((*steps, key), inner))
                else:
                    problems.append(Problem(path_of(steps), f'The key {key} must be a text: write "{key}".'))
        elif isinstance(item, list):
            waiting += [((*steps, index), inner) for index, inner in enumerate(item)]
        elif isinstance(item, str):
            problems += _text_problems(item, steps)
        elif isinstance(item, float) and (item != item or abs(item) == float("inf")):
            problems.append(Problem(path_of(steps), "This number is not finite: write an ordinary number."))
        elif not isinstance(item, int | float | bool | None):
            sentence = (
                f'"{shorten(str(item))}" was read as a {type(item).__name__}: put it in quotes to make it a text.'
            )
            problems.append(Problem(path_of(steps), sentence))
    return problems


def _text_problems(text: str, steps: tuple[Step, ...]) -> list[Problem]:
    if "\0" in text:
        return [Problem(path_of(steps), "This text holds a NUL character: take it out.")]
    try:
        text.encode()
    except UnicodeEncodeError:
        return [Problem(path_of(steps), "This text holds half a character (a lone surrogate): take it out.")]
    return []


def _refuse(sentence: str) -> NoReturn:
    raise DefinitionInvalid([Problem("", sentence)])


def _json(text: str) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            keys = [key for key, _ in items]
            twice = next(key for key in keys if keys.count(key) > 1)
            _refuse(f'The key "{shorten(twice)}" is written twice in one map: keep one of them.')
        return found

    def constant(name: str) -> NoReturn:
        _refuse(f"{name} is not a number JSON knows: write an ordinary number.")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        _refuse(f"The JSON is broken at line {error.lineno}, column {error.colno}: {_lower(error.msg)}.")
    except DefinitionInvalid:
        raise
    except RecursionError:
        _refuse(f"The JSON is nested too deeply: {DEPTH_LIMIT} levels are the limit.")
    except ValueError:
        _refuse("The JSON holds a number with too many digits: write it shorter or as a text.")


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


class _Loader(yaml.SafeLoader):
    """YAML without anchors (a few bytes could stand for gigabytes) and without keys written twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            mark = event.start_mark
            _refuse(f"Line {mark.line + 1} uses a YAML anchor (& or *): write the value out instead.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key.value, str):
                line = key.start_mark.line + 1
                _refuse(
                    f'The key "{shorten(key.value)}" is written twice in one map (line {line}): keep one of them.'
                )
            if isinstance(key.value, str):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 a SafeLoader underneath
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        _refuse(f"The YAML is broken{where}: {error.problem or error.context}.")
    except yaml.YAMLError as error:
        _refuse(f"The YAML cannot be read: {shorten(str(error), 120)}.")
    except DefinitionInvalid:
        raise
    except RecursionError:
        _refuse(f"The YAML is nested too deeply: {DEPTH_LIMIT} levels are the limit.")
    except (ValueError, TypeError) as error:
        _refuse(f"The YAML holds a value that cannot be read: {shorten(str(error), 120)}.")
