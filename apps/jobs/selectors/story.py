"""What happened to a job's tries and to its money, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from apps.billing.models import Hold
from apps.billing.selectors import usage_moved
from apps.core.durations import duration_text
from apps.core.retelling import retold
from apps.jobs.models import Attempt, Extension, Job
from apps.organisations.models import Grant, Project


@dataclass(frozen=True)
class MoneyLine:
    """One movement of a job's money: what it did to the available credits, and of what it consists (micro-NOS)."""

    at: datetime
    kind: str  # hold, extension, settlement, release
    sentence: str
    micro: int
    parts: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Story:
    """A job's tries, oldest first, its money in order, and the name of the key it came with."""

    tries: list[Attempt]
    money: list[MoneyLine]
    api_key: str


def story_of(job: Job) -> Story:
    """Return the story of the job: three queries."""
    tries = list(job.attempts.prefetch_related("extensions").order_by("number"))
    holds = list(Hold.objects.filter(source__startswith=f"job:{job.pk}:").select_related("api_key").order_by("id"))
    by_source = {one.hold_source: one for one in tries}
    lines: list[MoneyLine] = []
    for hold in holds:
        lines += _of_hold(hold, by_source.get(hold.source))
    key = next((hold.api_key.name for hold in holds if hold.api_key), "")
    return Story(tries, lines, key)


def _of_hold(hold: Hold, attempt: Attempt | None) -> list[MoneyLine]:
    """Return what a hold did: placed, extended, settled, released; one of an earlier price was only replaced."""
    extensions = list(attempt.extensions.all()) if attempt else []
    more = [one for one in extensions if one.state != Extension.State.REFUSED]
    parts = _parts(hold, more)
    lines = [MoneyLine(hold.placed_at, "hold", _("Held, the worst case"), -sum(n for _word, n in parts), parts)]
    lines += _extended(extensions)
    if hold.ended_at is None:
        return lines
    if hold.state == Hold.State.RELEASED or attempt is None:
        why = retold(hold.reason) or _("nothing was used")
        lines.append(MoneyLine(hold.ended_at, "release", _("Released: %(why)s") % {"why": why}, hold.amount_micro))
        return lines
    cost, fee = attempt.cost_micro or 0, attempt.fee_micro or 0
    ran = duration_text(attempt.seconds or 0)
    spent = [(_("Node, %(ran)s, and network fee") % {"ran": ran}, cost), (_("Platform fee"), fee)]
    lines.append(MoneyLine(hold.ended_at, "settlement", _("Paid from the hold"), 0, spent))
    lines.append(
        MoneyLine(hold.ended_at, "release", _("Released, the rest of the hold"), attempt.released_micro or 0)
    )
    return lines


def _parts(hold: Hold, more: Sequence[Extension]) -> list[tuple[str, int]]:
    """Return of what the hold consisted when it was placed."""
    found = [
        (_("Node, the whole time limit"), hold.network_micro - sum(one.network_micro for one in more)),
        (_("Network fee"), hold.network_fee_micro - sum(one.network_fee_micro for one in more)),
        (_("Platform fee"), hold.platform_fee_micro - sum(one.platform_fee_micro for one in more)),
    ]
    return [(word, micro) for word, micro in found if micro]


def _extended(extensions: Sequence[Extension]) -> list[MoneyLine]:
    lines = []
    for one in sorted(extensions, key=lambda each: each.pk):
        micro = one.network_micro + one.network_fee_micro + one.platform_fee_micro
        words = {"limit": duration_text(one.to_s)}
        lines.append(
            MoneyLine(one.created_at, "extension", _("Held for more time, %(limit)s in all") % words, -micro)
        )
        if one.state == Extension.State.REFUSED and one.ended_at:
            lines.append(MoneyLine(one.ended_at, "release", _("Released, the time was not needed"), micro))
    return lines


def counted_under(grant: Grant, job: Job) -> tuple[Project | None, dict[str, str]]:
    """Return the project and the labels under which reports count what the job has cost."""
    moved = usage_moved(grant.organisation, job.attempts.values_list("hold_source", flat=True))
    return (moved.project, moved.labels) if moved else (job.project, job.labels)
