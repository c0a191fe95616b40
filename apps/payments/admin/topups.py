"""Staff pages: what is parked, and the button that tries it again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.payments.admin.frame import Parked, ReadOnly
from apps.payments.inbox import event_handle_again
from apps.payments.models import StripeEvent, TopUp
from apps.payments.services import topup_ask_again


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly):
    list_display = ("event_id", "type", "received_at", "handled_at", "parked_reason")
    list_filter = (Parked, "type")
    search_fields = ("event_id",)
    ordering = ("-id",)
    actions = ("handle_again",)

    @admin.action(description="Handle again")
    def handle_again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Take the chosen parked events back into the work."""
        for event in queryset:
            event_handle_again(event=event)


@admin.register(TopUp)
class TopUpAdmin(ReadOnly):
    list_display = (
        "id",
        "organisation",
        "state",
        "method",
        "automatic",
        "card",
        "payment_intent",
        "created_at",
        "paid_at",
        "parked_reason",
    )
    list_filter = (Parked, "state", "method", "automatic")
    search_fields = ("id", "stripe_session_id", "payment_intent", "organisation__slug", "organisation__name")
    ordering = ("-id",)
    list_select_related = ("organisation", "card")
    actions = ("ask_again", "refund")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let links name an organisation or a card."""
        named = lookup in ("organisation__id__exact", "card__id__exact")
        return named or super().lookup_allowed(lookup, value, request)

    @admin.action(description="Ask Stripe again")
    def ask_again(self, request: HttpRequest, queryset: QuerySet[TopUp]) -> None:
        """Let the sweep ask Stripe about the chosen parked top-ups again."""
        for topup in queryset:
            topup_ask_again(topup=topup)

    @admin.action(description="Refund…", permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[TopUp]) -> HttpResponse | None:
        """Open the form that refunds the chosen top-up."""
        chosen = list(queryset[:2])
        if len(chosen) != 1 or chosen[0].state != TopUp.State.PAID:
            messages.error(request, _("Choose one top-up that is paid."))
            return None
        return HttpResponseRedirect(f"{reverse('admin:payments_refund_add')}?topup={chosen[0].pk}")

    def has_refund_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may send money back."""
        return request.user.has_perm("payments.add_refund")
