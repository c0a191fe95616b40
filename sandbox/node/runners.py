"""Chooses what runs a node's operations."""

import resource
import sys
from pathlib import Path
from typing import Any

from nosana.engine import LocalRunner, Runner
from nosana.engine.container import SOCKETS, ContainerRunner

_LIMITS = (("nofile", resource.RLIMIT_NOFILE, 16_384), ("nproc", resource.RLIMIT_NPROC, 4096))


async def runner_choose(engine: str, data: Path) -> tuple[Runner, str]:
    """Return the runner and a sentence about it; `engine` is "local", "auto" or the path of an engine's socket.

    Raises SystemExit when a named engine does not answer; "auto" takes local processes then.
    """
    local = LocalRunner(data, _programs(data)), "runs operations as local processes"
    if engine == "local":
        return local
    for socket in SOCKETS if engine == "auto" else (engine.removeprefix("unix://"),):
        runner = ContainerRunner(socket, host_config=_limits())
        if await runner.answers():
            return runner, f"runs operations as containers of the engine at {socket}"
    if engine == "auto":
        return local
    raise SystemExit(f"No container engine answers at {engine}: start one, or leave --engine out.")


def _programs(data: Path) -> Path:
    """Return a folder with `python`, as images name it; this machine may have only python3."""
    folder = data / "programs"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3"):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(Path(sys.executable).resolve())
    return folder


def _limits() -> dict[str, Any]:
    """Limits below this process's own: an engine in a small machine cannot give a container more than it has."""
    limits = []
    for name, kind, enough in _LIMITS:
        hard = resource.getrlimit(kind)[1]
        most = enough if hard == resource.RLIM_INFINITY else min(hard, enough)
        limits.append({"Name": name, "Soft": most, "Hard": most})
    return {"Ulimits": limits}
