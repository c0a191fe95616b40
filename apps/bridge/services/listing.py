"""Listings on their way: read what it takes, decide, and store many signed transactions at once."""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.bridge.chain import Blockhash, Gateway, MarketAccount, QueueType, asking_chain, cluster
from apps.bridge.ipfs import IpfsError, pinning
from apps.bridge.keys import Seed, seed_load
from apps.bridge.loop import together
from apps.bridge.models import Order
from apps.bridge.services.exchange import definition_for_ipfs
from apps.bridge.services.orders import (
    NETWORK,
    LeaseLost,
    Ready,
    S,
    list_cancel,
    order_close,
    order_postpone,
    order_wait,
    orders_ours,
    orders_store,
    orders_wait,
    stops_wanted,
)
from apps.bridge.signing import Act, Signer, TransactionTooLarge, attempt_keys, sign
from apps.core.wiring import ask
from apps.jobs import sentences as said
from apps.jobs.models import Attempt, Job
from apps.jobs.policies import QueueThen
from apps.jobs.services import (
    Place,
    attempt_failed,
    attempt_repriced,
    attempts_addressed,
    attempts_wait_for_room,
    jobs_lock,
)
from apps.jobs.state import Reason

logger = logging.getLogger(__name__)

JOB_TYPE_UNKNOWN = 255  # a market of this type takes deposits but queues nothing (network facts §1.9 f)
QUEUE_BUILDS_UP = 8  # from so many listings in one batch on, two share a transaction
NODE_PATIENCE = timedelta(seconds=60)  # how long a listing waits for the one node it is meant for
READ_ONLY_SECONDS = 5.0  # until a read-only platform is asked again whether it still is
FULL_SECONDS = 3.0  # until a full queue is looked at again
I = Order.Instruction  # noqa: E741


@dataclass
class Listing:
    """An order that is to list an attempt."""

    order: Order
    attempt: Attempt
    seed: Seed
    cid: str = ""

    @property
    def job(self) -> Job:
        """The job, as it was when the batch began."""
        return self.attempt.job


def lists_prepare(orders: Sequence[Order], attempts: dict[uuid.UUID, Attempt], *, now: datetime) -> list[Order]:
    """Pin, re-read the markets, sign and store; return the orders whose transaction may be sent.

    What cannot be listed is closed, cancelled or postponed, each for itself; while the platform is read-only all of
    them wait. Raises ChainError, then nothing has changed.
    """
    stops = stops_wanted(orders)
    listings = []
    for order in orders:
        attempt = attempts[order.attempt_id]
        if attempt.settled_at is not None:
            order_close(order, S.FAILED, "the attempt is over", now=now)
        elif order.attempt_id in stops:
            list_cancel(order, now=now)
        else:
            listings.append(Listing(order, attempt, seed_load(attempt.seed_version)))
    if listings and any(ask("core.read_only", now=now)):
        orders_wait([one.order for one in listings], seconds=READ_ONLY_SECONDS, now=now)
        return []
    if not listings:
        return []
    markets, blockhash = _look(listings, now)
    chosen = [one for one in listings if one.cid and _listable(one, markets, now)]
    return _store(_with_room(chosen, markets, now), markets, blockhash, now)


def _look(listings: Sequence[Listing], now: datetime) -> tuple[dict[str, MarketAccount], Blockhash]:
    """Pin the definitions and read the markets, all at once; a listing whose pin failed is postponed, without CID."""
    addresses = sorted({one.job.market.address for one in listings})
    unpinned = [one for one in listings if not one.attempt.definition_cid]

    async def ask(gateway: Gateway) -> tuple[dict[str, MarketAccount], Blockhash]:
        return await gateway.markets_at(addresses), await gateway.blockhash()

    pinned, seen = together(pinning([definition_for_ipfs(one.job) for one in unpinned]), asking_chain(ask))
    for one in listings:
        one.cid = one.attempt.definition_cid
    for one, cid in zip(unpinned, pinned, strict=True):
        if isinstance(cid, IpfsError):
            order_postpone(one.order, str(cid), now=now, ladder=NETWORK)
        else:
            one.cid = cid
    return seen


def _listable(one: Listing, markets: dict[str, MarketAccount], now: datetime) -> bool:
    """Return whether the market takes the job at a price that is held; if not, the order is dealt with."""
    market, known = markets.get(one.job.market.address), one.job.market
    try:
        if market is None or not known.open or market.job_type == JOB_TYPE_UNKNOWN:
            sentence = said.MARKET_CLOSED % {"market": known.name}
            _fail(one, Reason.MARKET_CLOSED, sentence, now)
            return False
        if one.job.node_wanted and not _node_waits(one, market, now):
            return False
        if market.job_price > one.attempt.price_micro and not attempt_repriced(
            attempt_id=one.attempt.pk, price_micro=market.job_price, now=now
        ):
            order_close(one.order, S.FAILED, "the price rose beyond the balance", now=now)
            return False
    except LeaseLost as error:
        logger.warning("%s; our result is dropped", error)
        return False
    return True


def may_wait(order: Order, job: Job, now: datetime) -> bool:
    """Return whether a listing may wait for room in its market's queue, as its job's policy bounds any waiting."""
    left = job.queue_limit_s is None or now - order.created_at < timedelta(seconds=job.queue_limit_s)
    return left or job.queue_then == QueueThen.WAIT


