"""What is known of one operation while it runs: its lines, results, times and end."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from nosana.engine.runner import RunnerFailed, Stream
from nosana.spec import LogEntry, Operation, OpState
from nosana.spec.definition import ResultPattern
from nosana.spec.flow import LOG_LINES_KEPT, Diagnostics, OpError, StopReason
from nosana.spec.patterns import pattern_compile, pattern_matches

LOG_BYTES_KEPT = 4_000_000  # our own limit, so that a result can be fetched: a line may be long
MATCHES_KEPT = 10_000
INTERNAL_ERROR = 2

Clock = Callable[[], int]


class Stop(StrEnum):
    """Why a flow or an operation was stopped. Source: network facts, 3.7."""

    EXPIRED = "expired"
    STOPPED = "stopped"
    SHUT_DOWN = "host shut down"
    QUIT = "quit"
    DEPENDENCY = "an operation it depends on ended"

    @property
    def status(self) -> str:
        """The status it leaves: time running out is a success, an end by the project is not a failure."""
        if self is Stop.EXPIRED:
            return "success"
        return "stopped" if self in (Stop.STOPPED, Stop.DEPENDENCY) else "failed"


@dataclass(frozen=True, slots=True)
class FlowEvent:
    """One line of a flow's log as nodes stream it; `type` is container, info or error, `timestamp` in ms."""

    op_id: str
    group: str
    type: str
    timestamp: int
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return the event with the network's names."""
        fields = asdict(self)
        return {"opId": fields.pop("op_id"), **fields}


class Record:
    """One operation's life; `progress` is the network's word for where it stands now."""

    def __init__(self, op: Operation, clock: Clock, listen: Callable[[FlowEvent], None]) -> None:
        self.op = op
        self.progress = "init"
        self.status = "init"
        self.started: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.provider_id: str | None = None
        self.start_time: int | None = None
        self.end_time: int | None = None
        self.exit_code: int | None = None
        self.stop_reason: Stop | None = None
        self._clock, self._listen = clock, listen
        self._logs: deque[tuple[Stream, str, int]] = deque()
        self._bytes = 0
        self._errors: list[OpError] = []
        self._results: dict[str, str | list[str]] = {}
        self._patterns: list[tuple[str, re.Pattern[str], set[str]]] = []
        for name, wanted in (op.results or {}).items():
            regex = wanted.regex if isinstance(wanted, ResultPattern) else wanted
            types: set[str] = (
                set(wanted.log_type) if isinstance(wanted, ResultPattern) else {"stdout", "stderr", "nodeerr"}
            )
            try:
                self._patterns.append((name, pattern_compile(regex), types))
                self._results[name] = []
            except (re.error, RecursionError, OverflowError) as error:
                self._results[name] = str(error)

    def line(self, stream: Stream, text: str) -> None:
        """Keep a line, pick results from it, and pass it on."""
        moment = self._clock()
        self._logs.append((stream, text, moment))
        self._bytes += len(text)
        while len(self._logs) > LOG_LINES_KEPT or self._bytes > LOG_BYTES_KEPT:
            self._bytes -= len(self._logs.popleft()[1])
        for name, pattern, types in self._patterns:
            kept = self._results[name]
            if stream in types and isinstance(kept, list) and len(kept) < MATCHES_KEPT:
                kept += pattern_matches(pattern, text)
        self._tell("error" if stream == "nodeerr" else "container", text, moment)

    def say(self, sentence: str) -> None:
        """Pass a remark of the node on; it is no line of the operation."""
        self._tell("info", sentence, self._clock())

    def begin(self) -> None:
        """Note that it is being started."""
        self.progress, self.status = "starting", "running"
        self.start_time = self.start_time or self._clock()

    def running(self, provider_id: str) -> None:
        """Note that it was started."""
        self.progress, self.provider_id = "running", provider_id

    def release(self) -> None:
        """Let the operations that wait for it start."""
        if not self.started.done():
            self.started.set_result(True)

    def end(self, exit_code: int | None) -> None:
        """Note its end: by itself, or as its stop reason says."""
        self.exit_code, self.end_time = exit_code, self._clock()
        if self.stop_reason is not None:
            self.status, self.progress = self.stop_reason.status, "stopped"
        else:
            self.status = "success" if exit_code == 0 else "failed"
            self.progress = "finished" if exit_code == 0 else "failed"
        self._close()

    def fail(self, error: RunnerFailed) -> None:
        """Note that it could not be run."""
        self.line("nodeerr", str(error))
        self._errors.append(OpError(event=error.event, message=str(error), code=INTERNAL_ERROR))
        self.end(INTERNAL_ERROR)

    def never_started(self, reason: Stop) -> None:
        """Note that the flow was stopped before its turn."""
        self.stop_reason = reason
        self.status = self.progress = "stopped"
        self._close()

    def to_state(self, *, logs: bool = True) -> OpState:
        """Return what the flow state says of it; without `logs` it is small and cheap."""
        reason = self.stop_reason
        return OpState(
            operation_id=self.op.id,
            group=self.op.group,
            provider_id=self.provider_id,
            status=self.status,
            start_time=self.start_time,
            end_time=self.end_time,
            exit_code=self.exit_code,
            logs=[
                LogEntry(type=stream, log=text, timestamp=moment)
                for stream, text, moment in (self._logs if logs else ())
            ],
            results={name: kept if isinstance(kept, str) else list(kept) for name, kept in self._results.items()},
            errors=list(self._errors),
            diagnostics=Diagnostics(
                reason=StopReason(
                    host_shut_down=reason is Stop.SHUT_DOWN,
                    job_stopped=reason is Stop.STOPPED,
                    job_expired=reason is Stop.EXPIRED,
                    reason=str(reason) if reason else None,
                )
            ),
        )

    @property
    def results(self) -> dict[str, str | list[str]]:
        """The results picked so far."""
        return self._results

    def _close(self) -> None:
        if not self.started.done():
            self.started.set_result(False)
        self.ended.set()

    def _tell(self, kind: str, text: str, moment: int) -> None:
        self._listen(FlowEvent(self.op.id, self.op.group, kind, moment, text))
