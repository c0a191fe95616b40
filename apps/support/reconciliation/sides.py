"""What each side tells of a day, as items that are not written yet. Stripe and the chain are asked over the network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from apps.billing import chart
from apps.billing.models import Reversal
from apps.bridge.models import Stray
from apps.bridge.selectors import Position, payouts
from apps.core.money import CURRENCIES
from apps.jobs.models import Attempt
from apps.ledger.models import Entry
from apps.payments.gateway import BalanceMovement, balance_movements
from apps.payments.models import Refund, TopUp
from apps.support.reconciliation.models import ReconciliationItem as Item

Side, Pair, Kind = Item.Side, Item.Pair, Item.Kind
BATCH = 500
DAY = timedelta(days=1)
T = TypeVar("T")


def span(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins and ends, UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + DAY


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def stripe_items(day: date, *, first: bool) -> Iterator[list[Item]]:
    """Yield in batches what Stripe tells of a day; of the `first` day also all before. Raises as the gateway."""
    since, until = span(day)
    movements = balance_movements(since=None if first else since, until=until)
    for batch in _batches(movements):
        intents = {one.payment_intent for one in batch if one.payment_intent}
        topups = {one.payment_intent: one for one in TopUp.objects.filter(payment_intent__in=intents)}
        yield [item for one in batch for item in _of_movement(one, topups.get(one.payment_intent)) if item.amount]


def _of_movement(movement: BalanceMovement, topup: TopUp | None) -> list[Item]:
    """Return a payment and its fee apart, as the ledger books them; everything else as one."""
    kind, match = _named(movement, topup)
    facts = {
        "pair": Pair.STRIPE,
        "side": Side.STRIPE,
        "day": movement.at.date(),
        "at": movement.at,
        "currency": movement.currency,
        "organisation_id": topup.organisation_id if topup else None,
        "topup_id": str(topup.id) if topup else "",
    }
    if kind != Kind.PAYMENT:
        net = movement.amount_minor - movement.fee_minor
        return [Item(kind=kind, reference=movement.id, match=match, amount=net, **facts)]
    fee = {"kind": Kind.FEE, "reference": f"{movement.id}:fee", "amount": -movement.fee_minor}
    return [
        Item(kind=kind, reference=movement.id, match=match, amount=movement.amount_minor, **facts),
        Item(**fee, match=f"topup:{topup.id}:fee" if topup else f"movement:{movement.id}:fee", **facts),
    ]


def _named(movement: BalanceMovement, topup: TopUp | None) -> tuple[str, str]:
    by_id = f"movement:{movement.id}"
    if movement.source_kind == "charge" and movement.amount_minor > 0:
        return Kind.PAYMENT, f"topup:{topup.id}:payment" if topup else by_id
    if movement.source_kind == "refund":
        if movement.amount_minor > 0:
            return Kind.RETURN, f"return:{movement.source}"
        if movement.refund_id:
            return Kind.REFUND, f"refund:{movement.refund_id}"
        return Kind.REFUND, f"topup:{topup.id}:refunds" if topup else by_id
    return Kind.DISPUTE if movement.source_kind == "dispute" else Kind.OTHER, by_id


def ledger_items(day: date) -> Iterator[list[Item]]:
    """Yield in batches what the ledger booked on a day on the accounts that Stripe and the chain know too."""
    since, until = span(day)
    codes = [chart.NETWORK_SPEND, *(chart.stripe(currency) for currency in CURRENCIES)]
    known = Item.objects.filter(side=Side.LEDGER, day__lt=day - 3 * DAY).order_by("-entry_id").first()
    entries = Entry.objects.filter(
        account__code__in=codes,
        id__gt=known.entry_id or 0 if known else 0,
        transfer__at__gte=since,
        transfer__at__lt=until,
    )
    rows = entries.select_related("transfer", "account").order_by("id").iterator(chunk_size=BATCH)
    for batch in _batches(rows):
        yield [*_stripe_booked([one for one in batch if one.account.code != chart.NETWORK_SPEND]),
               *_spent([one for one in batch if one.account.code == chart.NETWORK_SPEND])]  # fmt: skip


def _stripe_booked(entries: Sequence[Entry]) -> Iterator[Item]:
    finished = [
        entry.transfer.key.split(":")[1] for entry in entries if entry.transfer.key.startswith("reversal:")
    ]
    reversals = {str(one.id): one for one in Reversal.objects.filter(id__in=finished)}
    told = [entry.transfer.details.get("reference") for entry in entries if entry.transfer.reason == "vat_refund"]
    refunds = {str(one.stripe_refund_id): one.key for one in Refund.objects.filter(stripe_refund_id__in=told)}
    topups = [str(entry.transfer.details.get("topup_id")) for entry in entries]
    owners = {str(id): owner for id, owner in TopUp.objects.filter(
        id__in=[topup for topup in topups if len(topup) == 36]).values_list("id", "organisation_id")}  # fmt: skip
    for entry, topup in zip(entries, topups, strict=True):
        kind, match = _booked(entry, topup, reversals, refunds)
        yield Item(
            pair=Pair.STRIPE,
            kind=kind,
            match=match,
            organisation_id=owners.get(topup),
            topup_id=topup if topup in owners else "",
            amount=entry.amount,
            **_entry_facts(entry),
        )


def _booked(
    entry: Entry, topup: str, reversals: Mapping[str, Reversal], refunds: Mapping[str, str]
) -> tuple[str, str]:
    transfer = entry.transfer
    reference = str(transfer.details.get("reference") or "")
    match transfer.reason:
        case "topup":
            return Kind.PAYMENT, f"topup:{topup}:payment"
        case "stripe_fee":
            return Kind.FEE, f"topup:{topup}:fee"
        case "refund_done":
            reversal = reversals.get(transfer.key.split(":")[1])
            own = reversal is not None and reversal.key.startswith("refund:")
            return Kind.REFUND, reversal.key if reversal and own else f"topup:{topup}:refunds"
        case "vat_refund":
            return Kind.REFUND, refunds.get(reference, f"refund-at-stripe:{reference}")
        case "refund_bounced":
            return Kind.RETURN, f"return:{reference}"
        case "payout" | "stripe_service":
            return Kind.OTHER, f"movement:{reference}"
        case "dispute_funds":
            return Kind.DISPUTE, f"movement:{transfer.key.rsplit(':', 1)[1]}"
    return Kind.OTHER, f"transfer:{transfer.key}"


def _spent(entries: Sequence[Entry]) -> Iterator[Item]:
    """What was booked as gone to the network, as an amount below 0: it left us."""
    sources = {entry.id: _source(entry) for entry in entries}
    attempts = {
        one.hold_source: one
        for one in Attempt.objects.filter(hold_source__in=sources.values()).select_related("job")
    }
    for entry in entries:
        source = sources[entry.id]
        attempt = attempts.get(source)
        yield Item(
            pair=Pair.CHAIN,
            kind=Kind.PAYOUT,
            match=f"attempt:{attempt.id}" if attempt else f"source:{source}",
            organisation_id=attempt.job.organisation_id if attempt else None,
            job_id=attempt.job_id if attempt else None,
            amount=-entry.amount,
            **_entry_facts(entry),
        )


def _source(entry: Entry) -> str:
    key = entry.transfer.key
    return (
        key.removeprefix("loss:") if key.startswith("loss:") else str(entry.transfer.details.get("source") or key)
    )


def _entry_facts(entry: Entry) -> dict[str, object]:
    transfer, account = entry.transfer, entry.account
    return {
        "side": Side.LEDGER,
        "day": transfer.at.astimezone(UTC).date(),
        "at": transfer.at,
        "currency": account.currency,
        "reference": f"{transfer.key}@{account.code}"[:200],
        "entry_id": entry.id,
    }


def chain_items(day: date) -> Iterator[list[Item]]:
    """Yield in batches what the chain paid out for the attempts that were settled on a day. Raises ChainError."""
    since, until = span(day)
    settled = Attempt.objects.filter(settled_at__gte=since, settled_at__lt=until, address__isnull=False)
    for batch in _batches(settled.select_related("job").order_by("id").iterator(chunk_size=BATCH)):
        paid = payouts(batch)
        yield [
            _paid(attempt, payout.micro, attempt.settled_at or since)
            for attempt in batch
            if (payout := paid.get(attempt.pk)) and payout.micro
        ]


def _paid(attempt: Attempt, micro: int, at: datetime) -> Item:
    return Item(
        pair=Pair.CHAIN,
        side=Side.CHAIN,
        kind=Kind.PAYOUT,
        day=at.astimezone(UTC).date(),
        at=at,
        reference=str(attempt.address),
        match=f"attempt:{attempt.id}",
        currency=chart.NOS,
        amount=-micro,
        organisation_id=attempt.job.organisation_id,
        job_id=attempt.job_id,
    )


def standing_items(position: Position, *, now: datetime) -> list[Item]:
    """Return what the chain tells now of jobs that are under way: earned and not settled, too much held, unknown."""
    escrows = [one for one in position.escrows if one.earned_micro or one.differs]
    attempts = Attempt.objects.select_related("job").in_bulk([one.attempt_id for one in escrows])
    found = []
    for one in escrows:
        attempt = attempts[one.attempt_id]
        if one.earned_micro:
            found.append(_paid(attempt, one.earned_micro, now))
        if one.differs:
            item = _paid(attempt, one.held_micro - one.expected_micro, now)
            item.kind, item.reference, item.match = Kind.ESCROW, f"{one.address}:escrow", f"escrow:{attempt.id}"
            found.append(item)
    return [*found, *_strays(Stray.objects.filter(gone_at=None, deposit_micro__gt=0))]


def _strays(strays: Iterable[Stray]) -> Iterator[Item]:
    for stray in strays:
        yield Item(
            pair=Pair.CHAIN,
            side=Side.CHAIN,
            kind=Kind.STRAY,
            day=stray.first_seen_at.astimezone(UTC).date(),
            at=stray.first_seen_at,
            reference=f"{stray.address}:stray",
            match=f"stray:{stray.address}",
            currency=chart.NOS,
            amount=-stray.deposit_micro,
        )
