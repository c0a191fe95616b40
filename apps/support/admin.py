"""The pages of the admin site that support has."""

from apps.support.announcements.admin import AnnouncementAdmin

__all__ = ["AnnouncementAdmin"]
