"""The command `nosana`: the platform and the network from a terminal."""

import importlib
import io
import sys


def main() -> None:
    """Run the command; the end of what it needs is one clear sentence."""
    for stream in (sys.stdout, sys.stderr):  # what a job wrote may have letters that a terminal has not
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # httpx loads a terminal program of its own, with rich and pygments, if it can; nobody needs that here.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    try:
        root = importlib.import_module("nosana.cli.root")
    except ModuleNotFoundError as missing:
        if missing.name not in ("typer", "rich"):
            raise
        sys.exit("The command needs its extra: pip install 'nosana[cli]'")
    root.run()


if __name__ == "__main__":
    main()
