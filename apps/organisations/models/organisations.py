"""Organisations and their people."""

from django.conf import settings
from django.db import models

from apps.core.errors import Denied
from apps.core.ids import uuid7
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role, denial


class Organisation(models.Model):
    """A business that shares one balance, its people and its jobs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    legal_name = models.CharField(max_length=200, blank=True)
    address = models.TextField(max_length=500, blank=True)
    country = models.CharField(max_length=2, default="NL", help_text="ISO 3166 code; decides the VAT.")
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    finance_email = models.EmailField("finance e-mail", blank=True, help_text="Invoices go here.")
    po_number = models.CharField("PO number", max_length=60, blank=True, help_text="Printed on new invoices.")
    cost_centre = models.CharField(max_length=60, blank=True, help_text="Printed on new invoices.")
    currency = models.CharField(max_length=3, default="EUR")
    time_zone = models.CharField(max_length=50, default="UTC")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's place in an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once"),
            models.UniqueConstraint(
                fields=["organisation"], condition=models.Q(role=Role.OWNER), name="membership_one_owner"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}"

    def may(self, permission: Permission) -> bool:
        """Return whether the role allows the act."""
        return permission in ROLE_PERMISSIONS[Role(self.role)]

    def require(self, permission: Permission) -> None:
        """Pass if the role allows the act; raise Denied with a sentence if not."""
        if not self.may(permission):
            raise Denied(denial(permission, Role(self.role)))
