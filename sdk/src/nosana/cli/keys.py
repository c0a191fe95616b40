"""API keys."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

import typer

from nosana.cli.frame import Output, client, command, common, group, id_of
from nosana.cli.printing import dump, show_list, show_one, when

key = group("API keys.")
COLUMNS: dict[str, Any] = {
    "id": "id",
    "name": "name",
    "kind": "kind",
    "begins": "prefix",
    "project": "project",
    "last used": lambda row: when(row["last_used_at"]),
    "expires": lambda row: when(row["expires_at"]),
    "ended": lambda row: when(row["revoked_at"]),
}
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="Its id.", callback=id_of("key", "nosana key list"))]


@command(key, "list")
def _list() -> None:
    """List the keys you may see; never their text."""
    with client() as asked:
        show_list(asked.keys.list(), COLUMNS, empty="There is no key.")


@command(key, "create")
def _create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[str], typer.Option("--scope", "-s", help="What it may do: jobs.launch; may be repeated.")
    ],
    service: Annotated[bool, typer.Option("--service", help="Of the organisation, not of you.")] = False,
    only: Annotated[str | None, typer.Option("--only", help="Good for this project alone (slug).")] = None,
    network: Annotated[
        list[str] | None, typer.Option("--network", help="Used from these addresses alone.")
    ] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="For so many days.")] = None,
) -> None:
    """Make a key. It is printed once, alone on a line of standard output."""
    expires = datetime.now(timezone.utc) + timedelta(days=days) if days else None  # noqa: UP017 - Python 3.10
    with client() as asked:
        kind = "service" if service else "personal"
        made = asked.keys.create(name, scopes=scope, kind=kind, project=only, networks=network, expires_at=expires)
    _shown_once(made)


@command(key, "rotate")
def _rotate(
    key_id: KeyId,
    overlap: Annotated[int, typer.Option("--overlap", min=0, help="The old one goes on for so many hours.")] = 24,
) -> None:
    """Make a key that takes another's place, and print it once."""
    with client() as asked:
        _shown_once(asked.keys.rotate(key_id, overlap_hours=overlap))


@command(key, "revoke")
def _revoke(key_id: KeyId) -> None:
    """End a key: its next request is refused."""
    with client() as asked:
        show_one(asked.keys.revoke(key_id), COLUMNS)


def _shown_once(made: dict[str, Any]) -> None:
    if common.output is not Output.TABLE:
        dump(made)
        return
    typer.echo(f"Key {made['id']} ({made['name']}). Keep it now; nobody can show it again:", err=True)
    typer.echo(made["key"])
