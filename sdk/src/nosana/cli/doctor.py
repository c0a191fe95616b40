"""Checks that everything a command needs is in place."""

from __future__ import annotations

import email.utils
import importlib.util
import platform
import stat
import sys
import time
from collections.abc import Iterator
from typing import Any

import typer

from nosana import __version__
from nosana.cli.frame import FAILED, Output, client, command, common, group
from nosana.cli.printing import credits, dump
from nosana.client import errors
from nosana.client.modes import drive
from nosana.client.settings import config_path

doctor = group("Checks.")
GOOD, WARN, BAD = "ok", "look", "bad"
Finding = tuple[str, str, str]
CLOCK_S = 30
SCOPES = 4  # that are named


@command(doctor, "doctor")
def _doctor() -> None:
    """Check version, settings, key, clock, credits and markets; ends with 1 if something is bad."""
    found = list(_findings())
    if common.output is Output.TABLE:
        for state, what, sentence in found:
            typer.echo(f"{state:<5} {what:<13} {sentence}")
    else:
        dump([{"state": state, "what": what, "sentence": sentence} for state, what, sentence in found])
    if any(state == BAD for state, _, _ in found):
        raise typer.Exit(FAILED)


def _findings() -> Iterator[Finding]:
    yield GOOD, "version", f"nosana {__version__}, Python {platform.python_version()}, {sys.platform}"
    yield _file()
    chain = importlib.util.find_spec("solders") is not None
    yield GOOD, "chain", "installed" if chain else "not installed; pip install 'nosana[chain]' brings it"
    try:
        asked = client()
    except errors.ConfigurationError as error:
        yield BAD, "settings", " ".join(str(error).split())
        return
    with asked:
        settings = asked._core.settings
        yield (
            GOOD,
            "platform",
            f"{settings.url}, {'sign-in' if settings.renewal else 'key'} from {settings.source}",
        )
        try:
            yield from _platform(asked)
        except errors.NosanaError as error:
            yield BAD, "answers", str(error)


def _platform(asked: Any) -> Iterator[Finding]:
    before = time.time()
    answer = drive(asked._core.send("GET", "/whoami"))
    took = time.time() - before
    said = answer.json()
    yield GOOD, "answers", f"in {took * 1000:.0f} ms; the environment is {said['environment']}"
    yield _clock(answer.headers.get("Date"), before + took / 2)
    key = said["key"]
    if key:
        yield from _scopes("key", f"{key['name']} ({key['prefix']}…)", key["scopes"])
    if signed_in := said.get("sign_in"):
        yield from _scopes("sign-in", signed_in["program"], signed_in["scopes"])
    places = [place["slug"] for place in said["organisations"]]
    chosen = asked._core.settings.organisation
    if not places or (chosen is not None and chosen not in places):
        yield BAD, "organisation", f"{chosen or 'none'}; you may see {', '.join(places) or 'none'}"
        return
    yield GOOD, "organisation", chosen or ", ".join(places)
    if chosen is None and len(places) > 1:
        yield WARN, "organisation", "say which: --org, NOSANA_ORGANISATION, or `nosana org use`"
        return
    yield from _project(asked)
    try:
        left = asked.balance.get()["available_micro"]
        yield (GOOD if left else WARN), "credits", f"{credits(left)} to spend"
    except errors.Denied:
        yield WARN, "credits", "this key may not see them (balance.view)"
    markets = asked.markets.list().all()
    free = sum(1 for market in markets if market["nodes_waiting"])
    yield (GOOD if markets else WARN), "markets", f"{len(markets)} open, {free} with a free node"


def _scopes(what: str, name: str, scopes: list[str]) -> Iterator[Finding]:
    shown = ", ".join(scopes[:SCOPES]) or "nothing"
    more = f" and {len(scopes) - SCOPES} more" if len(scopes) > SCOPES else ""
    yield GOOD, what, f"{name}, may {shown}{more}"
    if "jobs.launch" in scopes and "jobs.view" not in scopes:
        yield WARN, what, "it may launch jobs, and not see them: give it jobs.view too"


def _project(asked: Any) -> Iterator[Finding]:
    wanted = asked._core.settings.project
    if wanted is None:
        return
    try:
        there = [project["slug"] for project in asked.projects.list() if not project["archived_at"]]
    except errors.Denied:
        return
    if wanted in there:
        yield GOOD, "project", wanted
    else:
        yield BAD, "project", f"{wanted}; there are {', '.join(there) or 'none'}"


def _file() -> Finding:
    path = config_path()
    if not path.exists():
        return GOOD, "profiles", f"no {path}; `nosana login` makes it"
    if not path.is_file():
        return BAD, "profiles", f"{path} is no file; move it away, `nosana login` makes one"
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return BAD, "profiles", f"{path} can be read by others; run: chmod 600 {path}"
    return GOOD, "profiles", str(path)


def _clock(text: str | None, now: float) -> Finding:
    if not text:
        return WARN, "clock", "the platform tells no time"
    away = email.utils.parsedate_to_datetime(text).timestamp() - now
    if abs(away) > CLOCK_S:
        return BAD, "clock", f"this machine's clock is {away:+.0f} s away; webhooks would be refused"
    return GOOD, "clock", "right"
