"""Markets, jobs and what they gave back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic

from nosana.client.models.base import Model
from nosana.client.modes import Bound, M, act
from nosana.client.streams import Stream, log_stream
from nosana.client.waiting import OVER, job_path, job_wait, launched


class Market(Model):
    """A class of GPU. `price_micro` is micro-NOS a second, `usd_micro_hour` millionths of a dollar.

    `finished_percent` and `wait_median_s` (seconds) are of the platform's own jobs of 7 days, None where too few.
    """

    slug: str
    address: str
    name: str
    gpu: str
    vram_gb: int
    price_micro: int
    usd_micro_hour: int | None
    job_timeout: int
    nodes_waiting: int
    queue_type: int
    queue_len: int
    wait_median_s: int | None
    finished_percent: int | None
    jobs_counted: int
    note: str
    observed_at: datetime | None


class Template(Model):
    """A template; `own` says that it is the organisation's. `definition`, `variables` and `description` only come where
    one template is asked for. `minutes` is the time limit it suggests.
    """

    slug: str
    own: bool
    version: int | None
    archived_at: datetime | None = None
    title: str
    summary: str
    tags: list[str]
    vram_gb: int
    gpu: str
    minutes: int
    description: str = ""
    definition: dict[str, Any] | None = None
    variables: list[dict[str, Any]] = []


class TemplateVersion(Model):
    """One version of a template of the organisation's own."""

    number: int
    title: str
    note: str
    restored_from: int | None
    author: str | None
    created_at: datetime


class LogLine(Model):
    """A line of a log; `seq` numbers the lines of a job, `op` is the operation.

    `stream` is container for what the operation wrote, info and error for what its node says about it.
    """

    seq: int
    op: str
    stream: str
    at: datetime
    text: str


class StateSeen(Model):
    """A change of a job that is followed; `seen` is another text after each change."""

    state: str
    seen: str


class JobEvent(Model):
    """A line of a job's timeline; what the chain did carries its signature and slot."""

    seq: int
    at: datetime
    kind: str
    sentence: str
    state: str
    act: str
    signature: str
    slot: int | None


class Note(Model):
    """What a member wrote down about a job."""

    id: str
    author: str
    text: str
    created_at: datetime
    edited_at: datetime | None


class Attempt(Model):
    """One try of a job on the chain, with its addresses, times and costs (micro-NOS)."""

    number: int
    address: str | None
    run_address: str | None
    node: str
    price_micro: int
    held_micro: int
    listed_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    seconds: int | None
    cost_micro: int | None
    fee_micro: int | None
    released_micro: int | None
    settled_at: datetime | None


class Service(Model):
    """A port that an operation exposes. `url` is None before the job has an address, and in a sandbox; `health` is
    answers, waiting, failing or closed, None unless it was asked for.
    """

    operation: str
    port: int
    kind: str
    url: str | None
    checks: list[str]
    health: str | None
    sentence: str


class Point(Model):
    """A figure at a moment."""

    at: datetime
    value: float


class Figures(Model):
    """One figure that a job told of itself, over time."""

    name: str
    unit: str
    points: list[Point]


class Counted(Model):
    """Where reports count what a job has cost from now on; `records` is how many settled tries that are."""

    project: str
    labels: dict[str, str]
    records: int


class Outcome(Model):
    """What one operation of a job gave back.

    `values` are what the definition's `results` found in its output: by name, each match followed by its groups
    (`{"score": "score=(\\d+)"}` gives `{"score": ["score=42", "42"]}`).
    """

    operation: str
    status: str
    exit_code: int | None
    values: dict[str, list[str]]
    errors: list[str]


class Result(Model):
    """The result of a job; `stored_at` is None until it is here."""

    stored_at: datetime | None
    status: str | None
    truncated: bool
    cid: str | None
    operations: list[Outcome]

    @property
    def ok(self) -> bool:
        """Whether every operation ended with exit code 0."""
        return bool(self.operations) and all(one.exit_code == 0 for one in self.operations)


class Estimate(Model):
    """The most a job can cost, micro-NOS: what would be held."""

    network_micro: int
    network_fee_micro: int
    platform_fee_micro: int
    total_micro: int
    per_hour_micro: int


