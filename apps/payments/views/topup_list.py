"""The list of all top-ups."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from apps.core.lists import Column, Listing, Pick, Table, list_csv, list_shown, utc_text
from apps.core.money import credits_plain, fiat_plain
from apps.payments.models import TopUp
from apps.payments.selectors import topups_found
from apps.payments.states import State
from apps.payments.views.frame import membership_of

TOPUPS = Table(
    area="top-ups",
    sort="-when",
    page=50,
    csv=True,
    picks=(
        Pick("state", _("State"), _("All states"), tuple(State.choices)),
        Pick("began", _("Began"), _("By hand and automatic"), (("hand", _("By hand")), ("rule", _("Automatic")))),
    ),
    columns=(
        Column("when", _("When"), sort="id", always=True),
        Column("state", _("State"), always=True),
        Column("by", pgettext_lazy("who did it", "By")),
        Column("method", _("Paid by"), shown=False),
        Column("credits", _("Credits"), number=True),
        Column("net", _("Before VAT"), sort="quote__net_minor", number=True, shown=False),
        Column("total", _("Total"), sort="quote__total_minor", number=True),
    ),
)
CSV: dict[str, Callable[[TopUp], object]] = {
    "id": lambda topup: topup.pk,
    "created_at": lambda topup: utc_text(topup.created_at),
    "paid_at": lambda topup: utc_text(topup.paid_at),
    "state": lambda topup: topup.state,
    "automatic": lambda topup: "yes" if topup.automatic else "no",
    "by": lambda topup: topup.user.email,
    "method": lambda topup: topup.method,
    "currency": lambda topup: topup.quote.currency,
    "net": lambda topup: fiat_plain(topup.quote.net_minor, topup.quote.currency),
    "vat": lambda topup: fiat_plain(topup.quote.vat_minor, topup.quote.currency),
    "total": lambda topup: fiat_plain(topup.quote.total_minor, topup.quote.currency),
    "credits": lambda topup: credits_plain(topup.price.credits_micro) if topup.state == State.PAID else "",
}


@login_required
@require_GET
def topups(request: HttpRequest, slug: str) -> HttpResponseBase:
    """List the top-ups; state, how they began, order, columns and page are in the address."""
    organisation = membership_of(request, slug).organisation
    listing = Listing(TOPUPS, request.GET)
    began = listing.picked("began")
    automatic = began == "rule" if began else None
    found = topups_found(organisation, state=listing.picked("state"), automatic=automatic)
    if listing.as_csv:
        return list_csv(f"{slug}-top-ups", listing, found, CSV)
    context = {"organisation": organisation}
    return list_shown(request, "payments/topups.html", listing, listing.page(found), context)
