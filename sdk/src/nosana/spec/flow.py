"""The flow state: what a node reports while a job runs and pins as its result. Source: network facts, 3.7."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

LOG_LINES_KEPT = 24_999


class _Reported(BaseModel):
    """Read kindly (other nodes add keys of their own), written with the network's names."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel, populate_by_name=True)


class LogEntry(_Reported):
    """One line of an operation; `type` is stdin, stdout, stderr or nodeerr, `timestamp` as the node wrote it."""

    type: str
    log: str | None = None
    timestamp: int | float | str | None = None


class OpError(_Reported):
    """Why it could not run: image-pull-error, container-runtime-error, resource-error or operation-error."""

    event: str
    message: str
    code: int | str | None = None


class StopReason(_Reported):
    """Who or what stopped an operation."""

    host_shut_down: bool = False
    job_stopped: bool = False
    job_expired: bool = False
    reason: str | None = None


class Diagnostics(_Reported):
    """What is known about an operation's end."""

    reason: StopReason = Field(default_factory=StopReason)
    state: dict[str, Any] | None = None


class OpState(_Reported):
    """One operation: status init, running, success, failed or stopped; times in Unix milliseconds."""

    operation_id: str
    group: str = ""
    provider_id: str | None = None
    status: str = "init"
    start_time: int | None = None
    end_time: int | None = None
    exit_code: int | None = None
    logs: list[LogEntry] = Field(default_factory=list)
    results: dict[str, str | list[str]] | None = None
    errors: list[OpError] = Field(default_factory=list)
    diagnostics: Diagnostics | None = None


class FlowState(_Reported):
    """A whole job on a node; times in Unix milliseconds, `end_time` None while it runs."""

    status: str = ""
    start_time: int = 0
    end_time: int | None = 0
    errors: list[Any] = Field(default_factory=list)
    op_states: list[OpState] = Field(default_factory=list)
    secrets: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the state as a node pins it."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=False)

    def results(self) -> dict[str, dict[str, str | list[str]]]:
        """Return the picked results by operation id."""
        return {op.operation_id: op.results for op in self.op_states if op.results}
