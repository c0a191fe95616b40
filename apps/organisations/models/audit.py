"""The audit trail: what happened, the digests that seal it by the day, and what may be erased of it."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.organisations.models.keys import ApiKey
from apps.organisations.models.organisations import Organisation

NAMED: dict[str, Any] = {  # an id that outlives what it names
    "on_delete": models.DO_NOTHING,
    "db_constraint": False,
    "db_index": False,
    "null": True,
    "related_name": "+",
}


class AuditDay(models.Model):
    """A day that is closed: the root over its events, and a digest that binds it to the day closed before.

    Only `emptied_at` may change, once: its events were deleted when the organisation's retention had passed.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="audit_days", db_index=False
    )
    day = models.DateField()
    number = models.PositiveIntegerField(help_text="1, 2, 3 … in the order of closing.")
    count = models.PositiveIntegerField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    closed_at = models.DateTimeField()
    emptied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "day"], name="audit_day_once"),
            models.UniqueConstraint(fields=["organisation", "number"], name="audit_day_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.day}"


class AuditEvent(models.Model):
    """One act: who did what, on what, and what it changed. Append-only by trigger; holds nothing personal.

    People and keys are named by their ids, without foreign keys, so that the trail outlives them.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        KEY = "key", _("API key")
        STAFF = "staff", _("Staff")
        SYSTEM = "system", _("System")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="audit_events", db_index=False
    )
    at = models.DateTimeField()
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    actor_kind = models.CharField(max_length=10, choices=Kind.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, **NAMED)
    acting_as = models.ForeignKey(settings.AUTH_USER_MODEL, **NAMED)
    api_key = models.ForeignKey(ApiKey, **NAMED)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    detail_hash = models.BinaryField(max_length=32)
    day = models.ForeignKey(AuditDay, on_delete=models.PROTECT, null=True, related_name="events", db_index=False)
    position = models.PositiveIntegerField(null=True, help_text="Its place among the day's leaves, from 0.")

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-id"], name="audit_newest"),
            models.Index(fields=["organisation", "act", "-id"], name="audit_by_act"),
            models.Index(fields=["organisation", "subject", "-id"], name="audit_by_subject"),
            models.Index(fields=["organisation", "user", "-id"], name="audit_by_user"),
            models.Index(fields=["organisation", "at"], name="audit_by_time"),
            models.Index(fields=["organisation", "id"], condition=models.Q(day=None), name="audit_open"),
            models.Index(fields=["day", "position"], name="audit_in_day"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"


class AuditDetail(models.Model):
    """The personal side of an event: names, addresses, e-mail. May be deleted, never changed.

    The event keeps the SHA-256 of salt and content only; with the row both are gone, and the hash tells nothing.
    """

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="detail")
    salt = models.BinaryField(max_length=32)
    content = models.JSONField()
    people = ArrayField(
        models.CharField(max_length=254), default=list, help_text=_("Addresses it names, for erasure.")
    )

    class Meta:
        indexes = [GinIndex(fields=["people"], name="audit_detail_people")]

    def __str__(self) -> str:
        return f"detail of {self.event_id}"
