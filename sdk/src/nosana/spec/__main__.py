"""`python -m nosana.spec FILE…`: says what is wrong with job definitions; exit code 1 when one is refused."""

import argparse
import sys

from nosana.spec.validate import file_validate


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
        found = file_validate(name, extra="warning" if options.network_rules else "error")
        problems = [problem for _, problem in found]
        for problem in problems:
            sys.stdout.write(f"{name}: {problem.level}: {problem}\n")
        if any(problem.level == "error" for problem in problems):
            code = 1
        else:
            sys.stdout.write(f"{name}: valid\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
