"""Staff pages: jobs, attempts and markets, to look at; the acts live in services."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from apps.jobs.models import Attempt, Job, JobEvent, Market, Want


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
class MarketAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "slug", "gpu", "price_micro", "open", "nodes_waiting", "observed_at")
    list_filter = ("open",)
