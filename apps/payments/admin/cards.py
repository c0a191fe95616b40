"""Cards, rules for automatic top-ups and customers at Stripe, for staff to look at: people and Stripe write them."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from apps.core.money import credits_text, fiat_text
from apps.core.staff import ReadOnly
from apps.payments.models import Card, StripeCustomer, TopUpRule


def stripe_link(path: str, words: str) -> SafeString:
    """Return a link into Stripe's dashboard, of the mode that our key is of."""
    test = "test/" if settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_")) else ""
    return format_html('<a href="https://dashboard.stripe.com/{}{}" rel="noopener">{}</a>', test, path, words)


def rows_link(model: str, words: object, **filters: object) -> SafeString:
    """Return a link to the list of another model's rows."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return format_html('<a href="{}?{}">{}</a>', reverse(f"admin:payments_{model}_changelist"), query, words)


class Standing(admin.SimpleListFilter):
    """Shows the cards that are kept, or those that were removed."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("kept", "Kept"), ("removing", "Removed, still at Stripe"), ("removed", "Removed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Card]) -> QuerySet[Card]:
        chosen: dict[str, dict[str, Any]] = {
            "kept": {"removed_at": None},
            "removing": {"removed_at__isnull": False, "detached_at": None},
            "removed": {"detached_at__isnull": False},
        }
        return queryset.filter(**chosen.get(self.value() or "", {}))


@admin.register(Card)
class CardAdmin(ReadOnly, ModelAdmin):
    """What is known of a card: brand, last four digits, month and country."""

    list_display = (
        "card", "whose", "default", "expires", "country", "user", "created_at", "checked_at", "removed_at", "topups",
        "at_stripe",
    )  # fmt: skip
    list_filter = (Standing, "default", "brand")
    search_fields = ("id", "payment_method", "last4", "organisation__slug", "organisation__name", "user__email")
    ordering = ("-id",)
    list_select_related = ("organisation", "user")

    @admin.display(description="Card", ordering="brand")
    def card(self, card: Card) -> str:
        """Name it as the customer reads it."""
        return str(card)

    @admin.display(description="Organisation", ordering="organisation__slug")
    def whose(self, card: Card) -> SafeString:
        """Link to all cards of its organisation."""
        return rows_link("card", card.organisation, organisation__id__exact=card.organisation_id)

    @admin.display(description="Good until", ordering="expires_year")
    def expires(self, card: Card) -> str:
        """Show the month."""
        return card.expires_text

    @admin.display(description="Automatic top-ups")
    def topups(self, card: Card) -> SafeString:
        """Link to the automatic top-ups it was charged for."""
        return rows_link("topup", "Show", card__id__exact=card.pk)

    @admin.display(description="At Stripe")
    def at_stripe(self, card: Card) -> SafeString:
        """Link to the payment method in Stripe's dashboard."""
        return stripe_link(f"payment_methods/{card.payment_method}", card.payment_method)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let links name an organisation."""
        return lookup == "organisation__id__exact" or super().lookup_allowed(lookup, value, request)


@admin.register(TopUpRule)
class TopUpRuleAdmin(ReadOnly, ModelAdmin):
    """When an organisation's balance is topped up by itself, and what became of that."""

    list_display = (
        "organisation", "on", "begins", "adds", "month_cap", "charged", "user", "declines", "paused_until",
        "off_reason", "updated_at", "topups",
    )  # fmt: skip
    list_filter = ("on", "mode", "currency")
    search_fields = ("id", "organisation__slug", "organisation__name", "card__last4", "card__payment_method")
    ordering = ("-updated_at",)
    list_select_related = ("organisation", "card", "user")

    @admin.display(description="Begins")
    def begins(self, rule: TopUpRule) -> str:
        """Say when it acts."""
        if rule.days is not None:
            return f"when credits last fewer than {rule.days} days"
        return f"below {credits_text(rule.below_micro or 0)} credits"

    @admin.display(description="Adds")
    def adds(self, rule: TopUpRule) -> str:
        """Say how much it adds, before VAT."""
        if rule.amount_minor is None:
            return f"the credits of {rule.days} days"
        return fiat_text(rule.amount_minor, rule.currency)

    @admin.display(description="At most a month", ordering="month_cap_minor")
    def month_cap(self, rule: TopUpRule) -> str:
        """Show the cap, before VAT."""
        return fiat_text(rule.month_cap_minor, rule.currency)

    @admin.display(description="Card")
    def charged(self, rule: TopUpRule) -> SafeString | str:
        """Link to the card it charges."""
        return "none" if rule.card is None else rows_link("card", rule.card, id__exact=rule.card.pk)

    @admin.display(description="Automatic top-ups")
    def topups(self, rule: TopUpRule) -> SafeString:
        """Link to what it did."""
        filters = {"organisation__id__exact": rule.organisation_id, "automatic__exact": 1}
        return rows_link("topup", "Show", **filters)


@admin.register(StripeCustomer)
class StripeCustomerAdmin(ReadOnly, ModelAdmin):
    """Whom Stripe knows an organisation as."""

    list_display = ("organisation", "name", "email", "asked", "asked_at", "cards", "at_stripe")
    search_fields = ("customer_id", "name", "email", "organisation__slug", "organisation__name")
    ordering = ("-asked_at",)
    list_select_related = ("organisation",)

    @admin.display(description="Cards")
    def cards(self, customer: StripeCustomer) -> SafeString:
        """Link to its cards."""
        return rows_link("card", "Show", organisation__id__exact=customer.organisation_id)

    @admin.display(description="At Stripe")
    def at_stripe(self, customer: StripeCustomer) -> SafeString | str:
        """Link to it in Stripe's dashboard."""
        if customer.customer_id is None:
            return "not yet, or deleted there"
        return stripe_link(f"customers/{customer.customer_id}", customer.customer_id)
