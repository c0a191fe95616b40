"""Members and invitations: who is in, as what, in which projects, and who was asked to come."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import page_answer
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import (
    InvitationNew,
    InvitationShape,
    InvitationTable,
    MemberChange,
    MemberLimits,
    MemberShape,
    MembersQuestion,
    Nothing,
)
from apps.organisations.models import Invitation, Organisation
from apps.organisations.roles import Permission
from apps.organisations.selectors import (
    invitation_get,
    invitations_waiting,
    member_get,
    members_of,
    projects_named,
)
from apps.organisations.services import (
    invitation_resend,
    invitation_revoke,
    invitation_send,
    invitations_send,
    member_limit,
    member_remove,
    member_role_change,
)


class Members(Endpoint):
    """The members of an organisation."""

    @described(MemberShape, page=True, question=MembersQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the members, oldest first."""
        grant = self.grant(Permission.ORGANISATION_VIEW)
        rows = members_of(grant.organisation).prefetch_related("project_memberships__project")
        return page_answer(
            request,
            rows,
            lambda row: MemberShape(row).data,
            question=MembersQuestion,
            narrow=lambda rows, asked: rows.filter(role=asked["role"]) if "role" in asked else rows,
        )


class OneMember(Endpoint):
    """One member."""

    @described(MemberShape)
    def get(self, request: Request, slug: str, member_id: int) -> Response:
        """Read a membership."""
        organisation = self.grant(Permission.ORGANISATION_VIEW).organisation
        return Response(MemberShape(member_get(organisation, member_id)).data)

    @described(MemberShape, body=MemberChange)
    def patch(self, request: Request, slug: str, member_id: int) -> Response:
        """Give a member another role; it holds from the member's next request on."""
        grant = self.grant(Permission.MEMBERS_MANAGE)
        member = member_get(grant.organisation, member_id)
        role = MemberChange(data=request.data).read()["role"]
        changed = member_role_change(
            membership=grant.member, member_id=member.pk, role=role, actor=self.actor, now=timezone.now()
        )
        return Response(MemberShape(changed).data)


class OnesProjects(Endpoint):
    """The projects a member is limited to."""

    @described(MemberShape, body=MemberLimits)
    def put(self, request: Request, slug: str, member_id: int) -> Response:
        """Limit a member to these projects, or with null lift the limit."""
        grant = self.grant(Permission.MEMBERS_MANAGE)
        member = member_get(grant.organisation, member_id)
        wanted = MemberLimits(data=request.data).read()["projects"]
        limits = None if wanted is None else projects_named(grant, wanted)
        limited = member_limit(
            grant=grant, member_id=member.pk, projects=limits, actor=self.actor, now=timezone.now()
        )
        return Response(MemberShape(limited).data)


class MemberRemove(Endpoint):
    """The end of a membership."""

    @described(MemberShape, body=Nothing)
    def post(self, request: Request, slug: str, member_id: int) -> Response:
        """End a membership, and with it the member's personal keys and open invitations."""
        grant = self.grant(Permission.MEMBERS_MANAGE)
        member = member_get(grant.organisation, member_id)
        Nothing(data=request.data).read()
        shown = MemberShape(member).data
        remover = grant.member

        def act() -> Any:
            member_remove(membership=remover, member_id=member.pk, actor=self.actor, now=timezone.now())
            return shown

        return self.once(grant, act, status=200, forgets=True)


class Invitations(Endpoint):
    """The invitations of an organisation that nobody has accepted or taken back."""

    @described(InvitationShape, page=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the invitations, newest first."""
        organisation = self.grant(Permission.MEMBERS_MANAGE).organisation
        context = _context(organisation)
        rows = invitations_waiting(organisation)
        return page_answer(
            request, rows, lambda row: InvitationShape(row, context=context).data, newest_first=True
        )

    @described(InvitationShape, body=InvitationNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Invite somebody by e-mail; `projects` limits a developer or viewer to these, with the role in each."""
        grant = self.grant(Permission.MEMBERS_MANAGE)
        wanted = InvitationNew(data=request.data).read()
        named = wanted.pop("projects")

        def act() -> Any:
            projects = None if named is None else projects_named(grant, named)
            now = timezone.now()
            sent = invitation_send(membership=grant.member, **wanted, projects=projects, actor=self.actor, now=now)
            return InvitationShape(sent, context=_context(grant.organisation)).data

        return self.once(grant, act, forgets=True)


class InvitationsMany(Endpoint):
    """Many invitations at once."""

    @described(InvitationShape, body=InvitationTable, many=True, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Send an invitation for every line of a CSV table (email, role, projects), or none."""
        grant = self.grant(Permission.MEMBERS_MANAGE)
        table = InvitationTable(data=request.data).read()["table"]

        def act() -> Any:
            sent = invitations_send(membership=grant.member, text=table, actor=self.actor, now=timezone.now())
            context = _context(grant.organisation)
            return {"items": [InvitationShape(one, context=context).data for one in sent]}

        return self.once(grant, act, forgets=True)


class OneInvitation(Endpoint):
    """One invitation."""

    @described(InvitationShape)
    def get(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        """Read an invitation."""
        return _shown(invitation_get(self.grant(Permission.MEMBERS_MANAGE).organisation, invitation_id))


class InvitationResend(Endpoint):
    """A new link of an invitation."""

    @described(InvitationShape, body=Nothing)
    def post(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        """Mail an invitation anew; the old link ends."""
        grant = self.grant(Permission.MEMBERS_MANAGE)
        found = invitation_get(grant.organisation, invitation_id)
        Nothing(data=request.data).read()

        def act() -> Any:
            sent = invitation_resend(
                membership=grant.member, invitation_id=found.pk, actor=self.actor, now=timezone.now()
            )
            return InvitationShape(sent, context=_context(grant.organisation)).data

        return self.once(grant, act, status=200, forgets=True)


class InvitationRevoke(Endpoint):
    """The end of an invitation."""

    @described(InvitationShape, body=Nothing)
    def post(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        """End an invitation: its link opens nothing any more; a repeat changes nothing."""
        grant = self.grant(Permission.MEMBERS_MANAGE)
        found = invitation_get(grant.organisation, invitation_id)
        Nothing(data=request.data).read()
        member = grant.member

        def act() -> Any:
            ended = invitation_revoke(
                membership=member, invitation_id=found.pk, actor=self.actor, now=timezone.now()
            )
            return _shown(ended).data

        return self.once(grant, act, status=200, forgets=True)


def _shown(invitation: Invitation) -> Response:
    return Response(InvitationShape(invitation, context=_context(invitation.organisation)).data)


def _context(organisation: Organisation) -> dict[str, Any]:
    return {
        "now": timezone.now(),
        "slugs": {str(pk): slug for pk, slug in organisation.projects.values_list("pk", "slug")},
    }
