"""`python -m tests.security.breaking [--only WORDS] [--from N] [--to N] [--table]`: break a copy, once for each row.

A line for each row, then `{"broken", "told", "missed", "seconds"}`; exit code 1 if a test did not fail.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import cluster
from tests.security.breaking.defence import APPENDED, Defence
from tests.security.breaking.table import DEFENCES, table

ROOT = cluster.ROOT
LINKED = (".venv", "node_modules", "var")  # what is read from where it is
LEFT = (".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")


def copied(place: Path) -> Path:
    """Return a copy of the repository, whose tests take the migrated database that there is already."""
    shutil.copytree(ROOT, place, ignore=lambda folder, names: _left(Path(folder), names), symlinks=True)
    for name in LINKED:
        if (ROOT / name).exists():
            (place / name).symlink_to(ROOT / name)
    kept = place / "tests" / "cluster.py"
    kept.write_text(kept.read_text() + f"\n\ndef state() -> str:\n    return {cluster.state()!r}\n")
    return place


def _left(folder: Path, names: list[str]) -> set[str]:
    return {name for name in names if name in LEFT or (folder == ROOT and name in LINKED)}


def broken(text: str, one: Defence) -> str:
    """Return the file without the defence. Raises LookupError where the text to find is not there just once."""
    if one.old == APPENDED:
        return f"{text}\n\n{one.new}\n"
    if text.count(one.old) != 1:
        raise LookupError(f"{one.file} has the text of “{one.attack}” {text.count(one.old)} times")
    return text.replace(one.old, one.new)


def told(place: Path, one: Defence) -> tuple[bool, str]:
    """Return whether the test fails without the defence, and the end of what it said."""
    file = place / one.file
    before = file.read_text()
    file.write_text(broken(before, one))
    try:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "0",
            "-x",
            "-q",
            "--tb=line",
            "-p",
            "no:cacheprovider",
            one.test,
        ]
        env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        ran = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, timeout=300)
    finally:
        file.write_text(before)
    name = re.escape(one.test.partition("::")[2])
    failed = ran.returncode == 1 and re.search(rf"^FAILED .*::{name}", ran.stdout, re.MULTILINE) is not None
    return failed, ran.stdout[-1_500:] + ran.stderr[-500:]


def main() -> int:
    """Break what is asked for and return the exit code."""
    ask = argparse.ArgumentParser(prog="python -m tests.security.breaking")
    ask.add_argument("--only", default="", help="rows with these words in attack or test")
    ask.add_argument("--from", dest="first", type=int, default=1, help="the first row, by its number")
    ask.add_argument("--to", dest="last", type=int, default=len(DEFENCES), help="the last one")
    ask.add_argument("--table", action="store_true", help="print the table of docs/security.md, and break nothing")
    asked = ask.parse_args()
    if asked.table:
        print(table(), end="")
        return 0
    chosen = [(n, one) for n, one in enumerate(DEFENCES, 1) if asked.first <= n <= asked.last]
    chosen = [(n, one) for n, one in chosen if asked.only in f"{one.attack} {one.test}"]
    cluster.migrated()
    began, missed = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="nw-broken-") as folder:
        place = copied(Path(folder) / "copy")
        for number, one in chosen:
            failed, said = told(place, one)
            missed += not failed
            print(f"{number:3} {'told  ' if failed else 'MISSED'} {one.attack}: {one.away}", flush=True)
            if not failed:
                print(said, flush=True)
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"broken": len(chosen), "told": len(chosen) - missed, "missed": missed, "seconds": seconds}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