class Rehearsal(Model):
    """What would happen with a job that is only tried: launched, or an approval asked for."""

    dry_run: bool
    outcome: str
    market: str
    project: str
    estimate: Estimate


class Asked(Model):
    """The approval that a job waits for."""

    approval: str


class Policy(Model):
    """What jobs do by themselves; times are seconds, None means never."""

    queue_limit_s: int | None
    queue_then: str
    silent_limit_s: int | None
    reposts: int
    near_then: str
    extend_by_s: int
    extend_most_s: int


class Job(Model, Bound[M], Generic[M]):
    """A job. `state` is pending, queued, running, completed, stopped or failed; `reason` and `sentence` say why.

    `price_micro` is micro-NOS a second, `held_micro` the most the present try can cost, `cost_micro` what it cost so
    far (final once `settled`), all micro-NOS; `timeout_s` is seconds. It is as it was when it was read: `refresh` reads
    it again.
    """

    id: str
    name: str
    state: str
    reason: str
    sentence: str
    project: str
    member: str
    market: str
    timeout_s: int
    visibility: str
    price_micro: int
    held_micro: int
    cost_micro: int
    settled: bool
    attempt: int | None
    address: str | None
    node: str | None
    created_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    stop_requested_at: datetime | None
    result_at: datetime | None
    definition: dict[str, Any] | None = None
    secrets: list[str] | None = None
    secrets_of: str | None = None
    policy: Policy | None = None
    template: str | None = None
    template_number: int | None = None
    labels: dict[str, str] | None = None
    node_wanted: str | None = None
    url: str | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state in OVER

    @act
    async def refresh(self) -> Job[M]:
        """Return the job as it is now."""
        return await self._core.ask("Job", "GET", job_path(self.id))

    @act
    async def wait(self, *, timeout: float | None = None, settled: bool = False, check: bool = False) -> Job[M]:
        """Return the job once it has ended, with `settled` once its cost is final too. Raises WaitTimeout.

        `timeout` is seconds; without one it waits as long as the job lives. A job that failed is returned, unless
        `check` asks for JobFailed where it did not complete, or an operation ended with another exit code than 0.
        """
        return await job_wait(self._core, self.id, timeout=timeout, settled=settled, check=check)

    @act
    async def restart(self, *, idempotency_key: str | None = None) -> Job[M]:
        """Launch a new job that is the same in everything. Raises as `client.jobs.run` does."""
        return await launched(self._core, job_path(self.id, "restart"), None, idempotency_key)

    @act
    async def stop(self) -> Job[M]:
        """Want it stopped: a queued job costs nothing, a running one its seconds. A repeat changes nothing."""
        return await self._core.ask("Job", "POST", job_path(self.id, "stop"))

    @act
    async def extend(self, timeout_s: int, *, idempotency_key: str | None = None) -> Job[M]:
        """Want `timeout_s` seconds in all; what that costs more is held at once.

        `timeout_s` of the job says so when the chain does, after seconds. Raises NotEnoughCredits, Invalid unless it is
        longer than now, and Conflict before the job is on the chain, or while an earlier wish is on its way.
        """
        body = {"timeout_s": timeout_s}
        path = job_path(self.id, "extend")
        return await self._core.ask("Job", "POST", path, body=body, key=idempotency_key)

    @act
    async def result(self) -> Result:
        """Return what its operations gave back; `stored_at` is None until that is here."""
        return await self._core.ask("Result", "GET", job_path(self.id, "result"))

    @act
    async def result_file(self) -> bytes:
        """Return the whole result as it is kept: JSON. Raises Conflict while it is not here."""
        return await self._core.content(job_path(self.id, "result.json"))

    @act
    async def log_text(self) -> str:
        """Return the log so far as text; a line has its time, operation and stream before what was written."""
        return (await self._core.content(job_path(self.id, "log.txt"))).decode()

    def logs(self, *, tail: int | None = None, after: int = 0) -> Stream[M, LogLine]:
        """Follow the log until it is whole: all of it, its last `tail` lines, or what comes after line `after`."""
        return log_stream(self._core, self.id, tail=tail, after=after)
