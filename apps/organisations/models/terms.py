"""Which terms of service an organisation has accepted."""

from django.conf import settings
from django.db import models

from apps.core.ids import uuid7
from apps.organisations.models.organisations import Organisation


class TermsAcceptance(models.Model):
    """One version of the terms, accepted for an organisation by one of its people, once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="terms_acceptances")
    version = models.CharField(max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "version"], name="terms_accepted_once")]

    def __str__(self) -> str:
        return f"terms {self.version} of {self.organisation_id}"
