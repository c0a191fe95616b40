"""Credits: where they came from, and moves between pots and organisations."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from nosana.cli.frame import USAGE, client, command, group, stop
from nosana.cli.printing import credits as shown
from nosana.cli.printing import money, show_list, show_one, when

credits = group("Credits.")
LOT: dict[str, Any] = {
    "kind": "kind",
    "left": lambda row: shown(row["remaining_micro"]),
    "of": lambda row: shown(row["granted_micro"]),
    "before VAT": lambda row: money(row["net_minor"], row["currency"]) if row["net_minor"] is not None else "",
    "pot": "project_slug",
    "since": lambda row: when(row["created_at"]),
    "expires": lambda row: when(row["expires_at"]),
}


@command(credits, "lots")
def _lots(limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50) -> None:
    """List the lots that have credits left, newest first."""
    with client() as asked:
        show_list(asked.lots.list(live=True, limit=limit), LOT, empty="There are no credits.")


@command(credits, "move")
def _move(
    amount: Annotated[str, typer.Argument(help="How many credits, such as 250 or 12.5.")],
    source: Annotated[str | None, typer.Option("--from", help="From the pot of this project (slug).")] = None,
    target: Annotated[str | None, typer.Option("--to", help="To the pot of this project (slug).")] = None,
    there: Annotated[
        str | None, typer.Option("--to-org", help="To another organisation of the same owner (slug).")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--idempotency-key", help="Moves once, however often it is repeated.")
    ] = None,
) -> None:
    """Move credits between pots, or to another organisation, which takes a sign-in by browser; show what is left."""
    if not (source or target or there):
        stop("say where the credits go: --to PROJECT, --from PROJECT or --to-org ORGANISATION.", USAGE)
    micro = micro_of(amount)
    with client() as asked:
        left = asked.balance.move(micro, source=source, target=target, organisation=there, idempotency_key=key)
    fields = {
        "moved": lambda _: f"{shown(micro)} credits",
        "to spend": lambda row: f"{shown(row['available_micro'])} credits",
    }
    show_one(left, fields)


def micro_of(text: str) -> int:
    """Return an amount of credits as micro-NOS."""
    found = re.fullmatch(r"(\d{1,10})(?:[.,](\d{1,6}))?", text.strip(), re.ASCII)
    if found is None:
        stop(f"“{text}” is no amount of credits; write 250 or 12.5.", USAGE)
    return int(found[1]) * 1_000_000 + int((found[2] or "").ljust(6, "0"))
