"""What a flow asks of whatever runs its operations: a container engine, or processes of this machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Stream = Literal["stdout", "stderr", "nodeerr"]
Emit = Callable[[Stream, str], None]
Say = Callable[[str], None]

RESOURCE_FAILED = "resource-error"


class RunnerFailed(RuntimeError):
    """An operation could not be run; `event` is the network's word for why, the message one sentence."""

    def __init__(self, message: str, event: str = "operation-error") -> None:
        super().__init__(message)
        self.event = event


@dataclass(frozen=True, slots=True)
class Launch:
    """One operation ready to run: literals worked out, the definition's global values filled in."""

    job: str
    op_id: str
    index: int
    image: str
    command: Sequence[str]
    entrypoint: Sequence[str] | None
    env: Mapping[str, str]
    work_dir: str | None
    gpu: bool
    volumes: Mapping[str, str] = field(default_factory=dict)
    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The container's name, `<job>-<index of the operation>`. Source: network facts, 4.2."""
        return f"{self.job}-{self.index}"


def resources_refuse(launch: Launch) -> None:
    """Raise RunnerFailed when the operation wants files fetched for it, rather than run it without them."""
    if wanted := launch.args.get("resources"):
        kinds = ", ".join(sorted({str(resource.get("type")) for resource in wanted}))
        raise RunnerFailed(
            f"This node fetches no resources ({kinds}): put the files in the image.", RESOURCE_FAILED
        )


class Running(Protocol):
    """One operation that was started."""

    provider_id: str
    address: str

    async def wait(self) -> int:
        """Return the exit code when it has ended and its last line was emitted."""

    async def stop(self, grace_seconds: float) -> None:
        """End it and everything it started: asked first, killed after `grace_seconds`."""


class Runner(Protocol):
    """Starts operations."""

    async def start(self, launch: Launch, emit: Emit, say: Say) -> Running:
        """Start an operation; each line it writes goes to `emit`, remarks of the runner to `say`.

        Raises RunnerFailed.
        """

    async def volume_create(self, job: str, name: str) -> str:
        """Make the job's volume and return its identifier. Raises RunnerFailed."""

    async def clean(self, job: str) -> None:
        """Remove what the job left behind: volumes, folders, processes of an earlier life of this node."""
