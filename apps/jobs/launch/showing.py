"""What the launch page shows of a draft: markets that fit, what it costs, what is left to spend."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.billing.selectors import rate_today
from apps.core.money import MICRO, fiat_rough
from apps.jobs.editing import FORMATS
from apps.jobs.launch.drafts import Draft
from apps.jobs.launch.forms import HOWS, NeedForm
from apps.jobs.models import Job, Market
from apps.jobs.picker import Choice, choices, sensible
from apps.jobs.policies import Policy
from apps.jobs.selectors import gallery_items, markets_open
from apps.jobs.services import Figures, figures_of


@dataclass(frozen=True)
class Amount:
    """Credits in micro-NOS, and about what they are worth in the organisation's currency, "" where unknown."""

    micro: int
    fiat: str


def page(request: HttpRequest, draft: Draft, *, status: int = 200) -> HttpResponse:
    """Answer the whole page."""
    now = timezone.now()
    rate = rate_today(draft.grant.organisation.currency, now=now)
    needs, need = NeedForm.read(request.POST, draft.what.need)
    found = choices(markets_open(), need, rate, draft.grant.organisation.currency)
    chosen = _chosen(draft, found, again=request.POST.get("show") == "where")
    what = draft.what
    context = {
        "draft": draft,
        "form": draft.form,
        "what": what,
        "error": draft.error,
        "hows": HOWS,
        "formats": FORMATS,
        "items": gallery_items(draft.grant) if what.how == "template" and what.item is None else [],
        "needs": needs,
        "choices": found,
        "chosen": chosen.market.slug if chosen else None,
        "kept_secrets": draft.kept,
        "visibility": draft.form["visibility"].value() or Job.Visibility.PRIVATE,
        "policies": draft.policies,
        **estimate_words(draft, chosen.market if chosen else None, rate, now=now),
        **problem_words(draft),
        "inline": True,
    }
    return render(request, "jobs/launch.html", context, status=status)


def _chosen(draft: Draft, found: list[Choice], *, again: bool) -> Choice | None:
    """Return the market that is ticked: the one chosen, while it is there; after a new search, while it fits."""
    slug = draft.form["market"].value()
    one = next((choice for choice in found if choice.market.slug == slug), None)
    better = sensible(found)
    if one is None or (again and not one.fits and better and better.fits):
        return better
    return one


def estimate_words(draft: Draft, market: Market | None, rate: int | None, *, now: datetime) -> dict[str, Any]:
    """Return what the draft costs at most, or the sentence that says what is missing."""
    field, raw = draft.form.fields["timeout_minutes"], draft.form["timeout_minutes"].value()
    said: dict[str, Any] = {"figures": None, "minutes": raw, "lack": ""}
    if market is None:
        said["lack"] = _("Choose a market to see what the job costs at most.")
    try:
        minutes = field.clean(raw)
    except ValidationError as refusal:
        return said | {"lack": " ".join(refusal.messages)}
    if market is None:
        return said
    figures = figures_of(
        membership=draft.grant.member,
        project=draft.project,
        market=market,
        timeout_s=minutes * 60,
        name=str(draft.form["name"].value() or "").replace("\0", "")[:120],
        template=draft.what.origin.slug if draft.what.origin else "",
        policy=_policy(draft),
        now=now,
    )
    return said | {"figures": figures, "estimate_market": market, **_amounts(figures, draft, rate)}


def _policy(draft: Draft) -> Policy:
    """Return the policy as the form stands; a form that is not valid changes nothing about the costs."""
    policies = draft.policies
    return policies.policy if policies.is_bound and policies.is_valid() else draft.policy


def _amounts(figures: Figures, draft: Draft, rate: int | None) -> dict[str, Amount | None]:
    currency = draft.grant.organisation.currency

    def amount(micro: int | None) -> Amount | None:
        if micro is None:
            return None
        return Amount(micro, fiat_rough(micro * rate // MICRO, currency) if rate else "")

    return {
        "total": amount(figures.estimate.total_micro),
        "extended": amount(figures.extended.total_micro if figures.extended else None),
        "past_cost": amount(figures.past_micro),
    }


def problem_words(draft: Draft) -> dict[str, Any]:
    """Return what is to mend in what is to run, and on which lines of the text."""
    marks = draft.what.marks if draft.what.how == "definition" else []
    lines: dict[int, list[str]] = {}
    for mark in marks:
        if mark.line is not None:
            lines.setdefault(mark.line, []).append(mark.sentence)
    return {
        "marks": marks[:20],
        "sentences": draft.sentences or ([] if marks else draft.what.sentences),
        "said": len(marks) or len(draft.sentences or draft.what.sentences),
        "lines": json.dumps([{"line": line, "text": " ".join(found)} for line, found in sorted(lines.items())]),
    }
