"""Where nodes without a public name listen: a JSON map of address to URL that several processes write."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def directory_write(file: Path, address: str, url: str) -> None:
    """Write the node's URL into the directory."""
    with _changing(file) as entries:
        entries[address] = url


def directory_remove(file: Path, address: str, url: str) -> None:
    """Take the node's URL out of the directory, unless a newer life of it has written another."""
    with _changing(file) as entries:
        if entries.get(address) == url:
            del entries[address]


@contextmanager
def _changing(file: Path) -> Iterator[dict[str, str]]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(file.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            entries = json.loads(file.read_text())
        except (FileNotFoundError, ValueError):
            entries = {}
        yield entries
        making = file.with_name(f"{file.name}.{os.getpid()}")
        making.write_text(json.dumps(entries, indent=2))
        making.replace(file)
