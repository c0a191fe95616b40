"""The lists behind the balance: what changed it, and what is reserved for jobs."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from apps.billing import selectors
from apps.billing.models import Hold
from apps.billing.views.frame import enter
from apps.core.lists import Column, Listing, Pick, Table, list_csv, list_shown, utc_text
from apps.core.money import credits_plain
from apps.ledger.models import Entry

MOVEMENTS = Table(
    area="movements",
    sort="-when",
    page=50,
    csv=True,
    columns=(
        Column("when", _("When"), sort="id", always=True),
        Column("what", _("What happened"), always=True),
        Column("source", _("Source"), shown=False),
        Column("credits", _("Available credits"), number=True, always=True),
    ),
)
MOVEMENTS_CSV: dict[str, Callable[[Entry], object]] = {
    "id": lambda entry: entry.pk,
    "at": lambda entry: utc_text(entry.transfer.at),
    "kind": lambda entry: entry.transfer.reason,
    "what": lambda entry: selectors.movement_of(entry).sentence,
    "source": lambda entry: selectors.movement_of(entry).source,
    "credits": lambda entry: credits_plain(selectors.movement_of(entry).amount_micro),
}
HOLDS = Table(
    area="holds",
    sort="-placed",
    page=50,
    search=_("Name of a job"),
    csv=True,
    picks=(Pick("state", _("State"), _("All states"), tuple(Hold.State.choices)),),
    columns=(
        Column("job", _("For"), sort="label", always=True),
        Column("state", _("State")),
        Column("project", _("Project"), shown=False),
        Column("member", pgettext_lazy("who did it", "By")),
        Column("placed", _("Held since"), sort="id"),
        Column("ended", _("Ended"), shown=False),
        Column("credits", _("Credits"), sort="amount_micro", number=True, always=True),
    ),
)
HOLDS_CSV: dict[str, Callable[[Hold], object]] = {
    "source": lambda hold: hold.source,
    "label": lambda hold: hold.label,
    "state": lambda hold: hold.state,
    "reason": lambda hold: hold.reason,
    "project": lambda hold: hold.project.slug if hold.project else "",
    "member": lambda hold: hold.member.email if hold.member else "",
    "placed_at": lambda hold: utc_text(hold.placed_at),
    "ended_at": lambda hold: utc_text(hold.ended_at),
    "credits": lambda hold: credits_plain(hold.amount_micro),
}


@login_required
@require_GET
def movements(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List what changed the credits; order, columns and page are in the address."""
    organisation = enter(request, slug).organisation
    listing, found = Listing(MOVEMENTS, request.GET), selectors.movement_entries(organisation)
    if listing.as_csv:
        return list_csv(f"{slug}-movements", listing, found, MOVEMENTS_CSV)
    page = listing.page(found)
    context = {"organisation": organisation, "movements": [selectors.movement_of(entry) for entry in page.rows]}
    return list_shown(request, "billing/movements.html", listing, page, context)


@login_required
@require_GET
def holds(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List what is and was reserved; search, state, order, columns and page are in the address."""
    organisation = enter(request, slug).organisation
    listing = Listing(HOLDS, request.GET)
    found = selectors.holds_found(organisation, search=listing.search, state=listing.picked("state"))
    if listing.as_csv:
        return list_csv(f"{slug}-holds", listing, found, HOLDS_CSV)
    context = {"organisation": organisation}
    return list_shown(request, "billing/holds.html", listing, listing.page(found), context)
