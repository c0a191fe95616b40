"""An organisation's credits by where they stand, and where they may be moved."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, Sum

from apps.billing.models import Lot
from apps.organisations.models import Membership, Organisation, Project
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True)
class Pot:
    """What is set aside for one project, in micro-NOS."""

    project: Project
    micro: int


def lots_in_order(organisation: Organisation, *, now: datetime) -> list[Lot]:
    """Return the lots with credits left in the order they are spent, each with its project if it is in a pot."""
    lots = Lot.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), remaining_micro__gt=0)
    order = (F("expires_at").asc(nulls_last=True), "priority", "created_at", "id")
    return list(lots.filter(organisation=organisation).select_related("project").order_by(*order))


def pots_of(organisation: Organisation) -> list[Pot]:
    """Return the pots that have credits, by their projects' names."""
    filled = Lot.objects.filter(organisation=organisation, remaining_micro__gt=0).exclude(project=None)
    sums = dict(filled.values("project_id").annotate(sum=Sum("remaining_micro")).values_list("project_id", "sum"))
    projects = organisation.projects.filter(id__in=sums).order_by("name")
    return [Pot(project, sums[project.id]) for project in projects]


def sisters_of(membership: Membership) -> list[Organisation]:
    """Return the other organisations of the same owner whose billing the person may manage, by name."""
    managers = [role for role in Role if Permission.BILLING_MANAGE in ROLE_PERMISSIONS[role]]
    mine = Organisation.objects.filter(memberships__user=membership.user, memberships__role__in=managers)
    owners = Membership.objects.filter(organisation=membership.organisation, role=Role.OWNER).values("user_id")
    theirs = Membership.objects.filter(role=Role.OWNER, user_id__in=owners).values("organisation_id")
    return list(mine.filter(id__in=theirs).exclude(id=membership.organisation_id).order_by("name", "id"))
