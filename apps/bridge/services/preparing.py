"""The first half of an order: look, decide, sign, store; each act returns whether there is something to send."""

from collections.abc import Callable
from datetime import datetime

from apps.bridge.chain import (
    Blockhash,
    ClusterMismatch,
    Gateway,
    JobState,
    JobView,
    MarketAccount,
    QueueType,
    Signer,
    ask_chain,
    attempt_keys,
    cluster,
)
from apps.bridge.ipfs import definition_pin
from apps.bridge.keys import seed_load
from apps.bridge.models import Order
from apps.bridge.services.orders import (
    S,
    list_cancel,
    order_close,
    order_postpone,
    order_sign,
    order_wait,
    stop_wanted,
)
from apps.jobs.models import Attempt, Want
from apps.jobs.services import attempt_addressed, attempt_failed, attempt_repriced
from apps.jobs.state import OVER, Reason

JOB_TYPE_UNKNOWN = 255  # a market of this type takes deposits but queues nothing (network facts §1.9 f)
I = Order.Instruction  # noqa: E741


def list_prepare(order: Order, now: datetime) -> bool:
    """Pin the definition, store the address, re-read the price, sign and store the listing."""
    attempt = _attempt(order)
    job = attempt.job
    if attempt.settled_at is not None:
        order_close(order, S.FAILED, "the attempt is over", now=now)
        return False
    if stop_wanted(order):
        list_cancel(order, now=now)
        return False
    seed = seed_load(attempt.seed_version)
    keys = attempt_keys(seed, str(job.organisation_id), str(job.pk), attempt.number)
    cid = attempt.definition_cid or definition_pin(job.definition)
    attempt_addressed(
        attempt_id=attempt.pk,
        address=keys.job,
        run_address=keys.run,
        seed_version=keys.seed_version,
        genesis_hash=keys.genesis_hash,
        definition_cid=cid,
        now=now,
    )

    async def look(gateway: Gateway) -> tuple[MarketAccount | None, Blockhash]:
        return await gateway.market(job.market.address), await gateway.blockhash()

    market, blockhash = ask_chain(look)
    if market is None or not job.market.open or market.job_type == JOB_TYPE_UNKNOWN:
        sentence = f"The market {job.market.name} closed before the job was listed; choose another one."
        attempt_failed(attempt_id=attempt.pk, reason=Reason.MARKET_CLOSED, sentence=sentence, now=now)
        order_close(order, S.FAILED, sentence, now=now)
        return False
    if not attempt_repriced(attempt_id=attempt.pk, price_micro=market.job_price, now=now):
        order_close(order, S.FAILED, "the price rose beyond the balance", now=now)
        return False
    signed = Signer(seed, str(job.organisation_id)).listing(
        job_id=str(job.pk),
        number=attempt.number,
        market=job.market.address,
        cid=cid,
        timeout_s=job.timeout_s,
        blockhash=blockhash,
    )
    return order_sign(order, signed, I.LIST, now=now)


def stop_prepare(order: Order, now: datetime) -> bool:
    """Read the chain and sign what stops the job there: delist while it waits, end while it runs, else nothing."""
    attempt = _attempt(order)
    if attempt.settled_at is not None:
        order_close(order, S.CONFIRMED, "it was over already", now=now)
        return False
    listing = Order.objects.filter(attempt_id=attempt.pk, kind=Want.Kind.LIST).first()
    if attempt.address is None or listing is None or listing.confirmed_at is None:
        order_wait(order, seconds=0.5, now=now)  # the listing cancels itself, or lands and is stopped then
        return False
    address = attempt.address

    async def look(gateway: Gateway) -> tuple[JobView, MarketAccount | None, Blockhash]:
        view = await gateway.view(address)
        market = await gateway.market(view.job.market) if view.job and view.run is None else None
        return view, market, await gateway.blockhash()

    view, market, blockhash = ask_chain(look)
    if view.job is None and attempt.job.state not in OVER:
        order_postpone(order, "the job's account is not visible at this moment; looking again", now=now)
        return False
    if view.job is None or view.job.state in (JobState.DONE, JobState.STOPPED):
        order_close(order, S.CONFIRMED, "it was over already", now=now)
        return False
    if view.run is not None and attempt.ending == Reason.QUEUED_TOO_LONG and not attempt.job.stop_requested_at:
        order_close(order, S.CONFIRMED, "a node was faster than the policy; it runs on", now=now)
        return False
    signer = Signer(seed_load(attempt.seed_version), str(attempt.job.organisation_id))
    if view.run is not None:
        signed = signer.ending(address, view.job, view.run, view.run_address, blockhash)
        return order_sign(order, signed, I.END, now=now)
    if market is not None and market.queue_type == QueueType.JOB and address in market.queue:
        return order_sign(order, signer.delisting(address, view.job, blockhash), I.DELIST, now=now)
    order_postpone(order, "neither queued nor running at this moment; looking again", now=now)
    return False


def recover_prepare(order: Order, now: datetime) -> bool:
    """Sign what takes the deposit of a quit job back."""
    attempt = _attempt(order)
    if attempt.settled_at is not None or attempt.address is None:
        order_close(order, S.CONFIRMED, "it was over already", now=now)
        return False
    address = attempt.address

    async def look(gateway: Gateway) -> tuple[JobView, Blockhash]:
        return await gateway.view(address), await gateway.blockhash()

    view, blockhash = ask_chain(look)
    if view.job is None or view.job.state == JobState.DONE:
        order_close(order, S.CONFIRMED, "another node took the job over and ended it", now=now)
        return False
    if view.job.state != JobState.STOPPED:
        order_postpone(order, "the quit is not visible at this moment; looking again", now=now)
        return False
    signer = Signer(seed_load(attempt.seed_version), str(attempt.job.organisation_id))
    return order_sign(order, signer.recovery(address, view.job, blockhash), I.RECOVER, now=now)


PREPARE: dict[str, Callable[[Order, datetime], bool]] = {
    Want.Kind.LIST: list_prepare,
    Want.Kind.STOP: stop_prepare,
    Want.Kind.RECOVER: recover_prepare,
}


def _attempt(order: Order) -> Attempt:
    attempt = Attempt.objects.select_related("job__market").get(pk=order.attempt_id)
    if attempt.genesis_hash and attempt.genesis_hash != cluster().genesis_hash:
        raise ClusterMismatch(
            f"Attempt {attempt.pk} lives on the cluster {attempt.genesis_hash}, but {cluster().genesis_hash} is"
            " configured; run this worker with that cluster's settings."
        )
    return attempt
