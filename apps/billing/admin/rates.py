"""The price of NOS for staff: what was read, what is believed, and the jumps that wait for a person."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.billing.errors import JumpOver
from apps.billing.models import Jump, Rate, Reading
from apps.billing.selectors.rates import rates_health
from apps.billing.services import jump_confirm
from apps.core.staff import ReadOnly


@admin.register(Rate)
class RateAdmin(ReadOnly, ModelAdmin):
    list_display = ("currency", "price_micro", "at", "source", "read_at")
    list_filter = ("currency",)
    ordering = ("-id",)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list, and say above it what keeps credits from being sold."""
        for sentence in rates_health(now=timezone.now()):
            messages.warning(request, sentence)
        return super().get_changelist_instance(request)


@admin.register(Reading)
class ReadingAdmin(ReadOnly, ModelAdmin):
    list_display = ("pair", "price_nano", "source", "at", "read_at")
    list_filter = ("pair", "source")
    ordering = ("-id",)


@admin.register(Jump)
class JumpAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "id",
        "before_nano",
        "after_nano",
        "source",
        "opened_at",
        "confirmed_at",
        "confirmed_by",
        "withdrawn_at",
    )
    ordering = ("-id",)
    list_select_related = ("confirmed_by",)
    actions = ("confirm",)

    @admin.action(description="I have checked it: this is the price", permissions=["act"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Jump]) -> None:
        """Let the next read be believed at the new price; who confirmed it is kept."""
        for jump in queryset:
            try:
                jump_confirm(jump_id=jump.pk, staff_id=request.user.pk or 0, now=timezone.now())
                messages.success(
                    request,
                    _("%(jump)s is confirmed; the next read within half a minute sells at it.") % {"jump": jump},
                )
            except JumpOver as refusal:
                messages.error(request, refusal.message)
