"""Private jobs: the pinned definition is a shell; the node that holds the run fetches the real one from us.

A node proves itself by the network's own header, its signature over the job's address with a time (network facts §2,
§4.4). What the network signs binds no time and no body, so every answer also asks the chain, or what we saw of it:
this node, this job, and a run that is live.
"""

import hashlib
import json
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.translation import gettext as _
from nosana.spec import FlowState

from apps.bridge.chain import ChainError, Gateway, JobState, JobView, SignedHeader, ask_chain, header_read
from apps.bridge.models import Exchange
from apps.core import leases, queue
from apps.core.errors import AppError, Conflict, NotFound
from apps.core.numbers import number_text
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job
from apps.jobs.services import Observation, Seen, definition_whole, event_write, job_lock, job_observe
from apps.jobs.state import OVER, Reason, State

FRESH = timedelta(seconds=300)  # as the network's own clients have it
RESULT_BYTES = 64_000_000
HANDED_MOST = 100  # a node that starts anew asks again; nobody asks this often
LATE = timedelta(days=2)  # how long after a job's end its result is taken
LOOK_SECONDS = 1  # between two looks at the chain for one attempt


class NotProven(AppError):
    """The header does not show that the node that holds this job's run is asking."""

    code = "not_proven"
    status = 401


class TryLater(AppError):
    """The chain could not be asked just now, or does not show the run yet; nodes come again."""

    code = "try_later"
    status = 503


class TooLarge(AppError):
    """The result is over the limit."""

    code = "body_too_large"
    status = 413


@dataclass(frozen=True)
class Caller:
    """A node that proved itself for an attempt."""

    attempt: Attempt
    node: str


def definition_for_ipfs(job: Job) -> dict[str, Any]:
    """Return what is pinned for a job: all of a public one, of a private one a shell that says where to ask.

    The shell is the same for every private job. Raises ImproperlyConfigured for an address that is not https
    outside the sandbox.
    """
    if not job.private:
        return dict(job.definition)
    base = settings.NODE_EXCHANGE_URL.rstrip("/")
    if settings.ENVIRONMENT != "sandbox" and not base.startswith("https://"):
        raise ImproperlyConfigured(
            f"NODE_EXCHANGE_URL is {base}: nodes may exchange private jobs over https alone; give such an address."
        )
    ends = {"send": "definition", "receive": "result"}
    endpoints = {end: f"{base}/nodes/jobs/%%global.job%%/{name}" for end, name in ends.items()}
    return {
        "version": "0.1",
        "type": "container",
        "ops": [],
        "logistics": {end: {"type": "api", "args": {"endpoint": url}} for end, url in endpoints.items()},
    }


def definition_hand(*, address: str, header: str, now: datetime) -> dict[str, Any]:
    """Return the whole definition to the node that holds the live run of the job at the address.

    Raises NotProven, NotFound for an address of no private job, Conflict when the run is over or its result is in,
    TryLater when the chain does not answer or does not show the run yet.
    """
    caller = _caller(address, header, now=now)
    job = caller.attempt.job
    if job.state in OVER or caller.attempt.settled_at is not None:
        raise Conflict(_("This job is over; its definition is not handed out any more."), code="job_over")
    whole = definition_whole(job)
    with transaction.atomic():
        locked = job_lock(job.pk)
        exchange = _exchange(caller)
        if exchange.result_at is not None:
            raise Conflict(
                _("The result of this job is in; its definition is not handed out any more."), code="job_over"
            )
        if exchange.handed >= HANDED_MOST:
            raise Conflict(
                _("This definition was handed out %(handed_most)s times already.") % {"handed_most": HANDED_MOST},
                code="handed_too_often",
            )
        if not exchange.handed:
            exchange.handed_at = now
            sentence = said.HANDED % {"node": caller.node}
            event_write(job=locked, kind="handed", sentence=sentence, now=now)
        exchange.handed, exchange.node = exchange.handed + 1, caller.node
        exchange.save()
    return whole


