"""Organisations and their people."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Conflict, Denied
from apps.core.ids import uuid7
from apps.core.moments import day_text
from apps.organisations.reach import FROZEN_KEEPS, READING, Reach, reach_of_role
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role, denial

AUDIT_RETENTION_MINIMUM_DAYS = 90
AUDIT_RETENTION_MAXIMUM_DAYS = 36_500


class Closed(Conflict):
    """The organisation is closed: it can be read, and nothing in it changes any more."""

    code = "organisation_closed"


class Frozen(Conflict):
    """Staff froze the organisation: nothing is started or paid in it until they thaw it."""

    code = "organisation_frozen"


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
    time_zone = models.CharField(max_length=50, default="UTC", help_text="IANA name; statements follow it.")
    approval_job_micro = models.BigIntegerField(
        null=True, blank=True, help_text="A job that may cost more than this (micro-NOS) needs an approval."
    )
    approval_cap_micro = models.BigIntegerField(
        null=True, blank=True, help_text="A cap raised above this (micro-NOS) needs an approval."
    )
    audit_retention_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Events of the audit trail older than this are deleted; empty: never."
    )
    second_factor_required = models.BooleanField(
        default=False, help_text="Whoever signs in without a second factor reaches nothing of it."
    )
    sso_only = models.BooleanField(
        default=False, help_text="Members come in by the organisation's own sign-in and no other way."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Since then it can only be read.")
    frozen_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then nothing is started or paid in it."
    )
    frozen_why = models.CharField(
        max_length=300, blank=True, db_default="", help_text="What its people read about that; staff wrote it."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approval_job_micro__gte=0) & models.Q(approval_cap_micro__gte=0),
                name="organisation_approval_limits_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(audit_retention_days__gte=AUDIT_RETENTION_MINIMUM_DAYS),
                name="organisation_audit_retention_long_enough",
            ),
        ]
        permissions = [("freeze_organisation", gettext_lazy("Can freeze and thaw organisations"))]

    def __str__(self) -> str:
        return self.name

    def reach_left(self, reach: Reach) -> Reach:
        """Return what the organisation's own state leaves of a reach: of a closed one, reading."""
        keeps = self.keeps
        return reach if keeps is None else reach.narrowed(keeps)

    @property
    def keeps(self) -> frozenset[Permission] | None:
        """Which permissions its own state leaves to anybody; None: all of them."""
        if self.closed_at is not None:
            return READING
        return None if self.frozen_at is None else FROZEN_KEEPS

    @property
    def frozen_sentence(self) -> str:
        """What its people read while it is frozen; "" while it is not."""
        if self.frozen_at is None:
            return ""
        told = _(
            "%(name)s was frozen on %(day)s: nothing can be started, topped up or changed until we thaw it. Jobs "
            "can be stopped, keys revoked, and everything read."
        ) % {"name": self.name, "day": day_text(self.frozen_at, "long")}
        return f"{told} {self.frozen_why}".strip()

    def require_open(self) -> None:
        """Pass if the organisation is open. Raises Closed."""
        if self.closed_at is not None:
            raise Closed(
                _("%(name)s was closed on %(closed_at)s: it can be read, but not changed.")
                % {"name": self.name, "closed_at": day_text(self.closed_at, "long")}
            )

    def require_working(self) -> None:
        """Pass if the organisation is open and not frozen. Raises Closed, Frozen."""
        self.require_open()
        if self.frozen_at is not None:
            raise Frozen(self.frozen_sentence)

    def require_lets(self, permission: Permission) -> None:
        """Pass if the organisation's own state leaves the permission to anybody. Raises Closed, Frozen."""
        keeps = self.keeps
        if keeps is not None and permission not in keeps:
            self.require_working()


class Membership(models.Model):
    """A person's place in an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    limited = models.BooleanField(default=False, help_text="Sees and acts only in the projects given to them.")
    created_at = models.DateTimeField(auto_now_add=True)
    visited_at = models.DateTimeField(null=True, help_text="When the person last switched to it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once"),
            models.UniqueConstraint(
                fields=["organisation"], condition=models.Q(role=Role.OWNER), name="membership_one_owner"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    visited = False  # whether staff looks as this member: no field, but of one request

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}"

    @property
    def reach(self) -> Reach:
        """What the member may do now, and where: as `hears`, less what the organisation's own state takes away."""
        return self.organisation.reach_left(self.hears)

    @property
    def hears(self) -> Reach:
        """What the member hears of, and where: what role and projects allow, also while a freeze keeps them from it.

        Without `project_roles_found` (membership_get) a query if limited.
        """
        projects = None
        if self.limited:
            found = getattr(self, "project_roles_found", None)
            if found is None:
                found = list(self.project_memberships.values("project_id", "role"))
            projects = {UUID(str(row["project_id"])): Role(row["role"]) for row in found}
        whole = reach_of_role(Role(self.role), projects)
        return whole.narrowed(READING) if self.visited else whole

    def may(self, permission: Permission, project_id: UUID | None = None) -> bool:
        """Return whether role and projects allow the act there; without a project, whether anywhere."""
        return self.reach.may(permission, project_id)

    def require(self, permission: Permission, project_id: UUID | None = None) -> None:
        """Pass if role and projects allow the act; raise Denied, or Closed, with a sentence if not."""
        if self.may(permission, project_id):
            return
        if self.visited:
            raise Denied(
                _("On a visit staff looks and changes nothing, and keys and secrets stay shut."), code="visit"
            )
        if permission in ROLE_PERMISSIONS[Role(self.role)]:
            self.organisation.require_lets(permission)
        if permission in ROLE_PERMISSIONS[Role(self.role)]:
            raise Denied(
                _("You are limited to some projects here; to %(permission)s it takes more than those.")
                % {"permission": permission.label}
            )
        raise Denied(denial(permission, Role(self.role)))
