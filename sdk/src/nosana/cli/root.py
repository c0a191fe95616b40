"""The table of all commands. A group is loaded when it is used, so that `nosana --help` does not wait for it."""

from __future__ import annotations

import importlib
from enum import Enum
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from nosana import __version__

ACCOUNT, WORK, MONEY, NETWORK = "Account", "Work", "Money", "Network and help"
# command: module, is it a group, what it does, where it stands
COMMANDS: dict[str, tuple[str, str, str]] = {
    "login": ("account", "Keep a key, so that commands know who asks.", ACCOUNT),
    "logout": ("account", "Forget the key of a profile.", ACCOUNT),
    "whoami": ("account", "Whom the platform takes you for, and what you may do where.", ACCOUNT),
    "org": ("account", "Organisations: list, show, create, use.", ACCOUNT),
    "project": ("account", "Projects: list, show, create, archive, use.", ACCOUNT),
    "key": ("keys", "API keys: list, create, rotate, revoke.", ACCOUNT),
    "job": ("jobs", "Jobs: run, list, show, logs, wait, stop, restart, extend, results, validate.", WORK),
    "market": ("markets", "Markets: list, show.", WORK),
    "template": ("markets", "Templates: list, show.", WORK),
    "webhook": (
        "hooks",
        "Webhooks: listen, list, create, test, deliveries, resend, replay, rotate, update.",
        WORK,
    ),
    "balance": ("money", "The credits to spend, held and frozen.", MONEY),
    "credits": ("credits", "Credits: lots, move.", MONEY),
    "topup": ("money", "Buy credits by card.", MONEY),
    "usage": ("money", "What settled jobs used, added up.", MONEY),
    "invoice": ("money", "Invoices: list, show, download.", MONEY),
    "chain": ("chain", "The network with a wallet of your own, without the platform.", NETWORK),
    "ticket": ("tickets", "Questions to our staff: list, show, open, reply, solve.", NETWORK),
    "doctor": ("doctor", "Check that everything a command needs is in place.", NETWORK),
}


class Later(TyperCommand):
    """A command, or a group of them, that is loaded when it is used."""

    def __init__(self, name: str) -> None:
        module, sentence, panel = COMMANDS[name]
        super().__init__(name, help=sentence, short_help=sentence, rich_help_panel=panel, add_help_option=False)
        self.module = module

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Load it, and go on with what it really is."""
        app = getattr(importlib.import_module(f"nosana.cli.{self.module}"), self.name or "")
        real = typer.main.get_command(app)
        real.name = self.name
        return real.make_context(info_name, args, parent=parent, **extra)


class Root(TyperGroup):
    """`nosana` itself."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {name: Later(name) for name in COMMANDS}


app = typer.Typer(
    name="nosana",
    cls=Root,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


class Output(str, Enum):  # noqa: UP042 - Python 3.10
    """How answers are printed."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Before = Annotated[Output | None, typer.Option("--output", "-o", hidden=True)]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nosana {__version__}")
        raise typer.Exit


@app.callback()
def nosana(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Tell the version.")
    ] = False,
    output: Before = None,
    profile: Annotated[str | None, typer.Option("--profile", hidden=True)] = None,
    url: Annotated[str | None, typer.Option("--url", hidden=True)] = None,
    organisation: Annotated[str | None, typer.Option("--org", hidden=True)] = None,
    project: Annotated[str | None, typer.Option("--project", hidden=True)] = None,
) -> None:
    """GPU jobs on Nosana: launch them, follow them, and see what they cost.

    Settings come from options, else NOSANA_API_KEY, NOSANA_URL, NOSANA_ORGANISATION, NOSANA_PROJECT and NOSANA_PROFILE,
    else the profile that `nosana login` wrote. `nosana COMMAND --help` explains each command.
    """
    given = {"output": output, "profile": profile, "url": url, "organisation": organisation, "project": project}
    if any(value is not None for value in given.values()):
        before = importlib.import_module("nosana.cli.frame").before
        before.update({name: value for name, value in given.items() if value is not None})


def run() -> None:
    """Run the command line."""
    app(prog_name="nosana")
