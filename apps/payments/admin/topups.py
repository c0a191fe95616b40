"""Staff pages: what is parked, and the button that tries it again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.errors import AppError
from apps.core.money import credits_text, fiat_text
from apps.core.staff import ReadOnly
from apps.organisations.models import Approval
from apps.organisations.views.frame import actor_of
from apps.payments.admin.frame import Parked
from apps.payments.inbox import event_handle_again
from apps.payments.models import StripeEvent, TopUp
from apps.payments.selectors import invoice_number
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
    change_form_outer_before_template = "desk/topup.html"
    fieldsets = (
        (None, {"fields": ("place", "total", "amounts", "credits", "state", "reason", "invoice", "who")}),
        (
            "How it was paid",
            {"fields": ("method", "card", "card_country", "ip_country", "created_at", "paid_at", "fee")},
        ),
        ("What was looked at", {"fields": ("risk", "held_reason", "released_by", "released_at", "parked_reason")}),
        (
            "At Stripe",
            {"fields": ("payment_intent", "stripe_session_id", "fingerprint", "ip_address", "checked_at")},
        ),
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

    @admin.display(description="Organisation")
    def place(self, topup: TopUp) -> str:
        """Link to all that staff know of the organisation."""
        page = reverse("support:organisation", args=[topup.organisation_id])
        return format_html('<a href="{}">{}</a>', page, topup.organisation.name)

    @admin.display(description="Before VAT, and VAT")
    def amounts(self, topup: TopUp) -> str:
        """Show what the total is made of."""
        quote = topup.quote
        return f"{fiat_text(quote.net_minor, quote.currency)} + {fiat_text(quote.vat_minor, quote.currency)}"

    @admin.display(description="Credits")
    def credits(self, topup: TopUp) -> str:
        """Show what it bought, or would buy, and at which rate."""
        return f"{credits_text(topup.price.credits_micro)} at {topup.price.rate_text}"

    @admin.display(description="Invoice", empty_value="–")
    def invoice(self, topup: TopUp) -> str | None:
        """Link to its invoice, once it is printed."""
        number = invoice_number(topup)
        page = reverse("admin:billing_invoice_changelist")
        return format_html('<a href="{}?q={}">{}</a>', page, number, number) if number else None

    @admin.display(description="Started by")
    def who(self, topup: TopUp) -> str:
        """Name the person, or the rule."""
        return f"the organisation's rule, last set by {topup.user}" if topup.automatic else str(topup.user)

    @admin.display(description="Stripe's fee", empty_value="–")
    def fee(self, topup: TopUp) -> str | None:
        """Show Stripe's fee, once Stripe has told it."""
        return None if topup.fee_minor is None else fiat_text(topup.fee_minor, topup.quote.currency)

    @admin.display(description="Risk, as Stripe sees it", empty_value="–")
    def risk(self, topup: TopUp) -> str | None:
        """Show what Radar says of the payment, with its figure from 0 to 99."""
        return f"{topup.risk_level} ({topup.risk_score} of 99)" if topup.risk_level else None

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        """Return the page, with the way to a refund for those who may."""
        topup = more.get("obj")
        paid = topup is not None and topup.state == TopUp.State.PAID
        context["may_refund"] = paid and self.has_refund_permission(request)
        return super().render_change_form(request, context, *args, **more)

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
