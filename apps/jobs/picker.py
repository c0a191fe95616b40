"""Choosing a GPU by need: which markets fit, what they cost an hour, how long a job waits there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.durations import duration_text
from apps.core.money import MICRO, fiat_rough
from apps.jobs.gallery import Gpu
from apps.jobs.models import Market
from apps.jobs.services import job_estimate

AMD = re.compile(r"\b(amd|radeon|instinct|mi\d{2,3}x?|rx[ -]?\d{4})\b", re.IGNORECASE)
OTHER = re.compile(r"\b(intel|arc|apple|m[1-4])\b", re.IGNORECASE)
SORTS = {
    "price": gettext_lazy("price"),
    "wait": gettext_lazy("wait"),
    "vram": gettext_lazy("GPU memory"),
    "finished": gettext_lazy("jobs that finished"),
}
WORTH_NOT_WAITING = (3, 2)  # a free node may cost half as much again as the cheapest that fits


@dataclass(frozen=True)
class Need:
    """What a job needs, and what the person looks for: gigabytes, whose GPU, micro-NOS an hour, free at once."""

    vram_gb: int = 0
    gpu: str = Gpu.ANY.value
    most_micro_hour: int | None = None
    free_only: bool = False
    sort: str = "price"


@dataclass(frozen=True)
class Choice:
    """A market as the picker shows it; `lack` says why it does not fit, "" where it does. Prices are an hour's."""

    market: Market
    per_hour_micro: int
    fiat_hour: str
    wait: str
    told: str
    lack: str

    @property
    def fits(self) -> bool:
        """Whether it has what the job needs."""
        return not self.lack

    @property
    def free(self) -> bool:
        """Whether a job starts there at once."""
        return bool(self.market.nodes_waiting)

    @property
    def waits(self) -> tuple[int, int]:
        """Order by wait: free nodes, then by queue; where nobody is, last."""
        market = self.market
        if market.nodes_waiting:
            return (0, -market.nodes_waiting)
        return (1, market.queue_len) if market.queue_type == Market.Queue.JOBS else (2, market.wait_median_s or 0)


def vendor_of(market: Market) -> str:
    """Return whose GPU a market has, by its name; NVIDIA where the name says nothing, as almost all do."""
    name = f"{market.gpu} {market.name}"
    if AMD.search(name):
        return Gpu.AMD.value
    return "other" if OTHER.search(name) and "nvidia" not in name.lower() else Gpu.NVIDIA.value


def choices(markets: Sequence[Market], need: Need, rate: int | None, currency: str) -> list[Choice]:
    """Return the markets as the picker shows them: those that fit first, sorted as asked.

    `rate` is what one credit costs, in micro-fiat of the currency; None leaves such prices out.
    """
    found = []
    for market in markets:
        hour = job_estimate(market, 3600).total_micro
        fiat = fiat_rough(hour * rate // MICRO, currency) if rate else ""
        lack = _lack(market, hour, need)
        found.append(Choice(market, hour, fiat, wait_words(market), told_words(market), lack))
    keys = {
        "wait": lambda one: (*one.waits, one.per_hour_micro),
        "vram": lambda one: (-one.market.vram_gb, one.per_hour_micro),
        "finished": lambda one: (-(one.market.finished_percent or 0), one.per_hour_micro),
    }
    key = keys.get(need.sort, lambda one: (one.market.rank, one.per_hour_micro))
    return sorted(found, key=lambda one: (not one.fits, key(one), one.market.slug))


def sensible(found: Sequence[Choice]) -> Choice | None:
    """Return the choice a person would make: the cheapest that fits, or one that is free and hardly dearer."""
    fitting = sorted((one for one in found if one.fits), key=lambda one: one.per_hour_micro)
    if not fitting:
        return found[0] if found else None
    times, of = WORTH_NOT_WAITING
    free = next((one for one in fitting if one.free), None)
    if free and free.per_hour_micro * of <= fitting[0].per_hour_micro * times:
        return free
    return fitting[0]


def _lack(market: Market, hour: int, need: Need) -> str:
    if need.vram_gb and market.vram_gb < need.vram_gb:
        return _("needs %(vram)d GB of GPU memory") % {"vram": need.vram_gb}
    if need.gpu != Gpu.ANY and vendor_of(market) != need.gpu:
        return _("needs a GPU of %(vendor)s") % {"vendor": Gpu(need.gpu).label}
    if need.most_micro_hour is not None and hour > need.most_micro_hour:
        return _("dearer than you look for")
    if need.free_only and not market.nodes_waiting:
        return _("no node is free just now")
    return ""


def wait_words(market: Market) -> str:
    """Return how long a job would wait in the market, as far as its queue tells."""
    if market.nodes_waiting:
        return ngettext(
            "starts at once, %(count)d free node", "starts at once, %(count)d free nodes", market.nodes_waiting
        ) % {"count": market.nodes_waiting}
    if market.queue_type == Market.Queue.JOBS and market.queue_len:
        return ngettext(
            "%(count)d job waits before yours", "%(count)d jobs wait before yours", market.queue_len
        ) % {"count": market.queue_len}
    return _("no node is free just now")


def told_words(market: Market) -> str:
    """Return what our own jobs and the network's list say of the market, in one line; "" where they say nothing."""
    told = []
    if market.finished_percent is not None:
        told.append(
            _("%(percent)d %% of %(count)d jobs finished")
            % {"percent": market.finished_percent, "count": market.jobs_counted}
        )
    if market.wait_median_s is not None and market.finished_percent is not None:
        told.append(_("usually starts within %(time)s") % {"time": duration_text(max(market.wait_median_s, 1))})
    if market.usd_micro_hour is not None:
        told.append(
            _("the network lists it at $%(price)s an hour") % {"price": f"{market.usd_micro_hour / 1_000_000:.3f}"}
        )
    return " · ".join(told)
