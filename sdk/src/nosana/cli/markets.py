"""Markets and templates."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from nosana.cli.frame import client, command, group
from nosana.cli.printing import credits, duration, show_list, show_one

market = group("Markets.")
template = group("Templates.")
HOUR = 3600


def waiting(row: Any) -> str:
    """Return who waits in a market."""
    if row["nodes_waiting"]:
        return f"{row['nodes_waiting']} free"
    return f"{row['queue_len']} jobs wait" if row["queue_type"] == 0 and row["queue_len"] else "none free"


MARKET: dict[str, Any] = {
    "market": "slug",
    "GPU": "gpu",
    "VRAM": lambda row: f"{row['vram_gb']} GB" if row["vram_gb"] else "",
    "credits/h": lambda row: credits(row["price_micro"] * HOUR),
    "USD/h": lambda row: f"{row['usd_micro_hour'] / 1e6:.3f}" if row["usd_micro_hour"] is not None else "",
    "nodes": waiting,
    "wait": lambda row: duration(row["wait_median_s"]),
    "finished": lambda row: "" if row["finished_percent"] is None else f"{row['finished_percent']} %",
}


@command(market, "list")
def _list() -> None:
    """List the markets that take new jobs."""
    with client() as asked:
        show_list(asked.markets.list(), MARKET, empty="No market is open.")


@command(market, "show")
def _show(slug: Annotated[str, typer.Argument(help="Its slug.")]) -> None:
    """Show one market."""
    with client() as asked:
        more: dict[str, Any] = {"name": "name", "address": "address", "note": "note", "longest": _longest}
        show_one(asked.markets.get(slug), {**MARKET, **more})


def _longest(row: Any) -> str:
    return duration(row["job_timeout"])


TEMPLATE: dict[str, Any] = {
    "template": "slug",
    "title": "title",
    "VRAM": lambda row: f"{row['vram_gb']} GB" if row["vram_gb"] else "",
    "own": lambda row: "yes" if row["own"] else "",
    "about": "summary",
}


@command(template, "list")
def _template_list() -> None:
    """List the templates."""
    with client() as asked:
        show_list(asked.templates.list(), TEMPLATE, empty="There is no template.")


@command(template, "show")
def _template_show(
    slug: Annotated[str, typer.Argument(help="Its slug.")],
    definition: Annotated[bool, typer.Option("--definition", help="Its definition alone, as JSON.")] = False,
) -> None:
    """Show one template."""
    with client() as asked:
        found = asked.templates.get(slug)
    if definition:
        typer.echo(json.dumps(found["definition"], ensure_ascii=False, indent=2))
    else:
        show_one(found, TEMPLATE)