def result_take(*, address: str, header: str, body: bytes, now: datetime) -> bool:
    """Take the result of a private job from the node that runs or ran it; return whether it was new.

    The same result again changes nothing. Raises Conflict for another one, NotProven, NotFound, TryLater, TooLarge,
    and AppError for a body that is no flow state.
    """
    if len(body) > RESULT_BYTES:
        raise TooLarge(
            _("A result has at most %(result_bytes)s bytes; this one is larger.")
            % {"result_bytes": number_text(RESULT_BYTES)}
        )
    caller = _caller(address, header, now=now)
    attempt = caller.attempt
    ended = attempt.job.ended_at
    if attempt.job.reason == Reason.NODE_QUIT or (ended is not None and now - ended > LATE):
        raise Conflict(_("No result of this job is taken any more."), code="job_over")
    flow_read(body)
    digest = hashlib.sha256(body).hexdigest()
    packed = zlib.compress(body, 1)
    with transaction.atomic():
        locked = job_lock(attempt.job_id)
        exchange = _exchange(caller)
        if exchange.result_at is not None:
            if exchange.result_digest == digest:
                return False
            raise Conflict(_("This job has a result already, and this is another one."), code="result_differs")
        exchange.result_at, exchange.result_digest, exchange.node, exchange.body = now, digest, caller.node, packed
        exchange.save()
        event_write(job=locked, kind="delivered", sentence=said.DELIVERED, now=now)
        queue.enqueue("bridge.result_fetch", attempt_id=str(attempt.pk))
    return True


def result_delivered(attempt_id: uuid.UUID) -> dict[str, Any] | None:
    """Return the result a node delivered and that is not stored with the job yet, None when there is none."""
    body = Exchange.objects.filter(attempt_id=attempt_id).values_list("body", flat=True).first()
    return None if body is None else flow_read(zlib.decompress(bytes(body)))


def result_unpack_end(attempt_id: uuid.UUID) -> None:
    """Let the packed result go, now that it is stored with the job."""
    Exchange.objects.filter(attempt_id=attempt_id).update(body=None)


def flow_read(body: bytes) -> dict[str, Any]:
    """Return a flow state. Raises AppError with a sentence for anything else."""
    try:
        value = json.loads(body)
        FlowState.model_validate(value)
    except (ValueError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise AppError(
            _("The result must be a flow state in JSON: %(said)s") % {"said": said}, code="no_flow_state"
        ) from None
    return dict(value)


def _caller(address: str, header: str, *, now: datetime) -> Caller:
    """Return who proved to be the node of the attempt at the address; what is cheap is checked first."""
    said = header_read(header)
    if said is None or said.message != address:
        raise NotProven(
            _(
                "Send “Authorization: <job address>:<signature>:<unix ms>”, signed with the node's key for "
                "this very job."
            )
        )
    if not said.fresh(now, FRESH):
        raise NotProven(
            _("The header carries no time within %(total_seconds)s seconds of ours; sign it anew.")
            % {"total_seconds": int(FRESH.total_seconds())}
        )
    attempt = Attempt.objects.select_related("job__market", "job__secrets").filter(address=address).first()
    if attempt is None or not attempt.job.private:
        raise NotFound(_("There is no private job at this address."))
    if attempt.job.attempt_id != attempt.pk:
        raise Conflict(_("This try of the job is over."), code="job_over")
    known = attempt.node if attempt.job.state in (State.RUNNING, *OVER) else ""
    if known and said.signed_by(known):
        return Caller(attempt, known)
    if attempt.job.state in OVER:
        raise NotProven(_("The node that asks did not run this job."))
    return _look(attempt, said, now=now)


def _look(attempt: Attempt, said: SignedHeader, *, now: datetime) -> Caller:
    """Look at the chain for the run that we have not seen yet, and move the job by what is there."""
    address = attempt.address or ""
    if not leases.lease_take(f"bridge.look:{attempt.pk}", seconds=LOOK_SECONDS, now=now):
        raise TryLater(_("This job is being looked for on the chain; ask again in a second."))
    try:
        view, slot = ask_chain(lambda gateway: _view(gateway, address))
    except ChainError:
        raise TryLater(_("The chain does not answer just now; ask again in a few seconds.")) from None
    node = view.run.node if view.run else ""
    if view.job is not None and view.job.state == JobState.DONE:
        node = view.job.node
    if not node:
        raise TryLater(_("The chain does not show a run of this job yet; ask again in a few seconds."))
    if not said.signed_by(node):
        raise NotProven(_("Another node holds or held this job's run."))
    if view.run is not None and attempt.job.state in (State.PENDING, State.QUEUED):
        started = datetime.fromtimestamp(view.run.time, tz=UTC)
        seen = Observation(Seen.RUNNING, slot, node, started_at=started)
        job_observe(attempt_id=attempt.pk, observation=seen, now=now)
        attempt = Attempt.objects.select_related("job__market", "job__secrets").get(pk=attempt.pk)
    return Caller(attempt, node)


async def _view(gateway: Gateway, address: str) -> tuple[JobView, int]:
    slot = await gateway.slot()  # what is read afterwards is at least that new
    return await gateway.view(address), slot


def _exchange(caller: Caller) -> Exchange:
    return Exchange.objects.get_or_create(attempt=caller.attempt, defaults={"node": caller.node})[0]
