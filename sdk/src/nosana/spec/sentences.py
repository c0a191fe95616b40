"""Turns what the models refuse into problems: a path as the author wrote it and one plain sentence."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Tag, ValidationError

from nosana.spec.definition import Definition
from nosana.spec.problems import Problem, Step, did_you_mean, path_of, shorten, words

_KINDS = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a number",
    "float_type": "a number",
    "number_refused": "a number",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
}


def problems_of(error: ValidationError) -> list[Problem]:
    """Return one problem for each thing the models refused, in the order of the definition."""
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        steps, types = _walk(item["loc"])
        path, sentence = _sentence(dict(item), steps, types)
        found.setdefault(f"{path}\n{sentence}", Problem(path, sentence))
    return list(found.values())


def _sentence(item: dict[str, Any], steps: list[Step], types: list[Any]) -> tuple[str, str]:
    kind, value, path = item["type"], item["input"], path_of(steps)
    context = item.get("ctx", {})
    if kind == "extra_forbidden":
        return path, _unknown_key(str(steps[-1]), types)
    if kind == "missing":
        return path, f'This key is missing: add "{steps[-1]}" here.'
    if kind == "null_refused":
        return path, "This must not be null: give a value or leave the key out."
    if kind == "union_tag_not_found":
        return path_of([*steps, "type"]), f"This key is missing: write {_choices(context, types)}."
    if kind in ("union_tag_invalid", "literal_error"):
        if kind == "union_tag_invalid":
            steps, value = [*steps, "type"], context["tag"]
        return path_of(steps), _not_a_choice(value, types)
    if kind == "wrong_kind":
        return path, f"This must be {item['msg']}, not {_shown(value)}.{_quotes(item['msg'], value)}"
    if kind == "not_a_literal":
        return path, (
            f"{_shown(value)} is not a port: write a number such as 8080 (no ranges, no quotes) "
            "or a literal such as %%global.variables.port%%."
        )
    if kind == "id_with_space":
        return path, f"An id must have at least one character and no spaces, so {_shown(value)} is not one."
    if kind == "too_short":
        return path, "This list must have at least one item."
    if kind == "too_long":
        return path, f"This list may have {context['max_length']} items at most."
    wanted = _KINDS.get(kind, "something else")
    return path, f"This must be {wanted}, not {_shown(value)}.{_quotes(wanted, value)}"


def _unknown_key(key: str, types: list[Any]) -> str:
    models = [model for model in types if _is_model(model)]
    known = sorted({name for model in models for name in _fields(model)})
    deeper = {
        inner: f"{name}.{inner}"
        for model in models
        for name, annotation in _fields(model).items()
        for child in _expand(annotation, ())
        if _is_model(child)
        for inner in _fields(child)
    }
    hint = did_you_mean(key, known) or did_you_mean(key, deeper) or f" The keys here are {words(known, 'and')}."
    for inner, full in deeper.items():
        if inner not in known:
            hint = hint.replace(f'Did you mean "{inner}"', f'Did you mean "{full}"')
    return f'"{shorten(key)}" is not a key here.{hint}'


def _not_a_choice(value: Any, types: list[Any]) -> str:
    choices = _choice_list(types)
    hint = did_you_mean(value, choices) if isinstance(value, str) else _quotes("a text", value)
    return f"{_shown(value)} is not allowed here: write {words(choices)}.{hint}"


def _choices(context: dict[str, Any], types: list[Any]) -> str:
    return words(_choice_list(types)) or context.get("expected_tags", "a type")


def _choice_list(types: list[Any]) -> list[str]:
    choices: dict[str, None] = {}
    for hint in types:
        if get_origin(hint) is Literal:
            choices.update(dict.fromkeys(get_args(hint)))
        elif _is_model(hint) and "type" in hint.model_fields:
            for annotation in _expand(hint.model_fields["type"].annotation, ()):
                choices.update(dict.fromkeys(get_args(annotation)))
    return [choice for choice in choices if isinstance(choice, str)]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{shorten(value)}"'
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a map"
    return shorten(str(value), 30)


def _quotes(wanted: str, value: Any) -> str:
    takes_text = wanted.startswith(("a text", "a regular"))
    return " Put it in quotes." if takes_text and not isinstance(value, list | dict | None) else ""


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _expand(hint: Any, tags: tuple[str, ...]) -> Iterator[Any]:
    """Yield the plain types a hint stands for; with `tags`, only those under one of them."""
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        own = {note.tag for note in notes if isinstance(note, Tag)}
        if not (tags and own and not own & set(tags)):
            yield from _expand(inner, () if own & set(tags) else tags)
    elif get_origin(hint) in (Union, UnionType):
        for member in get_args(hint):
            yield from _expand(member, tags)
    elif hint is not type(None):
        yield hint


def _walk(location: tuple[Step, ...]) -> tuple[list[Step], list[Any]]:
    """Return the author's path of an error and the types that may stand there."""
    steps: list[Step] = []
    hints: list[Any] = [Definition]
    parents: list[Any] = hints
    for step in location:
        plain = [plain for hint in hints for plain in _expand(hint, ())]
        if isinstance(step, str) and step.startswith("<") and step.endswith(">"):
            tagged = [found for hint in hints for found in _expand(hint, (step,))]
            if tagged and tagged != plain:
                hints = tagged
                continue
        named = [model for model in plain if _is_model(model) and step in _choice_list([model])]
        if named and not any(_is_model(model) and step in _fields(model) for model in plain):
            hints = list(named)
            continue
        parents, hints = plain, _below(plain, step)
        steps.append(step)
    found = [plain for hint in hints for plain in _expand(hint, ())]
    return steps, found or parents


def _below(types: list[Any], step: Step) -> list[Any]:
    below: list[Any] = []
    for hint in types:
        if _is_model(hint):
            fields = _fields(hint)
            if step in fields:
                below.append(fields[str(step)])
            elif hint.model_config.get("extra") == "allow":
                below.append(get_args(get_type_hints(hint, include_extras=True)["__pydantic_extra__"])[1])
        elif get_origin(hint) is list and isinstance(step, int):
            below.append(get_args(hint)[0])
        elif get_origin(hint) is dict:
            below.append(get_args(hint)[1])
    return below
