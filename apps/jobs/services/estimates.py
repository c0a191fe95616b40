"""What a job can cost at most, before anything is held."""

from dataclasses import dataclass

from apps.billing import services as billing
from apps.jobs.models import Market
from apps.jobs.services.fees import network_fee


@dataclass(frozen=True)
class Estimate:
    """The worst case of a job, all micro-NOS: what is held, and what is paid if it uses its whole time."""

    network_micro: int
    network_fee_micro: int
    platform_fee_micro: int
    total_micro: int
    per_hour_micro: int


def job_estimate(market: Market, timeout_s: int) -> Estimate:
    """Return the most a job can cost there, network and platform fees included, and the price of an hour."""
    return estimate_at(market.price_micro, timeout_s)


def estimate_at(price_micro: int, timeout_s: int) -> Estimate:
    """Return the most a job can cost at this price (micro-NOS a second)."""
    network, network_fee, platform_fee = _parts(price_micro, timeout_s)
    return Estimate(
        network_micro=network,
        network_fee_micro=network_fee,
        platform_fee_micro=platform_fee,
        total_micro=network + network_fee + platform_fee,
        per_hour_micro=sum(_parts(price_micro, 3600)),
    )


def _parts(price_micro: int, seconds: int) -> tuple[int, int, int]:
    network = price_micro * seconds
    return network, network_fee(network), billing.platform_fee(network)
