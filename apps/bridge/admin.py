"""Staff pages: orders, to look at; the acts live in services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.bridge.models import Order, TreasuryReading


@admin.register(TreasuryReading)
class TreasuryReadingAdmin(ModelAdmin):
    list_display = ("at", "nos_micro", "deposits_micro", "earned_micro", "lamports")
    ordering = ("-at",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(ModelAdmin):
    list_display = ("id", "kind", "instruction", "state", "failures", "next_try_at", "error", "closed_at")
    list_filter = ("state", "kind")
    search_fields = ("id", "signature", "attempt__address", "want__job__id")
    exclude = ("blob", "lease")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
