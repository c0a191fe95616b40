"""Runs a definition: groups one after another, operations of a group at once. Source: network facts, 3.5, 3.7."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from nosana.engine.health import healthy
from nosana.engine.launch import launch_make, ports_to_check, restart_limit
from nosana.engine.record import Clock, FlowEvent, Record, Stop
from nosana.engine.runner import Launch, Runner, RunnerFailed, Running
from nosana.spec import ContainerRun, Definition, FlowState, Operation, Problem, Scope, ports_of, waits_in_vain
from nosana.spec.flow import LOG_LINES_KEPT

_RESTART_SECONDS = (0.1, 10.0)  # the first pause before a restart, doubled each time, and the longest
T = TypeVar("T")
Endpoint = Callable[[int, int], str]


def unix_ms() -> int:
    """Return the time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


class _Stopped(Exception):
    """The flow is being stopped."""


class Flow:
    """One job on this node. Make it inside a running event loop, `run` it once; `events` is its log so far.

    `endpoint(index of the operation, port)` gives the public host of an exposed port, for literals. Health checks
    are asked every `probe_seconds` until one passes, continuous ones every `continuous_seconds` from then on.
    """

    def __init__(
        self,
        definition: Definition,
        job: str,
        runner: Runner,
        *,
        project: str = "",
        host: str = "",
        frps_address: str = "",
        endpoint: Endpoint | None = None,
        listen: Callable[[FlowEvent], None] = lambda event: None,
        clock: Clock = unix_ms,
        probe_seconds: float = 5.0,
        continuous_seconds: float = 30.0,
        grace_seconds: float = 3.0,
    ) -> None:
        self.definition, self.job = definition, job
        self.events: deque[FlowEvent] = deque(maxlen=LOG_LINES_KEPT)
        self.status, self.start_time = "init", clock()
        self.end_time: int | None = None
        self.current_group: str | None = None
        self._runner, self._clock, self._listen = runner, clock, listen
        self._names = {"project": project, "host": host, "frps_address": frps_address}
        self._endpoint, self._grace = endpoint, grace_seconds
        self._probe, self._continuous = probe_seconds, continuous_seconds
        self._errors: list[str] = []
        self._stop: Stop | None = None
        self._stopping = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._records = {op.id: Record(op, clock, self._tell) for op in definition.ops}

    async def run(self) -> FlowState:
        """Run everything and return the final state; what goes wrong is in the state, nothing is raised."""
        self.status = "running"
        if (problem := waits_in_vain(self.definition.ops)) is not None:
            return self._refuse(problem)
        try:
            for group in dict.fromkeys(op.group for op in self.definition.ops):
                if self._stop is not None:
                    break
                self.current_group = group
                await asyncio.gather(*(self._operate(op) for op in self.definition.ops if op.group == group))
            self.status = self._stop.status if self._stop else "success"
        except Exception as error:  # a fault of ours must end in a result, not in a node that hangs
            self.status = "failed"
            self._errors.append(f"The node failed: {type(error).__name__}: {error}")
        for record in self._records.values():
            if not record.ended.is_set():
                record.never_started(self._stop or Stop.QUIT)
        if self._timer is not None:
            self._timer.cancel()
        self.current_group, self.end_time = None, self._clock()
        return self.state()

    def _refuse(self, problem: Problem) -> FlowState:
        self._errors.append(str(problem))
        for record in self._records.values():
            record.never_started(Stop.QUIT)
        self.status, self.end_time = "init error", self._clock()
        return self.state()

    def stop(self, reason: Stop) -> None:
        """Stop what runs and start nothing more; the first reason stays."""
        if self._stop is None:
            self._stop = reason
            self._stopping.set()

    def expire_at(self, unix_seconds: float) -> None:
        """Stop the flow at this time, which counts as a success; a later call moves the time."""
        if self._timer is not None:
            self._timer.cancel()
        left = max(0.0, unix_seconds - self._clock() / 1000)
        self._timer = asyncio.get_running_loop().call_later(left, self.stop, Stop.EXPIRED)

    def state(self, *, logs: bool = True) -> FlowState:
        """Return the flow state as it stands; without `logs` it is small."""
        return FlowState(
            status=self.status,
            start_time=self.start_time,
            end_time=self.end_time,
            errors=list(self._errors),
            op_states=[record.to_state(logs=logs) for record in self._records.values()],
        )

    def progress(self) -> dict[str, dict[str, str]]:
        """Return where each operation stands, by group and operation."""
        groups: dict[str, dict[str, str]] = {}
        for record in self._records.values():
            groups.setdefault(record.op.group, {})[record.op.id] = record.progress
        return groups

    def _tell(self, event: FlowEvent) -> None:
        self.events.append(event)
        self._listen(event)

    async def _operate(self, op: Operation) -> None:
        record = self._records[op.id]
        try:
            record.progress = "waiting" if op.depends_on else "pending"
            await self._dependencies(op)
            if isinstance(op, ContainerRun):
                await self._run_container(op, record)
            else:
                record.begin()
                record.running(await self._or_stopped(self._runner.volume_create(self.job, op.args.name)))
                record.release()
                record.end(0)
        except RunnerFailed as error:
            record.fail(error)
        except _Stopped:
            record.stop_reason = self._stop
            record.end(record.exit_code) if record.start_time else record.never_started(self._stop or Stop.QUIT)

    async def _dependencies(self, op: Operation) -> None:
        """Return when all it depends on has started (and is healthy, where that can be seen)."""
        for name in op.depends_on:
            if not await self._or_stopped(_value(self._records[name].started)):
                raise RunnerFailed(f'It waits for "{name}", which ended before it was up.')

    async def _run_container(self, op: ContainerRun, record: Record) -> None:
        index, restarts = self.definition.ops.index(op), 0
        while True:
            record.begin()
            launch = launch_make(self.definition, op, index, self._scope())
            running = await self._or_stopped(self._runner.start(launch, record.line, record.say))
            record.running(running.provider_id)
            checks = asyncio.create_task(self._check(record, launch, running))
            try:
                code = await self._watch(op, record, running)
            finally:
                checks.cancel()
            if record.stop_reason is not None or restarts >= restart_limit(launch.args, code):
                record.end(code)
                return
            first, longest = _RESTART_SECONDS
            record.progress = "restarting"
            record.say(f"It ended with exit code {code} and is started again.")
            await self._or_stopped(asyncio.sleep(min(first * 2 ** min(restarts, 20), longest)))
            restarts += 1

    async def _watch(self, op: Operation, record: Record, running: Running) -> int:
        """Return the exit code, after stopping it when the flow stops or a dependency ends."""
        ended = asyncio.create_task(running.wait())
        reasons = [self._stopping]
        if op.execution is not None and op.execution.stop_if_dependent_stops:
            reasons += [self._records[name].ended for name in op.depends_on]
        watched = [asyncio.create_task(reason.wait()) for reason in reasons]
        await asyncio.wait([ended, *watched], return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            record.stop_reason = self._stop or Stop.DEPENDENCY
            record.progress = "stopping"
            await running.stop(self._grace)
        for task in watched:
            task.cancel()
        return await ended

    async def _check(self, record: Record, launch: Launch, running: Running) -> None:
        """Release the dependents: at once, or when a health check passes; then keep an eye on continuous ones."""
        checks = ports_to_check(launch.args)
        while checks and not await self._any_healthy(checks, running):
            await asyncio.sleep(self._probe)
        record.release()
        lasting = [(port, check) for port, check in checks if check["continuous"]]
        was_healthy = True
        while lasting:
            await asyncio.sleep(self._continuous)
            is_healthy = await self._any_healthy(lasting, running)
            if is_healthy != was_healthy:
                record.say("Its health check passes again." if is_healthy else "Its health check fails.")
            was_healthy = is_healthy

    async def _any_healthy(self, checks: Sequence[tuple[int, dict[str, Any]]], running: Running) -> bool:
        return any([await healthy(check, running.address, port) for port, check in checks])

    def _scope(self) -> Scope:
        endpoints: dict[str, dict[int, str]] = {}
        for index, op in enumerate(self.definition.ops):
            for _, port, _ in ports_of(op):
                if self._endpoint is not None and isinstance(port, int):
                    endpoints.setdefault(op.id, {})[port] = self._endpoint(index, port)
        shared = self.definition.global_
        return Scope(
            job=self.job,
            project=self._names["project"],
            host=self._names["host"],
            frps_address=self._names["frps_address"],
            variables=(shared.variables if shared else None) or {},
            results={name: record.results for name, record in self._records.items()},
            hosts={op.id: f"{self.job}-{index}" for index, op in enumerate(self.definition.ops)},
            endpoints=endpoints,
        )

    async def _or_stopped(self, act: Coroutine[Any, Any, T]) -> T:
        """Return what the act gives. Raises _Stopped, with the act cancelled, when the flow is stopped first."""
        doing = asyncio.create_task(act)
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            doing.cancel()
            with contextlib.suppress(asyncio.CancelledError, RunnerFailed):
                await doing
            raise _Stopped
        finally:
            stopping.cancel()


async def _value(future: "asyncio.Future[T]") -> T:
    return await asyncio.shield(future)
