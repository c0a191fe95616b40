"""Answers on the screen: tables for people, JSON and YAML for programs."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

import typer

from nosana.cli.frame import Output, common, plainly

Cell = Callable[[Mapping[str, Any]], Any]
MICRO = 1_000_000
GAP = 2  # letters between two columns
CUT_TO = (16, None), (10, 3)  # to how many letters long ones are cut for all, or so many, columns to fit


def credits(micro: int | None) -> str:  # noqa: A001 - the word of the platform
    """Return micro-NOS as credits, "" for None."""
    if micro is None:
        return ""
    whole, part = divmod(abs(micro), MICRO)
    text = f"{whole:,}.{part:06}".rstrip("0").rstrip(".")
    return f"{'-' if micro < 0 else ''}{text}"


def money(minor: int | None, currency: str) -> str:
    """Return minor units as an amount, "" for None."""
    return "" if minor is None else f"{minor / 100:,.2f} {currency}"


def when(text: str | None) -> str:
    """Return a moment in the time zone of whoever reads it."""
    if not text:
        return ""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone().strftime("%Y-%m-%d %H:%M")


def duration(seconds: float | None) -> str:
    """Return seconds as a time people say."""
    if seconds is None:
        return ""
    rest = int(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if rest >= size or (unit == "s" and not parts):
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(parts[:2])


def since(start: str | None, end: str | None) -> float | None:
    """Return the seconds from one moment to another, or to now."""
    if not start:
        return None
    first, last = (datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None for text in (start, end))
    assert first is not None
    return ((last or datetime.now(timezone.utc)) - first).total_seconds()  # noqa: UP017 - Python 3.10


def show_list(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str | Cell], *, empty: str) -> None:
    """Print rows: as a table of the columns, or all of each as JSON or YAML."""
    found = list(rows)
    if common.output is not Output.TABLE:
        dump(found)
    elif not found and not plainly():
        typer.echo(empty)
    else:
        table([*columns], [[cell(row, how) for how in columns.values()] for row in found])


def show_one(row: Mapping[str, Any], fields: Mapping[str, str | Cell]) -> None:
    """Print one thing: a line for each field, or all of it as JSON or YAML."""
    if common.output is not Output.TABLE:
        dump(row)
        return
    lines = [(name, cell(row, how)) for name, how in fields.items()]
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        if text:
            typer.echo(f"{name:<{width}}  {text}")


def cell(row: Mapping[str, Any], how: str | Cell) -> str:
    """Return what stands in a cell."""
    value = row.get(how) if isinstance(how, str) else how(row)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def dump(value: Any) -> None:
    """Print it as JSON or YAML."""
    if common.output is Output.YAML:
        yaml = importlib.import_module("yaml")
        typer.echo(yaml.safe_dump(value, sort_keys=False, allow_unicode=True).rstrip())
    else:
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def table(names: list[str], rows: list[list[str]]) -> None:
    """Print a table: with rules and colours on a screen, in plain columns for a program."""
    if plainly():
        plain_table([[name.upper() for name in names], *rows])
        return
    rich = importlib.import_module("rich.table")
    console = importlib.import_module("rich.console").Console()
    text = importlib.import_module("rich.text").Text
    shown = rich.Table(
        box=importlib.import_module("rich.box").SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
    )
    size = importlib.import_module("rich.cells").cell_len
    widths = fitted([max(map(size, column)) for column in zip(names, *rows, strict=True)], rows, console.width)
    for place, width in widths.items():
        shown.add_column(names[place], width=width, no_wrap=True, overflow="ellipsis")
    for row in rows:
        shown.add_row(*(text(row[place]) for place in widths))  # as it is: no markup in what others wrote
    console.print(shown)
    if left := [name for place, name in enumerate(names) if place not in widths]:
        typer.echo(f"Left out, for want of room: {', '.join(left)}; -o json has all of it.", err=True)


def plain_table(lines: list[list[str]]) -> None:
    """Print lines in columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        typer.echo("  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip())


def fitted(widths: list[int], rows: list[list[str]], room: int) -> dict[int, int]:
    """Return the width of each column that fits into the room: the first, which names the row, is never cut.

    Where it is too narrow, columns in which nothing stands go first, long ones are cut, then the last ones go.
    """

    def taken(chosen: dict[int, int]) -> int:
        return sum(chosen.values()) + GAP * len(chosen) - 1

    kept = dict(enumerate(widths))
    if taken(kept) > room:
        kept = {place: width for place, width in kept.items() if place == 0 or any(row[place] for row in rows)}
    for most, seen in CUT_TO:
        if taken(dict([*kept.items()][:seen])) > room:
            kept = {place: width if place == 0 else min(width, most) for place, width in kept.items()}
    while len(kept) > 1 and taken(kept) > room:
        kept.popitem()
    for place in [*kept]:  # what is left of the room goes back to what was cut
        kept[place] += max(min(room - taken(kept), widths[place] - kept[place]), 0)
    return kept
