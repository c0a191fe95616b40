"""Where staff writes announcements."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from apps.support.announcements.models import Announcement
from apps.support.announcements.services import announcement_save


@admin.register(Announcement)
class AnnouncementAdmin(ModelAdmin):
    """Written and changed here; ended instead of deleted, so that what people were told can be looked up."""

    list_display = ("__str__", "level", "starts_at", "ends_at", "read_only")
    list_filter = ("level", "read_only")
    search_fields = ("text_en", "text_de")
    ordering = ("-starts_at",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Announcement | None = None) -> tuple[str, ...]:
        """Leave it to operators whether anything can be written meanwhile, and until when it cannot."""
        if request.user.has_perm("support.stop_writing"):
            return ()
        return ("read_only", "starts_at", "ends_at") if obj is not None and obj.read_only else ("read_only",)

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        """Keep it by the act, which also shows it."""
        announcement_save(announcement=obj, staff_id=request.user.pk, now=timezone.now())
