"""`make bench`: run the benchmarks, show a table, then one JSON object a line."""

import argparse
import importlib
import pkgutil
import sys

import benchmarks
from benchmarks.figures import Figure, table


def main() -> None:
    """Run every module of this package that measures something whose name contains --only."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="part of a benchmark's name")
    only = parser.parse_args().only
    found: list[Figure] = []
    names: list[str] = []
    for module_info in pkgutil.iter_modules(benchmarks.__path__):
        module = importlib.import_module(f"benchmarks.{module_info.name}")
        names += getattr(module, "NAMES", [])
        if any(only in name for name in getattr(module, "NAMES", [])):
            print(f"measuring {module_info.name} …", file=sys.stderr, flush=True)
            for figure in module.figures(only):
                print(figure.line(), file=sys.stderr, flush=True)  # what was measured stands, whatever comes after
                found.append(figure)
    if not found:
        sys.exit(f"bench: nothing is named like “{only}”; there are {', '.join(sorted(names))}.")
    print(table(found))
    print("\n".join(figure.line() for figure in found))


if __name__ == "__main__":
    main()
