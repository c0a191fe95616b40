"""A definition and a market from the few words most jobs need."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from nosana.client.errors import NosanaError

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
    words = command if isinstance(command, str) else shlex.join(command or ())
    return f"{image.rsplit('/', 1)[-1]} {words}".strip().replace("\n", " ")[:120]
