"""A definition and a market from the few words most jobs need."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nosana.client.errors import ConfigurationError, NosanaError

OPERATION = "main"


class NoMarket(NosanaError):
    """No open market has such a GPU."""


def definition_of(
    image: str,
    *,
    command: str | Sequence[str] | None = None,
    gpu: bool = False,
    env: Mapping[str, str] | None = None,
    expose: int | Sequence[int] | None = None,
    entrypoint: str | Sequence[str] | None = None,
    work_dir: str | None = None,
    vram_gb: int | None = None,
    results: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a definition (version 0.1) with one container.

    A text as `command` is run by the container's shell, a list as it is. `results` names regular expressions that are
    searched for in the output.
    """
    args: dict[str, Any] = {"image": image}
    if command is not None:
        args["cmd"] = command if isinstance(command, str) else [*command]
    if gpu:
        args["gpu"] = True
    if env:
        args["env"] = dict(env)
    if expose is not None:
        args["expose"] = expose if isinstance(expose, int) else [*expose]
    if entrypoint is not None:
        args["entrypoint"] = entrypoint if isinstance(entrypoint, str) else [*entrypoint]
    if work_dir is not None:
        args["work_dir"] = work_dir
    operation: dict[str, Any] = {"type": "container/run", "id": OPERATION, "args": args}
    if results:
        operation["results"] = dict(results)
    definition: dict[str, Any] = {"version": "0.1", "type": "container", "ops": [operation]}
    if vram_gb:
        definition["meta"] = {"system_resources": {"required_vram": vram_gb}}
    return definition


def template_filled(
    template: Mapping[str, Any], variables: Mapping[str, str], secrets: Collection[str] = ()
) -> dict[str, Any]:
    """Return a template's definition with values for its variables: those given, else the defaults.

    `secrets` are the names of the secrets that will be given; what stands for one that is not is left out. Raises
    ConfigurationError for a value that is missing, and for a name that the template does not know.
    """
    known = {str(one["name"]): one for one in template["variables"]}
    values = {name: one for name, one in known.items() if one.get("kind") != "secret"}
    if strange := [name for name in variables if name not in values]:
        there = ", ".join(values) or "none"
        raise ConfigurationError(f"The template has no variable {strange[0]!r}; there are {there}.")
    filled = {name: str(variables.get(name, one.get("default", ""))) for name, one in values.items()}
    given = {**filled, **dict.fromkeys(secrets, "x")}
    lacking = [name for name, one in known.items() if one.get("required", True) and not given.get(name)]
    if lacking:
        raise ConfigurationError(f"The template needs a value for {', '.join(lacking)}.")
    absent = {
        f"%%secret.{name}%%" for name, one in known.items() if one.get("kind") == "secret" and name not in given
    }
    definition = dict(_without(template["definition"], absent))
    if filled:
        whole = dict(definition.get("global") or {})
        definition["global"] = {**whole, "variables": {**(whole.get("variables") or {}), **filled}}
    return definition


def _without(value: Any, marks: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, marks) for key, inner in value.items() if not _is(inner, marks)}
    if isinstance(value, list):
        return [_without(inner, marks) for inner in value if not _is(inner, marks)]
    return value


def _is(value: Any, marks: Collection[str]) -> bool:
    return isinstance(value, str) and value in marks


def market_choose(markets: Sequence[Mapping[str, Any]], gpu: bool | int | str) -> str:
    """Return the slug of the cheapest market that fits, of those where a node waits if there are any.

    `gpu` is True or False for any, a number for at least so many GB of VRAM, a text for a part of the market's slug
    or of its GPU's name. Raises NoMarket with what there is.
    """
    fitting = [market for market in markets if _fits(market, gpu)]
    if not fitting:
        there = ", ".join(f"{market['slug']} ({market['gpu'] or 'no GPU'})" for market in markets) or "none"
        wanted = f"{gpu} GB of VRAM" if type(gpu) is int else f"GPU {gpu!r}"
        raise NoMarket(f"No open market has {wanted}; open are: {there}.")
    free = [market for market in fitting if market["nodes_waiting"]] or fitting
    return str(min(free, key=lambda market: (market["price_micro"], market["slug"]))["slug"])


def _fits(market: Mapping[str, Any], gpu: bool | int | str) -> bool:
    if isinstance(gpu, bool):
        return True
    if isinstance(gpu, int):
        return int(market["vram_gb"]) >= gpu
    word = _plain(gpu)
    return word in _plain(str(market["slug"])) or word in _plain(str(market["gpu"]))


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def name_of(image: str, command: str | Sequence[str] | None) -> str:
    """Return a name for a job that was given none."""
    words = command if isinstance(command, str) else shlex.join(map(str, command or ()))
    return f"{image.rsplit('/', 1)[-1]} {words}".strip().replace("\n", " ")[:120]
