"""Tickets: questions to the staff of the platform."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Any

import typer

from nosana.cli.frame import MISSING, USAGE, Output, client, command, common, group, id_of, stop, uuid_of
from nosana.cli.printing import dump, show_list, show_one, when

ticket = group("Questions to our staff.")
STATES = {"open": "open: our staff have it", "waiting": "waiting for you", "solved": "solved"}
COLUMNS: dict[str, Any] = {
    "no.": "number",
    "subject": "subject",
    "state": "state",
    "asked by": "opened_by",
    "last message": lambda row: when(row["moved_at"]),
}
WHOLE: dict[str, Any] = {
    "ticket": lambda row: f"#{row['number']}  {row['subject']}",
    "state": lambda row: STATES.get(row["state"], row["state"]),
    "job": "job",
    "invoice": "invoice",
}
Which = Annotated[str, typer.Argument(metavar="TICKET", help="Its number or its id.")]
Words = Annotated[str, typer.Argument(metavar="TEXT", help="What you write; “-” reads it from standard input.")]
Key = Annotated[str | None, typer.Option("--idempotency-key", help="Sent once, however often it is repeated.")]


@command(ticket, "list")
def _list(
    state: Annotated[str | None, typer.Option("--state", help="open, waiting or solved.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50,
) -> None:
    """List your tickets, newest first; an owner and admins see those of everybody."""
    with client() as asked:
        show_list(asked.tickets.list(state=state, limit=limit), COLUMNS, empty="There is no ticket.")


@command(ticket, "show")
def _show(which: Which) -> None:
    """Show a ticket with its messages."""
    with client() as asked:
        _print(asked.tickets.get(_id(asked, which)))


@command(ticket, "open")
def _open(
    subject: Annotated[str, typer.Argument(help="A few words of what it is about.")],
    text: Words,
    job: Annotated[
        str | None,
        typer.Option("--job", help="The job it is about (id).", callback=id_of("job", "nosana job list")),
    ] = None,
    invoice: Annotated[str | None, typer.Option("--invoice", help="The invoice it is about (number).")] = None,
    key: Key = None,
) -> None:
    """Ask our staff; their answer comes by mail. Never write passwords, keys or card numbers."""
    with client() as asked:
        _print(asked.tickets.open(subject, _read(text), job=job, invoice=invoice, idempotency_key=key))


@command(ticket, "reply")
def _reply(
    which: Which,
    text: Words,
    solved: Annotated[bool, typer.Option("--solved", help="And it is solved.")] = False,
    key: Key = None,
) -> None:
    """Write on in a ticket, which opens it again."""
    with client() as asked:
        _print(asked.tickets.reply(_id(asked, which), _read(text), solved=solved, idempotency_key=key))


@command(ticket, "solve")
def _solve(which: Which) -> None:
    """Call a ticket solved; a reply opens it again."""
    with client() as asked:
        _print(asked.tickets.reply(_id(asked, which), solved=True))


def _print(found: dict[str, Any]) -> None:
    if common.output is not Output.TABLE:
        dump(found)
        return
    show_one(found, WHOLE)
    for message in found["messages"]:
        typer.echo(f"\n{message['author'] or 'Our staff'}, {when(message['at'])}:")
        if message["text"]:
            typer.echo(message["text"])
        if message["solved"]:
            typer.echo("Called it solved.")


def _id(asked: Any, which: str) -> str:
    """Return the id of a ticket that is named by its number, with or without #, or by its id."""
    named = re.fullmatch(r"#?([1-9][0-9]{0,17})", which)
    if named is None:
        return uuid_of(which, "ticket", "nosana ticket list")
    found = asked.tickets.list(number=int(named[1])).first()
    if found is None:
        stop(f"there is no ticket #{named[1]} that you see; `nosana ticket list` shows them.", MISSING)
    return str(found["id"])


def _read(text: str) -> str:
    text = (sys.stdin.read() if text == "-" else text).strip()
    if not text:
        stop("there is nothing to send; write it after the subject, or give “-” and pipe it in.", USAGE)
    return text
