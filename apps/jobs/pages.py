"""What the pages say about jobs beyond their rows: costs that tick, the next step in words, what changed."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.durations import duration_text
from apps.jobs.editing import definition_text as definition_text
from apps.jobs.files import ResultFile, result_files
from apps.jobs.models import Job, JobEvent
from apps.jobs.selectors import running_cost
from apps.jobs.services import extension_estimate
from apps.jobs.state import State

CHIP_LIMIT = 500  # characters of one result value that the page shows


@dataclass(frozen=True)
class Cost:
    """What a job costs so far, micro-NOS, and what the browser needs to count on."""

    micro: int
    ticks: bool
    price_micro: int
    fixed_micro: int
    fee_bp: int
    ran_s: int
    limit_s: int


@dataclass(frozen=True)
class Row:
    """A job with its cost."""

    job: Job
    cost: Cost

    @property
    def limit(self) -> str:
        """The time limit, as people say it."""
        return duration_text(self.job.timeout_s)


@dataclass(frozen=True)
class Outcome:
    """What one operation of a job gave back."""

    operation: str
    status: str
    exit_code: int | None
    seconds: int | None
    values: list[tuple[str, list[ResultFile]]]
    errors: list[str]


def cost_of(job: Job, now: datetime) -> Cost:
    """Return the job's cost so far; the job must come with its attempt."""
    ticks = job.state == State.RUNNING and job.started_at is not None
    ran = int(((job.ended_at or now) - job.started_at).total_seconds()) if job.started_at else 0
    return Cost(
        micro=running_cost(job, now),
        ticks=ticks,
        price_micro=job.attempt.price_micro if job.attempt else job.price_micro,
        fixed_micro=job.attempt.network_fee_micro if job.attempt else 0,
        fee_bp=settings.PLATFORM_FEE_BP,
        ran_s=max(ran, 0),
        limit_s=job.timeout_s,
    )


def with_costs(jobs: Iterable[Job], now: datetime) -> list[Row]:
    """Return each job with its cost so far."""
    return [Row(job=job, cost=cost_of(job, now)) for job in jobs]


