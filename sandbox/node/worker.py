"""The node's loop: join, run, hand in, again. Source: network facts, 4.1."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nosana.chain import ChainError, JobAccount, JobState, ProgramError, RunAccount, service_id
from nosana.engine import Flow, Runner, Stop
from nosana.ipfs import NO_RESULT, IpfsClient, IpfsError, cid_from_digest
from nosana.spec import Definition, DefinitionInvalid, FlowState, definition_parse

from sandbox.node.account import Account
from sandbox.node.board import Board, Desk
from sandbox.node.confidential import Exchange, ExchangeFailed

POLL_SECONDS = 0.5
SHUT_DOWN_SECONDS = 10.0
_FETCH_TRIES = 4
_SUFFIX = "node.sandbox.localhost"


class _GiveUp(Exception):
    """The job cannot be run here; the message says why."""


@dataclass
class Worker:
    """One node at work in one market."""

    account: Account
    ipfs: IpfsClient
    runner: Runner
    board: Board
    market: str
    say: Callable[[str], None]
    pace: float = 0.0
    exchange_seconds: float = 10.0

    def __post_init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._flow: Flow | None = None
        self._leaving = asyncio.Event()

    async def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._loop())

    async def shut_down(self) -> None:
        """Leave the queue; a running job is stopped and handed in as it is, as nodes do."""
        self._leaving.set()
        if self._flow is not None:
            self._flow.stop(Stop.SHUT_DOWN)
        if self._task is not None:
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, SHUT_DOWN_SECONDS)
        with contextlib.suppress(ChainError, TimeoutError):
            async with asyncio.timeout(3):
                if await self.account.queued(self.market):
                    await self.account.leave(self.market)
                    self.say("left the queue")

    async def _loop(self) -> None:
        said = ""
        while not self._leaving.is_set():
            try:
                await self._step()
                said = ""
            except (ChainError, IpfsError) as error:
                if str(error) != said:
                    said = str(error)
                    self.say(f"tries again: {said}")
                await self._pause(2)
            except Exception as error:  # a node lives on; what it could not do it tries again
                self.say(f"failed: {type(error).__name__}: {error}")
                await self._pause(5)
            await self._pause(POLL_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._leaving.wait(), seconds)

    async def _step(self) -> None:
        if self.board.category == "STARTING":
            await self.account.prepare()
            self.board.category = "JOINING_MARKET"
        if held := await self.account.run():
            self.board.category = "RUNNING_JOB"
            await self._work(*held)
            self.board.category = "JOINING_MARKET"
            await self._pause(self.pace)
        elif not await self.account.queued(self.market):
            # A run may have been made between the two questions; work would then queue us beside it.
            if await self.account.run() is None:
                await self._join()
        else:
            self.board.category = "QUEUED"

    async def _join(self) -> None:
        try:
            await self.account.work(self.market)
        except ProgramError as error:
            if error.name != "NodeAlreadyQueued":
                raise
        self.say(f"joined market {self.market}")

    async def _work(self, run_address: str, run: RunAccount) -> None:
        job = await self.account.chain.job(run.job)
        if job is None:
            self.say(f"holds a run of job {run.job}, which is gone")
            await self._pause(5)
            return
        self.say(f"took job {run.job}")
        exchange: Exchange | None = None
        try:
            definition, written = await self._definition(run, job)
            if definition.logistics is not None:
                key = self.account.key
                exchange = Exchange(definition, run.job, key, pause_seconds=self.exchange_seconds)
                definition, written = await self._confidential(exchange)
        except _GiveUp as error:
            self.say(f"quits job {run.job}: {error}")
            await self.account.quit(run_address, run)
            return
        desk = Desk(run.job, job.project, written)
        desk.timeout = job.timeout
        state = await self._run(desk, definition, run, job)
        if exchange is not None:
            try:
                await exchange.result(state)
            except ExchangeFailed as error:
                self.say(f"could not deliver the result of job {run.job}: {error}")
            state = state.model_copy(update={"op_states": []})  # the rest would be public
        await self._hand_in(run_address, run, state)

    async def _definition(self, run: RunAccount, job: JobAccount) -> tuple[Definition, dict[str, Any]]:
        if run.time + job.timeout <= time.time():
            raise _GiveUp("its time had passed when this node came back")
        cid = cid_from_digest(job.ipfs_job)
        for attempt in range(1, _FETCH_TRIES + 1):
            try:
                written = await self.ipfs.fetch_json(cid)
                if not isinstance(written, dict):
                    raise _GiveUp("its definition is not a map")
                definition = definition_parse(written, extra="warning")
                break
            except IpfsError as error:
                if attempt == _FETCH_TRIES or self._leaving.is_set():
                    raise _GiveUp(str(error)) from error
                await self._pause(attempt)
            except DefinitionInvalid as error:
                raise _GiveUp(f"its definition is not valid: {error.problems[0]}") from error
        return definition, written

    async def _confidential(self, exchange: Exchange) -> tuple[Definition, dict[str, Any]]:
        try:
            written = await exchange.definition()
            if not isinstance(written, dict):
                raise _GiveUp("its confidential definition is not a map")
            definition = definition_parse(written, extra="warning")
        except ExchangeFailed as error:
            raise _GiveUp(str(error)) from error
        except DefinitionInvalid as error:
            raise _GiveUp(f"its confidential definition is not valid: {error.problems[0]}") from error
        return definition, written

    async def _run(self, desk: Desk, definition: Definition, run: RunAccount, job: JobAccount) -> FlowState:
        await self.runner.clean(run.job)  # what an earlier life of this node left
        flow = Flow(
            definition,
            run.job,
            self.runner,
            project=job.project,
            host=self.account.address,
            frps_address=_SUFFIX,
            endpoint=lambda index, port: f"{service_id(run.job, index, port)}.{_SUFFIX}",
            listen=desk.tell,
        )
        desk.flow, self._flow = flow, flow
        desk.stop = lambda: flow.stop(Stop.EXPIRED)
        if self._leaving.is_set():
            flow.stop(Stop.SHUT_DOWN)
        flow.expire_at(run.time + job.timeout)
        self.board.open(desk)
        watching = asyncio.create_task(self._watch(run, job, flow, desk))
        try:
            state = await flow.run()
        finally:
            watching.cancel()
            self._flow = None
            await self.runner.clean(run.job)
        self.board.close(desk, state)
        self.say(f"job {run.job} ended: {state.status}")
        return state

    async def _watch(self, run: RunAccount, job: JobAccount, flow: Flow, desk: Desk) -> None:
        """Stop the flow when the project ended the job; move its end when the job was extended."""
        timeout = job.timeout
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                now = await self.account.chain.job(run.job)
            except ChainError:
                continue
            if now is None or now.state != JobState.QUEUED:
                flow.stop(Stop.STOPPED)
                return
            if now.timeout != timeout:
                timeout = desk.timeout = now.timeout
                flow.expire_at(run.time + timeout)
                self.say(f"job {run.job} has {timeout} s now")

    async def _hand_in(self, run_address: str, run: RunAccount, state: FlowState) -> None:
        """Pin the result and put it on the chain, however often the chain or IPFS must be asked."""
        cid: str | None = None
        for attempt in range(1, 60):
            try:
                cid = cid or await self.ipfs.pin_json(state.to_json())
                if await self._deliver(run_address, run, cid):
                    return
            except (ChainError, IpfsError) as error:
                self.say(f"hands job {run.job} in again: {error}")
            if self._leaving.is_set() and attempt > 3:
                break
            await asyncio.sleep(min(0.5 * attempt, 10))
        self.say(f"could not hand job {run.job} in")

    async def _deliver(self, run_address: str, run: RunAccount, cid: str) -> bool:
        job = await self.account.chain.job(run.job)
        if job is None:
            self.say(f"job {run.job} is gone; its result {cid} is pinned")
            return True
        if await self.account.chain.run(run_address) is not None:
            await self.account.finish(run_address, run, job, cid)
            self.say(f"finished job {run.job} with {cid}")
        elif job.state == JobState.DONE and job.ipfs_result == NO_RESULT and job.node == self.account.address:
            await self.account.complete(run.job, cid)
            self.say(f"completed job {run.job} with {cid}, its project had ended it")
        return True
