"""Definitions are checked before anything is held or sent; where a secret stands, only its name is kept.

`%%secret.NAME%%` in `args` or `global` marks the place of a secret, whose value is given apart. A password or token
written out where one belongs (registry login, S3 keys, a Hugging Face token) is taken out and marked the same way.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from nosana.spec import definition_validate

from apps.core.errors import AppError
from apps.core.numbers import number_text

SIZE_LIMIT = 200_000  # bytes of JSON
SECRET_LIMIT = 32_768  # characters of one secret
SECRETS_LIMIT = 100  # secrets of one job
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
MARK = re.compile(r"%%secret\.([^%]*)%%")

KEY = "(the key)"

Path = tuple[str | int, ...]


class DefinitionRefused(AppError):
    """No node would run this definition; `fields` has a sentence for each path."""

    code = "definition_refused"


def definition_check(definition: Any, *, public: bool = False) -> None:
    """Pass a definition that a node can run, marks for secrets included, and that a public job may show.

    Raises DefinitionRefused with every offence and its path.
    """
    text = json.dumps(definition)
    if len(text) > SIZE_LIMIT:
        raise DefinitionRefused(
            _("The definition has %(text)s bytes, the most is %(size_limit)s; move data into a resource.")
            % {"text": number_text(len(text)), "size_limit": number_text(SIZE_LIMIT)}
        )
    fields: dict[str, list[str]] = {}
    for path, sentence in definition_offences(definition, public=public):
        fields.setdefault(path or "definition", []).append(sentence)
    if fields:
        path, sentences = next(iter(fields.items()))
        more = sum(map(len, fields.values())) - 1
        said = f"{path}: {sentences[0]}"
        if more:
            said = _("%(said)s (and %(more)d more)") % {"said": said, "more": more}
        raise DefinitionRefused(said, fields=fields)


def definition_offences(definition: Any, *, public: bool = False) -> Iterator[tuple[str, str]]:
    """Yield (path, sentence) of everything that is wrong with a definition."""
    problems = [problem for problem in definition_validate(definition) if problem.level == "error"]
    yield from ((problem.path, problem.sentence) for problem in problems)
    if any(not problem.path for problem in problems):
        return  # no map, or one too deep to walk
    if definition.get("logistics"):
        yield (
            "logistics",
            _("The platform delivers private jobs itself: take this key out, and keep the job private."),
        )
    for path, text in _texts(definition):
        for name in MARK.findall(text):
            yield from ((path_text(path), sentence) for sentence in _mark_offences(path, name, public))
    if public:
        for path, _unused in written_out(definition):
            yield path_text(path), str(PUBLIC_SECRET)


PUBLIC_SECRET = gettext_lazy(
    "A public job can be read by anyone, so it may hold no password, token or key: keep it private."
)


def _mark_offences(path: Path, name: str, public: bool) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield _(
            "The name of a secret has letters, digits and _, and no digit first: write it as %%secret.MY_TOKEN%%."
        )
    elif public:
        yield str(PUBLIC_SECRET)
    elif path[-1] == KEY:
        yield _("A secret may be a value, not the name of a key: give the key a plain name.")
    elif not (path[0] == "global" or (path[0] == "ops" and len(path) > 2 and path[2] == "args")):
        yield _("A secret may stand in args and in global alone: nothing else is handed to the container.")


def secret_names(definition: Any) -> list[str]:
    """Return the names of the secrets a definition asks for, each once, in their order."""
    return list(dict.fromkeys(name for _unused, text in _texts(definition) for name in MARK.findall(text)))


def secrets_lift(definition: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the definition with a mark in the place of every secret written out, and those secrets by name."""
    lifted, found = json.loads(json.dumps(definition)), {}
    taken = set(secret_names(definition))
    for path, value in written_out(definition):
        name = _name_for(path, taken)
        taken.add(name)
        found[name] = value
        holder = lifted
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = f"%%secret.{name}%%"
    return lifted, found


def secrets_fill(definition: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return the definition with the values in the places of their marks. Raises KeyError for one that lacks."""
    return dict(_filled(definition, values))


def written_out(definition: Any) -> Iterator[tuple[Path, str]]:
    """Yield the secrets that stand in the definition as they are: where a password, token or key belongs."""
    ops = definition.get("ops") if isinstance(definition, dict) else None
    for index, op in enumerate(ops if isinstance(ops, list) else []):
        args = op.get("args") if isinstance(op, dict) else None
        if not isinstance(args, dict):
            continue
        at: Path = ("ops", index, "args")
        places: list[Path] = [("authentication", "docker", "password")]
        resources = args.get("resources")
        for number in range(len(resources) if isinstance(resources, list) else 0):
            one: Path = ("resources", number)
            places += [(*one, "accessToken"), (*one, "IAM", "ACCESS_KEY_ID"), (*one, "IAM", "SECRET_ACCESS_KEY")]
        for place in places:
            value = _at(args, place)
            # what is a literal as a whole comes from elsewhere and is no secret of the definition
            if isinstance(value, str) and value and not (value.startswith("%%") and value.endswith("%%")):
                yield (*at, *place), value


def path_text(path: Path) -> str:
    """Return a path as the sentences name it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _name_for(path: Path, taken: set[str]) -> str:
    words = [
        str(step) for step in path if step not in ("ops", "args", "authentication", "docker", "resources", "IAM")
    ]
    base = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", "_".join(["OP", *words])).upper()[:60]
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _at(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, str(key)))
            yield from _texts(str(key), (*path, str(key), KEY))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return MARK.sub(lambda match: values[match[1]], value)
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    return value
