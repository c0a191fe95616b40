"""`python -m nosana.spec FILE…`: says what is wrong with job definitions; exit code 1 when one is refused."""

import argparse
import sys
from pathlib import Path

from nosana.spec.problems import DefinitionInvalid, Level, Problem
from nosana.spec.read import definition_read
from nosana.spec.validate import definition_validate


def check(name: str, extra: Level) -> list[Problem]:
    """Return the problems of one file, `-` being standard input; `extra` as definition_validate takes it."""
    try:
        text = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        return [Problem("", f"The file cannot be read: {error.strerror}.")]
    try:
        return definition_validate(definition_read(text), extra=extra)
    except DefinitionInvalid as error:
        return error.problems


def main(names: list[str] | None = None) -> int:
    """Print one line per problem and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nosana.spec", description="Validate Nosana job definitions.")
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a definition in JSON or YAML; - for standard input"
    )
    parser.add_argument(
        "--network-rules", action="store_true", help="only warn of what the network itself would let pass"
    )
    options, code = parser.parse_args(names), 0
    for name in options.files:
        problems = check(name, "warning" if options.network_rules else "error")
        for problem in problems:
            sys.stdout.write(f"{name}: {problem.level}: {problem}\n")
        if any(problem.level == "error" for problem in problems):
            code = 1
        else:
            sys.stdout.write(f"{name}: valid\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