def jobs_token(jobs: Sequence[Job]) -> str:
    """Return a short text that changes when a list of jobs would look different."""
    seen = [
        (job.pk.hex, job.state, job.stop_requested_at, _settled(job), getattr(job, "exit_code", None))
        for job in jobs
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def job_token(job: Job, events: Sequence[JobEvent]) -> str:
    """Return a short text that changes when a job's page would look different."""
    return f"{events[-1].seq if events else 0}-{int(_settled(job))}-{int(job.result_at is not None)}"


def _settled(job: Job) -> bool:
    return job.attempt is not None and job.attempt.settled_at is not None


def finished(job: Job) -> bool:
    """Return whether nothing about the job will change any more: ended, settled, its result stored."""
    if not job.over or not _settled(job):
        return False
    assert job.attempt is not None
    return not job.attempt.result_cid or job.result_at is not None


def logged(job: Job) -> bool:
    """Return whether no line of the job's log comes any more: it ended, and what its node kept of it is here."""
    return job.over and job.attempt is not None and job.attempt.log_complete_at is not None


def next_words(job: Job) -> str:
    """Return what happens next, for people."""
    words = {"market": job.market.name}
    if job.over:
        return _end_words(job)
    if job.stop_requested_at is not None:
        if job.state == State.RUNNING:
            return _("The network is being told to stop it. You pay the seconds it ran; the rest is released.")
        return _("It is leaving the queue. A job that never ran costs nothing; the whole hold is released.")
    if job.attempt is not None and job.attempt.parked_at is not None:
        return _("It is parked: a person of the platform looks into it. Nothing more is charged meanwhile.")
    if job.state == State.PENDING and job.reason:
        return _("Another try follows by itself as soon as the deposit of the last one is back.")
    if job.state == State.PENDING:
        return (
            _("It is being put on the network, in the market %(market)s. This usually takes a few seconds.")
            % words
        )
    if job.state == State.QUEUED:
        return (
            _("It waits for a free node in %(market)s. Waiting costs nothing; only running seconds are paid.")
            % words
        )
    return _("It ends when its operations do, when you stop it, or at its time limit, whichever comes first.")


def log_empty_words(job: Job, lines: int) -> str:
    """Return why a log is empty, and what to expect of it."""
    if lines:
        return _("Loading the newest lines…")
    if job.over and job.started_at is None:
        return _("It never ran, so there is no log.")
    if job.over:
        return _("It ran and wrote nothing.")
    if job.state == State.RUNNING:
        return _("It runs and has written nothing yet; lines appear here as it writes them.")
    if job.state == State.QUEUED:
        return _("It waits for a node; its lines appear here as soon as one runs it.")
    return _("It is not on the network yet; its lines appear here as soon as a node runs it.")


def extension_words(job: Job, form: Any) -> dict[str, Any]:
    """Return what the page says a longer time limit costs: for the one asked for, else for the one it proposes."""
    field = form.fields["timeout_minutes"]
    minutes = form.cleaned_data.get("timeout_minutes") if form.is_bound and form.is_valid() else field.initial
    if job.attempt is None or not minutes or minutes * 60 <= job.timeout_s:
        return {"cost": None, "minutes": minutes}
    return {"cost": extension_estimate(job=job, timeout_s=minutes * 60), "minutes": minutes}


def _end_words(job: Job) -> str:
    if job.attempt is not None and job.attempt.parked_at is not None and not _settled(job):
        return _(
            "It is parked: a person of the platform reads the network's history and settles it. Its hold stays."
        )
    if not _settled(job):
        return _(
            "The network is making the end final; then the seconds that ran are paid and the rest is released."
        )
    assert job.attempt is not None
    if job.attempt.result_cid and job.result_at is None:
        return _("The money is settled. The result is being fetched from the network.")
    if not job.attempt.cost_micro:
        return _("It cost nothing; the whole hold is back in your balance.")
    return _("Everything is settled: the seconds that ran are paid, the rest is back in your balance.")


HIDDEN = "•••"
SECRET_NAME = re.compile(
    r"(token|secret|passw|password|api_?key|access_?key|private_?key|credential)", re.IGNORECASE
)


def definition_shown(definition: Any) -> Any:
    """Return a definition for pages and downloads: what stands under a telling name of an environment is hidden.

    Sealed secrets are marks already (`%%secret.NAME%%`) and stay readable as such.
    """
    if isinstance(definition, list):
        return [definition_shown(one) for one in definition]
    if not isinstance(definition, dict):
        return definition
    shown = {key: definition_shown(value) for key, value in definition.items()}
    if isinstance(shown.get("env"), dict):
        shown["env"] = {name: _hidden(str(name), value) for name, value in shown["env"].items()}
    return shown


def _hidden(name: str, value: Any) -> Any:
    open_ = isinstance(value, str) and value and not value.startswith("%%")
    return HIDDEN if open_ and SECRET_NAME.search(name) else value


def outcomes(result: Any) -> list[Outcome]:
    """Return what each operation gave back, from the flow state a node stored; unknown shapes give nothing."""
    states = result.get("opStates") if isinstance(result, dict) else None
    files = result_files(result)
    found = []
    for state in states if isinstance(states, list) else []:
        if isinstance(state, dict):
            operation = str(state.get("operationId", "?"))
            found.append(
                Outcome(
                    operation=operation[:200],
                    status=str(state.get("status", ""))[:40],
                    exit_code=state.get("exitCode") if isinstance(state.get("exitCode"), int) else None,
                    seconds=_seconds(state),
                    values=_values(state.get("results"), operation, files),
                    errors=_errors(state),
                )
            )
    return found


def _seconds(state: dict[str, Any]) -> int | None:
    began, ended = state.get("startTime"), state.get("endTime")
    known = isinstance(began, int | float) and isinstance(ended, int | float) and 0 < began <= ended < 10**14
    return int((ended - began) / 1000) if known else None  # type: ignore[operator]


def _values(results: Any, operation: str, files: list[ResultFile]) -> list[tuple[str, list[ResultFile]]]:
    if not isinstance(results, dict):
        return []
    own = [one for one in files if one.operation == operation]
    return [(str(name), [one for one in own if one.key == str(name)][:50]) for name in results]


def _errors(state: dict[str, Any]) -> list[str]:
    errors = state.get("errors") or ([state["error"]] if state.get("error") else [])
    errors = errors if isinstance(errors, list) else [errors]
    return [str(e.get("message", e) if isinstance(e, dict) else e)[:CHIP_LIMIT] for e in errors]
