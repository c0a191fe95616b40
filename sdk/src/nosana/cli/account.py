"""Who asks: sign in and out, organisations and projects."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from nosana.cli.device import sign_in, sign_out
from nosana.cli.frame import FAILED, USAGE, client, command, common, group, profile_name, stop
from nosana.cli.printing import show_list, show_one, when
from nosana.client.renewal import tokens_keep
from nosana.client.settings import config_path, profile_write, profiles_read, url_check

login = group("Sign in.")
logout = group("Sign out.")
whoami = group("Whom the platform takes you for.")
org = group("Organisations.")
project = group("Projects.")


@command(login, "login")
def _login(
    key: Annotated[
        str | None, typer.Option("--key", help="The API key; “-” reads it from standard input.")
    ] = None,
) -> None:
    """Sign in by browser, or with an API key; kept in a profile that you alone can read."""
    name = profile_name()
    kept = profiles_read(config_path()).get(name, {})
    if key == "-":
        key = sys.stdin.readline()
    elif key is None:
        _by_browser(name, common.url or kept.get("url"))
        return
    key = (key or "").strip()
    if not key:
        stop("there is no key.", USAGE)
    common.profile = None
    with client(key=key, url=common.url or kept.get("url"), profile=None) as asked:
        said, address = asked.whoami(), asked._core.settings.url
    _keep(name, said, address, {"key": key, "refresh": None, "expires": None})


def _by_browser(name: str, url: str | None) -> None:
    if not url:
        stop("say where the platform is with --url, or give an API key with --key.", USAGE)
    address = url_check(url)
    tokens = sign_in(address)
    common.profile = None
    with client(key=str(tokens["access_token"]), url=address, profile=None) as asked:
        said = asked.whoami()
    _keep(name, said, address, {})
    tokens_keep(config_path(), name, tokens)


def _keep(name: str, said: dict[str, Any], address: str, values: dict[str, str | None]) -> None:
    places = [place["slug"] for place in said["organisations"]]
    chosen = common.organisation or (places[0] if len(places) == 1 else None)
    if chosen is not None and chosen not in places:
        stop(f"there is no organisation {chosen} here for you; there are {', '.join(places) or 'none'}.", FAILED)
    kept = {"url": address, "organisation": chosen, "project": common.project}
    profile_write(config_path(), name, {**kept, **values})
    typer.echo(f"Signed in to {address} as {_who(said)}; kept in profile {name} of {config_path()}.")
    if chosen is None and places:
        typer.echo(f"You are in {', '.join(places)}; choose one with: nosana org use {places[0]}")


@command(logout, "logout")
def _logout() -> None:
    """Forget the key of the profile. A sign-in by browser ends; a key itself goes on: `nosana key revoke` ends it."""
    name = profile_name()
    kept = profiles_read(config_path()).get(name, {})
    if "key" not in kept:
        typer.echo(f"Profile {name} holds no key.")
        return
    signed_in = bool(kept.get("refresh") and kept.get("url"))
    if signed_in:
        sign_out(kept["url"], kept["refresh"], kept["key"])
    profile_write(config_path(), name, {"key": None, "refresh": None, "expires": None})
    ended = (
        f"The sign-in of profile {name} has ended." if signed_in else f"The key of profile {name} is forgotten."
    )
    typer.echo(ended)


@command(whoami, "whoami")
def _whoami() -> None:
    """Tell whom the platform takes you for, by which key, and what you may do where."""
    with client() as asked:
        said, settings = asked.whoami(), asked._core.settings
    fields: dict[str, Any] = {
        "platform": lambda _: f"{settings.url} ({said['environment']})",
        "you": lambda _: _who(said),
        "key": lambda _: (
            said["key"] and f"{said['key']['name']} ({said['key']['prefix']}…), from {settings.source}"
        ),
        "signed in": lambda _: said.get("sign_in") and f"{said['sign_in']['program']}, from {settings.source}",
        "scopes": lambda _: (said["key"] or said.get("sign_in") or {}).get("scopes"),
        "expires": lambda _: when((said["key"] or said.get("sign_in") or {}).get("expires_at")),
        "organisations": lambda _: [
            f"{place['slug']} ({place['role'] or 'service key'})" for place in said["organisations"]
        ],
    }
    show_one(said, fields)


def _who(said: dict[str, Any]) -> str:
    if said["user"]:
        name, address = said["user"]["name"], str(said["user"]["email"])
        return f"{name} <{address}>" if name else address
    return f"the service key {said['key']['name']}" if said["key"] else "nobody"


ORGANISATION = {"slug": "slug", "name": "name", "country": "country", "currency": "currency"}


@command(org, "list")
def _org_list() -> None:
    """List the organisations you are in."""
    with client() as asked:
        show_list(asked.organisations.list(), ORGANISATION, empty="You are in no organisation.")


@command(org, "show")
def _org_show() -> None:
    """Show the organisation that commands are about."""
    with client() as asked:
        more: dict[str, Any] = {"time zone": "time_zone", "VAT id": "vat_id", "invoices to": "finance_email"}
        show_one(asked.organisations.get(), {**ORGANISATION, **more})


@command(org, "create")
def _org_create(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    country: Annotated[str, typer.Option("--country", "-C", help="NL, DE, US …; it decides the VAT.")],
    currency: Annotated[str | None, typer.Option("--currency", "-c", help="EUR, USD or GBP; else EUR.")] = None,
    vat_id: Annotated[str | None, typer.Option("--vat-id", help="With its country prefix.")] = None,
    address: Annotated[str | None, typer.Option("--address", help="As invoices show it.")] = None,
    finance: Annotated[str | None, typer.Option("--invoices-to", help="An e-mail address; else yours.")] = None,
    use: Annotated[bool, typer.Option("--use", help="Make commands of this profile be about it.")] = False,
) -> None:
    """Create an organisation that you own; this takes a sign-in by browser, a key belongs to one organisation."""
    details = {"vat_id": vat_id, "address": address, "finance_email": finance}
    with client() as asked:
        made = asked.organisations.create(
            name, country=country.upper(), currency=currency and currency.upper(), **details
        )
    show_one(made, {**ORGANISATION, "time zone": "time_zone", "invoices to": "finance_email"})
    if use:
        profile_write(config_path(), profile_name(), {"organisation": made["slug"], "project": None})
        typer.echo(f"Commands are about {made['name']} now.", err=True)


@command(org, "use")
def _org_use(slug: Annotated[str, typer.Argument(help="Its slug.")]) -> None:
    """Make commands of this profile be about an organisation."""
    common.organisation = slug
    with client() as asked:
        found = asked.organisations.get()
    profile_write(config_path(), profile_name(), {"organisation": found["slug"], "project": None})
    typer.echo(f"Commands are about {found['name']} now.")


PROJECT: dict[str, Any] = {
    "slug": "slug",
    "name": "name",
    "labels": lambda row: [f"{name}={value}" for name, value in row["labels"].items()],
    "archived": lambda row: when(row["archived_at"]),
}


@command(project, "list")
def _project_list(
    archived: Annotated[bool, typer.Option("--archived", help="Only those that are archived.")] = False,
) -> None:
    """List the projects you may see."""
    with client() as asked:
        show_list(asked.projects.list(archived=archived), PROJECT, empty="There is no project.")


@command(project, "show")
def _project_show(slug: Annotated[str, typer.Argument(help="Its slug.")]) -> None:
    """Show one project."""
    with client() as asked:
        show_one(asked.projects.get(slug), {**PROJECT, "since": lambda row: when(row["created_at"])})


@command(project, "create")
def _project_create(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    label: Annotated[list[str] | None, typer.Option("--label", help="name=value; may be repeated.")] = None,
) -> None:
    """Make a project."""
    labels = dict(_pair(one) for one in label or [])
    with client() as asked:
        show_one(asked.projects.create(name, labels=labels or None), PROJECT)


@command(project, "archive")
def _project_archive(slug: Annotated[str, typer.Argument(help="Its slug.")]) -> None:
    """Take no new jobs in a project; it can be brought back in the browser or by API."""
    with client() as asked:
        show_one(asked.projects.update(slug, archived=True), PROJECT)


@command(project, "use")
def _project_use(slug: Annotated[str, typer.Argument(help="Its slug.")]) -> None:
    """Launch jobs of this profile in a project."""
    with client() as asked:
        found = asked.projects.get(slug)
    profile_write(config_path(), profile_name(), {"project": found["slug"]})
    typer.echo(f"Jobs are launched in {found['name']} now.")


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        stop(f"“{text}” is no name=value.", USAGE)
    return name, value
