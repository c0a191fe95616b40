"""Markets and jobs."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nosana.client.definitions import definition_of, market_choose, name_of
from nosana.client.errors import ConfigurationError
from nosana.client.modes import M, act
from nosana.client.pages import LogPages
from nosana.client.resources.base import Resource, given
from nosana.client.streams import log_stream
from nosana.client.waiting import job_path, job_wait, launched, part

if TYPE_CHECKING:
    from nosana.client.models import (
        Attempt,
        Counted,
        Figures,
        Job,
        JobEvent,
        LogLine,
        Market,
        Note,
        Policy,
        Rehearsal,
        Result,
        Service,
        StateSeen,
    )
    from nosana.client.pages import Pages
    from nosana.client.streams import Stream

HOUR = 3600


class Markets(Resource[M]):
    """What can be launched where, at what price."""

    def list(self) -> Pages[M, Market]:
        """Return the markets that take new jobs, in the order of the launch page."""
        return self._items("Market", "/markets")

    @act
    async def get(self, market: str) -> Market:
        """Return one by its slug, while it takes new jobs. Raises NotFound."""
        return await self._get("Market", part("/markets", market))


class Jobs(Resource[M]):
    """Launch, follow, stop."""

    def list(
        self,
        *,
        state: str | Sequence[str] | None = None,
        project: str | None = None,
        market: str | None = None,
        member: str | None = None,
        q: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        order: str | None = None,
        limit: int | None = None,
    ) -> Pages[M, Job[M]]:
        """Return the jobs the caller may see, newest first or in `order` (oldest, name, -timeout_s and the like).

        All, or those of these states, this project (slug), market (slug) or member (e-mail address), with `q` in
        their name, launched in [`since`, `until`).
        """
        states = state if state is None or isinstance(state, str) else ",".join(state)
        asked = {"state": states, "project": project, "market": market, "member": member, "q": q, "order": order}
        return self._pages("Job", "jobs", limit=limit, since=since, until=until, **asked)

    @act
    async def get(self, job_id: str) -> Job[M]:
        """Return one, with what it runs. Raises NotFound."""
        return await self._get("Job", job_path(job_id))

    @act
    async def run(
        self,
        image: str | None = None,
        command: str | Sequence[str] | None = None,
        *,
        gpu: bool | int | str = False,
        timeout_s: int = HOUR,
        name: str | None = None,
        market: str | None = None,
        project: str | None = None,
        env: Mapping[str, str] | None = None,
        expose: int | Sequence[int] | None = None,
        entrypoint: str | Sequence[str] | None = None,
        work_dir: str | None = None,
        results: Mapping[str, str] | None = None,
        definition: Mapping[str, Any] | None = None,
        public: bool = False,
        secrets: Mapping[str, str] | None = None,
        policy: Mapping[str, Any] | None = None,
        template: str | None = None,
        template_number: int | None = None,
        labels: Mapping[str, str] | None = None,
        node: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Job[M]:
        """Launch a job and return it at once; `job.wait()` and `job.logs()` follow it.

        `image` and `command` say what runs (a text is run by the container's shell), or `definition` says all of it.
        `gpu` is True for any GPU, a number for so many GB of VRAM, or a part of a name ("4090"); the cheapest open
        market that fits is taken unless `market` (slug or address) names one. It runs `timeout_s` seconds at most;
        what that costs at most is held from the balance until it ended. It is private unless `public`. `secrets`
        stand where the definition says `%%secret.NAME%%`. `results` names regular expressions; what they find in the
        output, its groups after it, is in `job.result()`. `labels` are texts by name, by which usage is counted;
        `template` and `template_number` (its version) say what it came from; `node` is the address of the one node
        that shall run it.

        Sent again with the same `idempotency_key` it is the same job. Raises NotEnoughCredits, Conflict (a cap would be
        passed), Invalid, NoMarket, and ApprovalNeeded where a second person must agree first.
        """
        body = await self._body(
            image, command, gpu=gpu, definition=definition, market=market, name=name,
            parts={"env": env, "expose": expose, "entrypoint": entrypoint, "work_dir": work_dir, "results": results},
        )  # fmt: skip
        body |= self._terms(timeout_s, project, public, secrets, policy)
        body |= given(template=template, template_number=template_number, reason=reason, node=node)
        body |= given(labels=None if labels is None else dict(labels))
        return await launched(self._core, "jobs", body, idempotency_key)

    @act
    async def rehearse(
        self,
        image: str | None = None,
        command: str | Sequence[str] | None = None,
        *,
        gpu: bool | int | str = False,
        timeout_s: int = HOUR,
        name: str | None = None,
        market: str | None = None,
        project: str | None = None,
        definition: Mapping[str, Any] | None = None,
        public: bool = False,
        secrets: Mapping[str, str] | None = None,
        policy: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        node: str | None = None,
    ) -> Rehearsal:
        """Return what `run` would do and hold, caps and balance checked; nothing is launched. Raises as `run` does."""
        body = await self._body(image, command, gpu=gpu, definition=definition, market=market, name=name, parts={})
        body |= self._terms(timeout_s, project, public, secrets, policy)
        body |= given(labels=None if labels is None else dict(labels), node=node)
        return await self._post("Rehearsal", "jobs", {**body, "dry_run": True})

    async def _body(
        self,
        image: str | None,
        command: str | Sequence[str] | None,
        *,
        gpu: bool | int | str,
        definition: Mapping[str, Any] | None,
        market: str | None,
        name: str | None,
        parts: Mapping[str, Any],
    ) -> dict[str, Any]:
        if (image is None) == (definition is None):
            raise ConfigurationError("Say what shall run: either image=… (and command=…) or definition=….")
        if definition is None:
            assert image is not None
            vram = gpu if type(gpu) is int else None
            definition = definition_of(image, command=command, gpu=bool(gpu), vram_gb=vram, **parts)
            name = name or name_of(image, command)
        elif command is not None or any(value is not None for value in parts.values()):
            raise ConfigurationError("A definition says all of it; put command, env and the like into it.")
        if market is None:
            market = market_choose((await self._get(None, "/markets"))["items"], gpu)
        return {"name": name or "Job", "definition": dict(definition), "market": market}

    def _terms(
        self,
        timeout_s: int,
        project: str | None,
        public: bool,
        secrets: Mapping[str, str] | None,
        policy: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        return given(
            timeout_s=timeout_s,
            project=project or self._core.settings.project,
            visibility="public" if public else "private",
            secrets=None if secrets is None else dict(secrets),
            policy=None if policy is None else dict(policy),
        )

    @act
    async def wait(
        self, job_id: str, *, timeout: float | None = None, settled: bool = False, check: bool = False
    ) -> Job[M]:
        """Return the job once it has ended, with `settled` once its cost is final too. Raises WaitTimeout.

        `timeout` is seconds. With `check` it raises JobFailed where the job did not complete, or an operation ended
        with another exit code than 0.
        """
        return await job_wait(self._core, job_id, timeout=timeout, settled=settled, check=check)

    @act
    async def stop(self, job_id: str, *, idempotency_key: str | None = None) -> Job[M]:
        """Want it stopped: a queued job costs nothing, a running one its seconds. A repeat changes nothing."""
        return await self._post("Job", job_path(job_id, "stop"), None, idempotency_key)

    @act
    async def extend(self, job_id: str, timeout_s: int, *, idempotency_key: str | None = None) -> Job[M]:
        """Want `timeout_s` seconds in all; what that costs more is held at once.

        `timeout_s` of the job says so when the chain does, after seconds. Raises NotEnoughCredits, Invalid unless it is
        longer than now, and Conflict before the job is on the chain, or while an earlier wish is on its way.
        """
        return await self._post("Job", job_path(job_id, "extend"), {"timeout_s": timeout_s}, idempotency_key)

    @act
    async def restart(self, job_id: str, *, idempotency_key: str | None = None) -> Job[M]:
        """Launch a new job that is the same in everything; the old one is left alone. Raises as `run` does."""
        return await launched(self._core, job_path(job_id, "restart"), None, idempotency_key)

    @act
    async def move(self, job_id: str, *, project: str) -> Job[M]:
        """Put it into another project; what it cost and holds stays counted where it was."""
        return await self._send("Job", "PATCH", job_path(job_id), {"project": project})

    @act
    async def rename(self, job_id: str, name: str) -> Job[M]:
        """Call it something else."""
        return await self._send("Job", "PATCH", job_path(job_id), {"name": name})

    @act
    async def relabel(
        self,
        job_id: str,
        *,
        project: str,
        reason: str,
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Counted:
        """Count what a settled job has cost under another project and these labels; documents stay as they are.

        Takes the permissions billing.manage and jobs.view. Raises Conflict before anything of it is settled.
        """
        body = {"project": project, "labels": dict(labels or {}), "reason": reason}
        return await self._post("Counted", job_path(job_id, "relabel"), body, idempotency_key)

    def logs(self, job_id: str, *, tail: int | None = None, after: int = 0) -> Stream[M, LogLine]:
        """Follow a log until it is whole: all of it, its last `tail` lines, or what comes after line `after`."""
        return log_stream(self._core, job_id, tail=tail, after=after)

    def follow(self, job_id: str, *, tail: int | None = None, after: int = 0) -> Stream[M, LogLine | StateSeen]:
        """Follow a job until nothing changes any more: the lines of its log, and a `StateSeen` at each change."""
        return log_stream(self._core, job_id, tail=tail, after=after, states=True)

    def log_lines(self, job_id: str, *, after: int = 0, limit: int | None = None) -> Pages[M, LogLine]:
        """Return the log so far, from line `after` on."""
        return LogPages(self._core, "LogLine", job_path(job_id, "log"), {"after": after}, limit=limit, size=1000)

    @act
    async def log_text(self, job_id: str) -> str:
        """Return the log so far as text; a line has its time, operation and stream before what was written."""
        return (await self._core.content(job_path(job_id, "log.txt"))).decode()

    @act
    async def log_search(self, job_id: str, words: str, *, limit: int = 1000) -> builtins.list[LogLine]:
        """Return the first `limit` (1,000 at most) lines of the log that hold the words."""
        answer = await self._get(None, job_path(job_id, "log"), q=words, limit=limit)
        return [self._core.read("LogLine", line) for line in answer["lines"]]

    def events(self, job_id: str, *, limit: int | None = None) -> Pages[M, JobEvent]:
        """Return the job's timeline, oldest first."""
        return self._pages("JobEvent", job_path(job_id, "events"), limit=limit)

    def attempts(self, job_id: str, *, limit: int | None = None) -> Pages[M, Attempt]:
        """Return the job's tries, the first one first."""
        return self._pages("Attempt", job_path(job_id, "attempts"), limit=limit)

    def notes(self, job_id: str, *, limit: int | None = None) -> Pages[M, Note]:
        """Return what members wrote down about a job, oldest first."""
        return self._pages("Note", job_path(job_id, "notes"), limit=limit)

    @act
    async def note(self, job_id: str, text: str, *, idempotency_key: str | None = None) -> Note:
        """Write something down about a job."""
        return await self._post("Note", job_path(job_id, "notes"), {"text": text}, idempotency_key)

    @act
    async def note_update(self, job_id: str, note_id: str, text: str) -> Note:
        """Change one's own note. Raises Conflict for somebody else's."""
        return await self._send("Note", "PATCH", job_path(job_id, part("notes", note_id)), {"text": text})

    @act
    async def note_remove(self, job_id: str, note_id: str) -> None:
        """Delete one's own note; a repeat changes nothing. Raises Conflict for somebody else's."""
        await self._send(None, "DELETE", job_path(job_id, part("notes", note_id)))

    def services(self, job_id: str, *, probe: bool = False) -> Pages[M, Service]:
        """Return the ports a job exposes and where each is reached; with `probe` also whether it answers (≤ 4 s)."""
        return self._items("Service", job_path(job_id, "services"), probe=probe or None)

    def figures(self, job_id: str) -> Pages[M, Figures]:
        """Return what a job told of itself in its log: use of GPU, memory and network over time."""
        return self._items("Figures", job_path(job_id, "figures"))

    @act
    async def result(self, job_id: str) -> Result:
        """Return what its operations gave back (values cut at 500 characters); `stored_at` is None until it is here."""
        return await self._get("Result", job_path(job_id, "result"))

    @act
    async def result_file(self, job_id: str) -> bytes:
        """Return the whole result as it is kept: JSON. Raises Conflict while it is not here."""
        return await self._core.content(job_path(job_id, "result.json"))

    @act
    async def log_days(self) -> int:
        """Return for how many days after a job's end its log is kept."""
        return (await self._get(None, "log-keeping"))["days"]

    @act
    async def set_log_days(self, days: int) -> int:
        """Keep logs so long from now on; what is older is deleted, for good."""
        return (await self._send(None, "PUT", "log-keeping", {"days": days}))["days"]

    @act
    async def policy(self) -> Policy:
        """Return what new jobs do by themselves, unless they say otherwise."""
        return await self._get("Policy", "job-policy")

    @act
    async def set_policy(self, **changes: Any) -> Policy:
        """Change it for jobs that are launched from now on; what is left out stays. Times are seconds."""
        return await self._send("Policy", "PATCH", "job-policy", changes)
