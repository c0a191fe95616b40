"""Pages of the admin site that support has: the answers that are kept ready, announcements."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from apps.support.announcements.admin import AnnouncementAdmin
from apps.support.models import CannedAnswer

__all__ = ["AnnouncementAdmin", "CannedAnswerAdmin"]


@admin.register(CannedAnswer)
class CannedAnswerAdmin(ModelAdmin):
    """Answers to what is asked often; whoever answers begins with one and changes what does not fit."""

    list_display = ("title", "language")
    list_filter = ("language",)
    search_fields = ("title", "text")
    fields = ("title", "language", "text")
