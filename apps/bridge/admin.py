"""Staff pages: orders, to look at; the acts live in services."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from apps.bridge.models import Order, Stray, TreasuryReading
from apps.bridge.services import order_retry
from apps.core.columns import address_column, credits_column, sol_column
from apps.core.staff import ReadOnly


@admin.register(TreasuryReading)
class TreasuryReadingAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "at",
        credits_column("nos_micro", "NOS"),
        credits_column("deposits_micro", "Deposits, NOS"),
        credits_column("earned_micro", "Earned, NOS"),
        sol_column("lamports", "SOL"),
    )
    ordering = ("-at",)


class Parked(admin.SimpleListFilter):
    """Those that wait for a person."""

    title, parameter_name = "parked", "parked"

    def lookups(self, *_: Any) -> list[tuple[str, str]]:
        return [("yes", "Waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        return queryset.filter(parked_at__isnull=False) if self.value() else queryset


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "id",
        "kind",
        "instruction",
        "state",
        "failures",
        "next_try_at",
        "error",
        "parked_at",
        "closed_at",
    )
    list_filter = (Parked, "state", "kind")
    search_fields = ("id", "signature", "attempt__address", "want__job__id")
    exclude = ("blob", "lease")
    actions = ("try_again",)

    @admin.action(description="Try again", permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Take the chosen parked orders back into the work; those that are not parked stay as they are."""
        who, now = request.user.pk, timezone.now()
        count = sum(order_retry(order_id=order.pk, staff_id=who, now=now) for order in queryset)
        messages.success(
            request, f"{count} {'order is' if count == 1 else 'orders are'} tried again within a second."
        )


@admin.register(Stray)
class StrayAdmin(ReadOnly, ModelAdmin):
    """Job accounts the treasury paid for that no attempt of ours knows; to look at."""

    list_display = (
        address_column("address", "Address"),
        address_column("project", "Project"),
        address_column("market", "Market"),
        "state",
        credits_column("deposit_micro", "Deposit, NOS"),
        "first_seen_at",
        "gone_at",
    )
    list_filter = (("gone_at", admin.EmptyFieldListFilter),)
    search_fields = ("address", "project", "market")
