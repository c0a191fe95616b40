"""What the staff pages of payments share."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest


class Parked(admin.SimpleListFilter):
    """Shows what waits for a person."""

    title = "parked"
    parameter_name = "parked"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "Waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.exclude(parked_reason="") if self.value() == "yes" else queryset
