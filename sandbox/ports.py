"""Ports of this machine: whoever was given one keeps it, so that two sandboxes that start at once never share any."""

import contextlib
import fcntl
import os
import secrets
import socket
import tempfile
from functools import cache
from pathlib import Path

# One file, of which a process locks the byte that has the port's number; the locks end with the process.
BOOK = Path(tempfile.gettempdir()) / f"nosana-ports-{os.getuid()}"

_given: set[int] = set()


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if nobody listens there or was given it, else a port for this process alone.

    Chosen by chance below those that systems give to outgoing connections (32768 on Linux, 49152 on others), so that
    none takes it before it is bound; the next port is given to nobody, since a cluster's sockets take it too.
    """
    by_chance = (20_000 + 2 * secrets.randbelow(6_000) for _ in range(100))
    for port in filter(None, (preferred, *(one for one in by_chance if one not in _given))):
        if _locked(port) and _unbound(port):
            _given.add(port)
            return port
    raise OSError("no free port on 127.0.0.1")


def _locked(port: int) -> bool:
    try:
        fcntl.lockf(_book(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def _unbound(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


@cache
def _book() -> int:
    return os.open(BOOK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
