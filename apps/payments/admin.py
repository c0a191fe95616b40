"""Staff pages: what is parked, and the button that tries it again."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.payments.inbox import event_handle_again
from apps.payments.models import StripeEvent, TopUp
from apps.payments.services import topup_ask_again


class ReadOnly(ModelAdmin):
    """Rows that only the services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class Parked(admin.SimpleListFilter):
    """Shows what waits for a person."""

    title = "parked"
    parameter_name = "parked"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "Waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.exclude(parked_reason="") if self.value() == "yes" else queryset


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
        "payment_intent",
        "created_at",
        "paid_at",
        "parked_reason",
    )
    list_filter = (Parked, "state", "method")
    search_fields = ("id", "stripe_session_id", "payment_intent")
    ordering = ("-id",)
    list_select_related = ("organisation",)
    actions = ("ask_again",)

    @admin.action(description="Ask Stripe again")
    def ask_again(self, request: HttpRequest, queryset: QuerySet[TopUp]) -> None:
        """Let the sweep ask Stripe about the chosen parked top-ups again."""
        for topup in queryset:
            topup_ask_again(topup=topup)
