"""`nosana chain`, where its packages are installed."""

from __future__ import annotations

import importlib
import importlib.util

import typer

from nosana.cli.frame import USAGE, group, stop

if importlib.util.find_spec("solders") is not None and importlib.util.find_spec("solana") is not None:
    chain: typer.Typer = importlib.import_module("nosana.cli.wallet.commands").chain
else:
    chain = group("The network with a wallet of your own.")
    anything = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}

    @chain.command(context_settings=anything)
    def _missing() -> None:
        """Say what is missing, whatever was asked."""
        stop("this takes the chain's packages: pip install 'nosana[chain]' (Python 3.11 or newer).", USAGE)
