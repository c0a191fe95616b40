"""What every command has: where to ask, how to print, and which exit code says what."""

from __future__ import annotations

import functools
import inspect
import json
import os
import re
import shlex
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, TypeVar, get_type_hints

import typer

from nosana.cli.root import Output
from nosana.client import errors
from nosana.client.clients import Nosana
from nosana.client.core import plain_read

F = TypeVar("F", bound=Callable[..., Any])

OK, FAILED, USAGE, SIGN_IN, MISSING, CONFLICT, CREDITS, NO_ANSWER, JOB_FAILED, APPROVAL, LATE, CUT = (
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 124, 130,
)  # fmt: skip
CODES: tuple[tuple[type[Exception], int], ...] = (
    (errors.NoKey, SIGN_IN),
    (errors.Unauthenticated, SIGN_IN),
    (errors.Denied, SIGN_IN),
    (errors.NotFound, MISSING),
    (errors.NotEnoughCredits, CREDITS),
    (errors.Conflict, CONFLICT),
    (errors.ApprovalNeeded, APPROVAL),
    (errors.WaitTimeout, LATE),
    (errors.NoAnswer, NO_ANSWER),
    (errors.ConfigurationError, USAGE),
)


def id_of(what: str, shown_by: str) -> Callable[..., Any]:
    """Return what checks an argument that must be an id, or several; it ends with a sentence that names a command."""

    def check(ctx: typer.Context, value: Any) -> Any:
        for text in [] if ctx.resilient_parsing else [value] if isinstance(value, str) else value or []:
            uuid_of(text, what, shown_by)
        return value

    return check


def uuid_of(text: str, what: str, shown_by: str) -> str:
    """Return an id as it is; end with a sentence where it is none."""
    try:
        uuid.UUID(text)
    except ValueError:
        stop(f"“{text}” is no id of a {what}; `{shown_by}` shows them.", USAGE)
    return text


@dataclass
class Common:
    """The options of every command."""

    output: Output = Output.TABLE
    profile: str | None = None
    url: str | None = None
    organisation: str | None = None
    project: str | None = None


common = Common()
PANEL = "Options of every command"
OPTIONS: dict[str, Any] = {
    "output": Annotated[
        Output, typer.Option("--output", "-o", envvar="NOSANA_OUTPUT", help="How to print.", rich_help_panel=PANEL)
    ],
    "profile": Annotated[str | None, typer.Option("--profile", help="Which profile.", rich_help_panel=PANEL)],
    "url": Annotated[str | None, typer.Option("--url", help="Where the platform is.", rich_help_panel=PANEL)],
    "organisation": Annotated[
        str | None, typer.Option("--org", help="Which organisation (slug).", rich_help_panel=PANEL)
    ],
    "project": Annotated[
        str | None, typer.Option("--project", help="Which project (slug).", rich_help_panel=PANEL)
    ],
}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
DEFAULTS = {"output": Output.TABLE}
before: dict[str, Any] = {}  # of these options, those that stand before the command


def group(sentence: str) -> typer.Typer:
    """Return a group of commands."""
    return typer.Typer(
        help=sentence,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def command(
    app: typer.Typer, name: str | None = None, *, platform: bool = True, **options: Any
) -> Callable[[F], F]:
    """Make a function a command with the options of every command; its errors become sentences and exit codes.

    Without `platform` it asks no platform, so of those options it has `--output` alone.
    """
    shared = [option for option in OPTIONS if platform or option == "output"]

    def register(function: F) -> F:
        own = inspect.signature(function)
        added = [
            inspect.Parameter(
                option, inspect.Parameter.KEYWORD_ONLY, default=DEFAULTS.get(option), annotation=annotation
            )
            for option, annotation in OPTIONS.items()
            if option in shared and option not in own.parameters
        ]

        @functools.wraps(function)
        def run(**given: Any) -> None:
            for option in OPTIONS:
                value = given[option] if option in own.parameters else given.pop(option, None)
                if value == DEFAULTS.get(option) and option not in own.parameters:
                    value = before.get(option, value)
                setattr(common, option, value)
            guarded(lambda: function(**given))

        hints = get_type_hints(function, include_extras=True)
        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[parameter.name])
            for parameter in own.parameters.values()
        ]
        run.__signature__ = inspect.Signature([*parameters, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in [*parameters, *added]}
        del run.__wrapped__
        app.command(name, **options)(run)
        return function

    return register


def guarded(act: Callable[[], Any]) -> None:
    """Do it; what goes wrong on purpose is told in a sentence, and by the exit code."""
    try:
        act()
    except errors.NosanaError as error:
        fail(error)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(OK) from None
    except KeyboardInterrupt:
        raise typer.Exit(CUT) from None


def fail(error: Exception) -> NoReturn:
    """Tell an error and end with its code."""
    code = next((code for kind, code in CODES if isinstance(error, kind)), FAILED)
    if common.output is Output.JSON and isinstance(error, errors.ApiError):
        typer.echo(json.dumps(error.problem, ensure_ascii=False), err=True)
        raise typer.Exit(code)
    typer.echo(f"Error: {error.detail if isinstance(error, errors.ApiError) else error}", err=True)
    if isinstance(error, errors.ApiError):
        for path, sentences in error.fields.items():
            for sentence in sentences:
                if sentence not in error.detail:
                    typer.echo(f"  {path}: {sentence}", err=True)
        if error.next:
            typer.echo(f"  {error.next.label}: {error.next.url}", err=True)
    if code == SIGN_IN and isinstance(error, errors.Unauthenticated):
        typer.echo("  Sign in with: nosana login", err=True)
    raise typer.Exit(code)


def stop(sentence: str, code: int = FAILED) -> NoReturn:
    """End with a sentence."""
    typer.echo(f"Error: {sentence}", err=True)
    raise typer.Exit(code)


def seconds(text: str) -> int:
    """Return “90s”, “10m”, “2h”, “1d” or a number of minutes as seconds."""
    found = re.fullmatch(r"(\d{1,9})\s*(s|m|min|h|d)?", text.strip())
    if found is None or int(found[1]) == 0:
        stop(f"“{text}” is no time; write 90s, 10m, 2h or 1d.", USAGE)
    return int(found[1]) * UNITS[(found[2] or "m")[0]]


def client(**changes: Any) -> Any:
    """Return a client for the command; its answers are as the platform sent them, without models."""
    given = {
        "profile": common.profile,
        "url": common.url,
        "organisation": common.organisation,
        "project": common.project,
    }
    return Nosana(**(given | changes), reader=plain_read)


def options_given() -> str:
    """Return the options by which this command found its platform, for one that shall find it again."""
    given = {"--profile": common.profile, "--url": common.url, "--org": common.organisation}
    return "".join(f" {option} {shlex.quote(value)}" for option, value in given.items() if value)


def profile_name() -> str:
    """Return the profile that commands read and write."""
    return common.profile or os.environ.get("NOSANA_PROFILE") or "default"


def plainly() -> bool:
    """Whether what is printed goes to a program or a file."""
    return not sys.stdout.isatty()
