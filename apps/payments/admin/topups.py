"""Staff pages: what is parked, and the button that tries it again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.errors import AppError
from apps.core.money import fiat_text
from apps.core.staff import ReadOnly
from apps.organisations.models import Approval
from apps.organisations.views.frame import actor_of
from apps.payments.admin.frame import Parked
from apps.payments.inbox import event_handle_again
from apps.payments.models import StripeEvent, TopUp
from apps.payments.services import topup_ask_again, topup_release, topup_return
from apps.payments.services.holding import RIGHT


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, ModelAdmin):
    list_display = ("event_id", "type", "received_at", "handled_at", "parked_reason")
    list_filter = (Parked, "type")
    search_fields = ("event_id",)
    ordering = ("-id",)
    actions = ("handle_again",)

    @admin.action(description="Handle again", permissions=["act"])
    def handle_again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Take the chosen parked events back into the work."""
        for event in queryset:
            event_handle_again(event=event)


class DecisionForm(ActionForm):
    """What an action on a held payment asks for: why."""

    reason = forms.CharField(
        required=False,
        max_length=500,
        label="Why",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Why (to release or send back)"}),
    )


@admin.register(TopUp)
class TopUpAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "created_at",
        "organisation",
        "total",
        "state",
        "held_reason",
        "parked_reason",
        "method",
        "automatic",
        "card",
        "risk_level",
        "risk_score",
        "paid_at",
        "payment_intent",
        "id",
    )
    list_filter = (Parked, "state", "method", "automatic")
    search_fields = ("id", "stripe_session_id", "payment_intent", "organisation__slug", "organisation__name")
    ordering = ("-id",)
    list_select_related = ("organisation", "card", "quote")
    action_form = DecisionForm
    actions = ("ask_again", "refund", "release", "send_back")

    @admin.display(description="Total")
    def total(self, topup: TopUp) -> str:
        """Return what was to be paid, VAT included."""
        return fiat_text(topup.quote.total_minor, topup.quote.currency)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let links name an organisation or a card."""
        named = lookup in ("organisation__id__exact", "card__id__exact")
        return named or super().lookup_allowed(lookup, value, request)

    @admin.action(description="Ask Stripe again", permissions=["act"])
    def ask_again(self, request: HttpRequest, queryset: QuerySet[TopUp]) -> None:
        """Let the sweep ask Stripe about the chosen parked top-ups again."""
        for topup in queryset:
            topup_ask_again(topup=topup)

    @admin.action(description="Release the held payment (say why)", permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[TopUp]) -> None:
        """Let the credits of the chosen held payments come, or ask a colleague."""
        self._decide(request, queryset, topup_release, "is released: its credits are there.")

    @admin.action(description="Send the held payment back (say why)", permissions=["release"])
    def send_back(self, request: HttpRequest, queryset: QuerySet[TopUp]) -> None:
        """Refund the chosen held payments whole."""
        self._decide(request, queryset, topup_return, "goes back; Stripe is asked for it in a moment.")

    def _decide(self, request: HttpRequest, queryset: QuerySet[TopUp], act: Any, words: str) -> None:
        for topup in queryset:
            try:
                made = act(
                    topup_id=topup.pk,
                    reason=request.POST.get("reason", ""),
                    actor=actor_of(request, staff=True),
                    now=timezone.now(),
                )
            except AppError as refusal:
                messages.error(request, f"{topup}: {refusal.message}")
            else:
                asked = isinstance(made, Approval)
                told = f"{topup} waits: a colleague must approve it, and was asked by mail." if asked else ""
                messages.success(request, told or f"{topup} {words}")

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may decide about held payments."""
        return request.user.has_perm(RIGHT)

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
