"""Staff pages: webhook endpoints and what was given up, to look at; customers send again by themselves."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from apps.core.staff import ReadOnly
from apps.notifications.models import Delivery, Endpoint


@admin.register(Endpoint)
class EndpointAdmin(ReadOnly, ModelAdmin):
    """Where organisations are told of events; what is sealed stays so."""

    list_display = ("url", "kind", "organisation", "failing_since", "off_at", "off_reason", "removed_at")
    list_filter = ("kind", ("off_at", admin.EmptyFieldListFilter), ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("id", "url", "organisation__slug")
    exclude = ("secret", "old_secret", "address")
    ordering = ("-id",)
    list_select_related = ("organisation",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, ModelAdmin):
    list_display = ("event", "endpoint", "state", "tries", "next_try_at", "delivered_at")
    list_filter = ("state",)
    search_fields = ("id", "subject")
    exclude = ("lease",)
    ordering = ("-id",)
    list_select_related = ("event", "endpoint")