def _with_room(chosen: Sequence[Listing], markets: dict[str, MarketAccount], now: datetime) -> list[Listing]:
    """Return those that their market's queue has room for; the others wait, or are refused there once they may not."""
    room = {
        a: MarketAccount.QUEUE_MAX - len(m.queue) * (m.queue_type == QueueType.JOB) for a, m in markets.items()
    }
    kept, full = [], []
    for one in chosen:
        address = one.job.market.address
        if one.job.node_wanted or room[address] > 0 or not may_wait(one.order, one.job, now):
            room[address] -= 1
            kept.append(one)
        else:
            full.append(one)
    held = orders_wait(
        [one.order for one in full], seconds=FULL_SECONDS, now=now, error="its market's queue is full"
    )
    attempts_wait_for_room(attempt_ids=[order.attempt_id for order in held], now=now)
    return kept


def _node_waits(one: Listing, market: MarketAccount, now: datetime) -> bool:
    node = one.job.node_wanted
    if market.queue_type == QueueType.NODE and node in market.queue:
        return True
    if now - one.order.created_at < NODE_PATIENCE:
        order_wait(one.order, seconds=2, now=now, error="the node it is meant for does not wait in the market")
        return False
    sentence = said.NODE_AWAY % {"node": node[:8], "market": one.job.market.name}
    _fail(one, Reason.NODE_AWAY, sentence, now)
    return False


def _fail(one: Listing, reason: Reason, sentence: str, now: datetime) -> None:
    with transaction.atomic():
        attempt_failed(attempt_id=one.attempt.pk, reason=reason, sentence=sentence, now=now)
        order_close(one.order, S.FAILED, sentence, now=now)


def _store(
    chosen: Sequence[Listing], markets: dict[str, MarketAccount], blockhash: Blockhash, now: datetime
) -> list[Order]:
    """Sign and store under the jobs' locks: either a stop sees the listing, or the listing sees the stop."""
    if not chosen:
        return []
    with transaction.atomic():
        jobs_lock([one.attempt.job_id for one in chosen])
        ours = {order.pk for order in orders_ours([one.order for one in chosen])}
        chosen = [one for one in chosen if one.order.pk in ours]
        stops = stops_wanted([one.order for one in chosen])
        over = set(
            Attempt.objects.filter(pk__in=[one.attempt.pk for one in chosen])
            .exclude(settled_at=None)
            .values_list("pk", flat=True)
        )
        for one in chosen:
            if one.attempt.pk in over:
                order_close(one.order, S.FAILED, "the attempt is over", now=now)
            elif one.attempt.pk in stops:
                list_cancel(one.order, now=now)
        chosen = [one for one in chosen if one.attempt.pk not in stops | over]
        ready = _sign(chosen, blockhash)
        price = {one.attempt.pk: markets[one.job.market.address].job_price for one in chosen}
        attempts_addressed(places=[_place(one, price[one.attempt.pk]) for one in chosen], now=now)
        orders_store(ready, now=now)
    return [one.order for one in ready]


def _sign(chosen: Sequence[Listing], blockhash: Blockhash) -> list[Ready]:
    """Sign the listings; in a queue two of them share a transaction, those of one market first, for they fit best."""
    signers: dict[tuple[uuid.UUID, int], Signer] = {}
    acts: dict[uuid.UUID, Act] = {}
    for one in chosen:
        key = one.job.organisation_id, one.seed.version
        if key not in signers:
            signers[key] = Signer(one.seed, str(one.job.organisation_id))
        acts[one.order.pk] = signers[key].listing(
            job_id=str(one.job.pk),
            number=one.attempt.number,
            market=one.job.market.address,
            cid=one.cid,
            timeout_s=one.job.timeout_s,
            node=one.job.node_wanted,
        )
    pairs, single = _pairs(chosen)
    ready = []
    for first, second in pairs:
        try:
            signed = sign([acts[first.order.pk], acts[second.order.pk]], blockhash)
        except TransactionTooLarge:
            single += [first, second]
        else:
            ready += [Ready(one.order, signed, _instruction(one), shared=True) for one in (first, second)]
    ready += [Ready(one.order, sign([acts[one.order.pk]], blockhash), _instruction(one)) for one in single]
    return ready


def _pairs(chosen: Sequence[Listing]) -> tuple[list[tuple[Listing, Listing]], list[Listing]]:
    """Return which listings share a transaction, and which go alone."""
    if len(chosen) < QUEUE_BUILDS_UP:
        return [], list(chosen)
    single = [one for one in chosen if one.order.alone or one.job.node_wanted]
    alone = {one.order.pk for one in single}
    free = sorted((one for one in chosen if one.order.pk not in alone), key=lambda one: one.job.market.address)
    if len(free) % 2:
        single.append(free.pop())
    return list(zip(free[::2], free[1::2], strict=True)), single


def _instruction(one: Listing) -> Order.Instruction:
    return I.ASSIGN if one.job.node_wanted else I.LIST


def _place(one: Listing, price_micro: int) -> Place:
    keys = attempt_keys(one.seed, str(one.job.organisation_id), str(one.job.pk), one.attempt.number)
    return Place(
        attempt=one.attempt,
        address=keys.job,
        run_address=keys.run,
        seed_version=keys.seed_version,
        genesis_hash=cluster().genesis_hash,
        definition_cid=one.cid,
        price_micro=price_micro,
    )
