"""Finding an organisation is the permission check: outsiders get 404, members without the role 403."""

from functools import cache

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.core.logs import bind
from apps.organisations.models import Approval, Membership, Organisation, ProjectMembership
from apps.organisations.models.approvals import STAFF_KINDS
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role
from apps.users.models import User


def project_roles(membership: str) -> ArraySubquery:
    """Return what a query of memberships is annotated with, so that a limited member's projects come along."""
    rows = ProjectMembership.objects.filter(membership=OuterRef(membership)).order_by()
    return ArraySubquery(rows.values(found=JSONObject(project_id="project_id", role="role")))


def membership_get(
    user: User | AnonymousUser, slug: str, permission: Permission, *, visit: bool = False
) -> Membership:
    """Return the person's membership (with its organisation) if the role allows the act.

    On a `visit`, staff looks as the person: reading is all that is left of the role.
    Raises NotFound for outsiders and Denied, with a sentence, for members without the role.
    """
    membership = (
        Membership.objects.select_related("organisation")
        .annotate(project_roles_found=project_roles("pk"))
        .filter(user_id=user.pk or 0, organisation__slug=slug)
        .first()
    )
    if membership is None:
        raise NotFound()
    bind(organisation_id=membership.organisation_id)
    membership.visited = visit
    membership.require(permission)
    return membership


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return the person's memberships with their organisations, by name."""
    return user.memberships.select_related("organisation").order_by("organisation__name")


def memberships_shown(user: User) -> QuerySet[Membership]:
    """Return the same with `waiting`, how many requests there the person may decide, and the projects of a limited one.

    Still one query.
    """
    return _shown().filter(user=user)


@cache  # every page asks for it, and to put it together costs more than to send it
def _shown() -> QuerySet[Membership]:
    deciding = [role for role in Role if Permission.APPROVALS_DECIDE in ROLE_PERMISSIONS[role]]
    open_here = Approval.objects.filter(organisation=OuterRef("organisation"), state=Approval.State.OPEN)
    others = open_here.exclude(kind__in=STAFF_KINDS).exclude(requester=OuterRef("user")).order_by()
    count = others.values("organisation").annotate(n=Count("pk")).values("n")
    may = Q(role__in=deciding, limited=False, organisation__closed_at=None)
    waiting = Case(When(may, then=Coalesce(Subquery(count), 0)), default=0)
    rows = Membership.objects.select_related("organisation").order_by("organisation__name")
    return rows.annotate(waiting=waiting, project_roles_found=project_roles("pk"))


def mail_language(organisation: Organisation, address: str) -> str:
    """Return the language for a mail about the organisation: of the member with that address, else of its owner."""
    named = Q(user__email__iexact=address)
    people = organisation.memberships.filter(named | Q(role=Role.OWNER)).order_by(
        Case(When(named, then=0), default=1)
    )
    return people.values_list("user__language", flat=True).first() or ""


def organisation_last(user: User, here: str = "") -> str | None:
    """Return the address of the organisation `here` if the person is in it, else of the one they were in last.

    Somebody who was in none yet gets their first by name, somebody without any None.
    """
    at_hand = Case(When(organisation__slug=here, then=0), default=1)
    rows = user.memberships.order_by(at_hand, F("visited_at").desc(nulls_last=True), "organisation__name")
    return rows.values_list("organisation__slug", flat=True).first()


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Return the organisation's memberships with their people, oldest first."""
    return organisation.memberships.select_related("user").order_by("created_at", "id")


def members_found(organisation: Organisation, *, search: str = "", role: str = "") -> QuerySet[Membership]:
    """Return the members whose name or address has that part, with that role."""
    found = members_of(organisation)
    if search:
        found = found.filter(Q(user__name__icontains=search) | Q(user__email__icontains=search))
    return found.filter(role=role) if role else found


def member_get(organisation: Organisation, member_id: int) -> Membership:
    """Return one of the organisation's memberships, with its person. Raises NotFound."""
    found = members_of(organisation).filter(pk=member_id).first()
    if found is None:
        raise NotFound(
            _("There is no such member in this organisation; the list may have changed, load it again.")
        )
    found.organisation = organisation
    return found
