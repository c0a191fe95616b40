"""`python -m tests.security.leaks FOLDER…`: is a card's number, or a secret, in what a run left behind?

Reads every text file below the folders (logs, saved pages, reports); exit code 1 and one line per finding if there is.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from apps.core.scrubbing import card_numbers

SUFFIXES = {".log", ".txt", ".html", ".json", ".xml", ".out", ".err", ".csv", ""}
SECRET = re.compile(r"\b(?:[sr]k_live_|whsec_(?!test)|nos_(?:live|staging|sandbox)_)[A-Za-z0-9]{20,}")
MOST_BYTES = 50_000_000


def leaks(text: str) -> Iterator[str]:
    """Yield what in a text must not be there, masked."""
    yield from (f"a card's number ending in {number[-4:]}" for number in card_numbers(text))
    yield from (f"a secret beginning with {found.group()[:8]}" for found in SECRET.finditer(text))


def files(folder: Path) -> Iterator[Path]:
    """Yield the text files below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in SUFFIXES and path.stat().st_size < MOST_BYTES:
            with path.open("rb") as file:
                if b"\x00" not in file.read(4_096):
                    yield path


def main(*folders: str) -> int:
    """Print each finding and return the exit code."""
    found = count = 0
    for folder in folders:
        for path in files(Path(folder)):
            count += 1
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                for leak in leaks(line):
                    print(f"{path}:{number}: {leak}")
                    found += 1
    print(f"leaks: {count} files, {found} findings.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
