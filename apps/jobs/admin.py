"""Staff pages: jobs, attempts and markets, to look at; the acts live in services."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from apps.jobs.models import Attempt, Job, JobEvent, Market, Want
from apps.jobs.services import market_curate


class ReadOnly:
    """Rows that only services write."""

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any) -> bool:
        return False


class AttemptInline(ReadOnly, TabularInline):
    model = Attempt
    fields = ("number", "address", "node", "seconds", "cost_micro", "fee_micro", "released_micro", "settled_at")


class WantInline(ReadOnly, TabularInline):
    model = Want
    fields = ("seq", "kind", "created_at", "closed_at", "outcome")


class JobEventInline(ReadOnly, TabularInline):
    model = JobEvent
    fields = ("seq", "at", "sentence", "state", "signature", "slot")


@admin.register(Job)
class JobAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "organisation", "market", "state", "reason", "created_at")
    list_filter = ("state", "reason", "market")
    search_fields = ("id", "name", "attempts__address", "organisation__name")
    inlines = (AttemptInline, WantInline, JobEventInline)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).select_related("organisation", "market")


@admin.register(Market)
class MarketAdmin(ModelAdmin):
    """What chain, list and jobs say, to look at; staff hide, order and annotate."""

    list_display = (
        "name", "slug", "gpu", "price_micro", "usd", "open", "hidden", "rank", "nodes_waiting", "queue_len",
        "wait_median_s", "finished", "observed_at", "listed_at",
    )  # fmt: skip
    list_filter = ("open", "hidden", "listed")
    search_fields = ("name", "slug", "gpu", "address")
    ordering = ("rank", "price_micro")
    CURATED = ("hidden", "rank", "note")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return all that is not staff's to say."""
        return [field.name for field in Market._meta.fields if field.name not in self.CURATED]

    @admin.display(description="$ an hour", empty_value="–")
    def usd(self, market: Market) -> str | None:
        """Show what the network's list says it costs."""
        return None if market.usd_micro_hour is None else f"{market.usd_micro_hour / 1_000_000:.3f}"

    @admin.display(description="finished", empty_value="–")
    def finished(self, market: Market) -> str | None:
        """Show how many of the jobs counted finished."""
        return None if not market.jobs_counted else f"{market.jobs_finished} of {market.jobs_counted}"

    def save_model(self, request: HttpRequest, obj: Market, form: Any, change: bool) -> None:
        """Write what staff say, and nothing else: the chain may have said something new meanwhile."""
        market_curate(market_id=obj.pk, hidden=obj.hidden, rank=obj.rank, note=obj.note)
