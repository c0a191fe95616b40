"""How the amount of a try comes about, line by line, from what was reserved to what came back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.billing.models import Hold
from apps.core.money import credits_text
from apps.support.desk.pages import Step


@dataclass(frozen=True)
class Sum:
    """One line: what it is, how it comes about, micro-NOS, when, and the transaction that shows it."""

    what: str
    how: str
    micro: int
    at: datetime | None = None
    signature: str = ""
    total: bool = False


def sums_of(step: Step) -> list[Sum]:
    """Return the lines of a try; an open one has only what is reserved."""
    return list(_lines(step))


def _lines(step: Step) -> Iterator[Sum]:
    attempt, hold, settled = step.attempt, step.hold, step.settlement
    if hold is None:
        return
    price = credits_text(attempt.price_micro)
    parts = [f"{hold.network_micro // max(attempt.price_micro, 1):,} s at {price} a second"]
    parts += [f"the network's fee {credits_text(hold.network_fee_micro)}"] if hold.network_fee_micro else []
    parts += [f"our fee {credits_text(hold.platform_fee_micro)}"] if hold.platform_fee_micro else []
    yield Sum("Reserved", ", ".join(parts), hold.amount_micro, hold.placed_at, attempt.list_signature)
    if settled is None:
        if hold.state == Hold.State.RELEASED:
            yield Sum("Cost", "it never ran", 0, total=True)
            yield Sum("Came back", hold.reason or "all of it", hold.amount_micro, hold.ended_at)
        return
    ran = f"{settled.seconds:,} s at {credits_text(settled.network_micro // max(settled.seconds, 1))} a second"
    yield Sum("Node", ran if settled.seconds else "it never ran", settled.network_micro, attempt.ended_at)
    if settled.network_fee_micro:
        yield Sum("Network's fee", "kept by the network of the deposit", settled.network_fee_micro)
    if settled.platform_fee_micro:
        yield Sum("Our fee", "of what the node earned", settled.platform_fee_micro)
    if settled.loss_micro:
        yield Sum("We bear", "what the hold did not cover", -settled.loss_micro)
    yield Sum(
        "Cost", "what the customer paid", settled.cost_micro, settled.at, attempt.settle_signature, total=True
    )
    yield Sum("Came back", "reserved less cost", settled.released_micro, settled.at)
