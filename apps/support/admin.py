"""Staff pages: the answers that are kept ready."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from apps.support.models import CannedAnswer


@admin.register(CannedAnswer)
class CannedAnswerAdmin(ModelAdmin):
    """Answers to what is asked often; whoever answers begins with one and changes what does not fit."""

    list_display = ("title", "language")
    list_filter = ("language",)
    search_fields = ("title", "text")
    fields = ("title", "language", "text")
