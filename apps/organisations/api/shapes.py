"""What endpoints of organisations take and give."""

from typing import Any

from rest_framework import serializers

from apps.core.money import CURRENCIES
from apps.core.rest import Body, Flag, Labels, Moment, PageQuestion, Text, Texts
from apps.organisations.models import ApiKey, Grant, Invitation, Membership, Organisation, Project
from apps.organisations.roles import Role


class OrganisationShape(serializers.ModelSerializer[Organisation]):
    """An organisation."""

    class Meta:
        model = Organisation
        fields = (
            "id",
            "slug",
            "name",
            "legal_name",
            "address",
            "country",
            "vat_id",
            "finance_email",
            "currency",
            "time_zone",
            "approval_job_micro",
            "approval_cap_micro",
            "audit_retention_days",
            "created_at",
            "closed_at",
            "frozen_at",
        )


class OrganisationNew(Body):
    """What a new organisation needs: its country decides the VAT; the rest can wait."""

    name = Text(max_length=120)
    country = Text(max_length=2, help_text="ISO 3166, such as NL.")
    currency = Text(max_length=3, default=CURRENCIES[0], help_text="Of top-ups and invoices.")
    vat_id = Text(max_length=20, required=False, allow_blank=True)
    address = Text(max_length=500, required=False, allow_blank=True)
    finance_email = Text(
        max_length=254, required=False, allow_blank=True, help_text="Where invoices go; else to the person."
    )


class OrganisationChange(Body):
    """What can be changed of an organisation; what is left out stays."""

    name = Text(max_length=120, required=False)
    legal_name = Text(max_length=200, required=False, allow_blank=True)
    address = Text(max_length=500, required=False, allow_blank=True)
    country = Text(max_length=2, required=False)
    vat_id = Text(max_length=20, required=False, allow_blank=True)
    finance_email = Text(max_length=254, required=False, allow_blank=True)
    currency = Text(max_length=3, required=False)
    time_zone = Text(max_length=50, required=False)


class MemberShape(serializers.ModelSerializer[Membership]):
    """A member. `projects` names, for a limited member, each project seen and the role in it; else it is null."""

    name = serializers.CharField(source="user.name")
    email = serializers.CharField(source="user.email")
    projects = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ("id", "name", "email", "role", "limited", "projects", "created_at")

    def get_projects(self, member: Membership) -> dict[str, str] | None:
        """Return the member's role by the slug of each project."""
        if not member.limited:
            return None
        return {row.project.slug: row.role for row in member.project_memberships.all()}


class MembersQuestion(PageQuestion):
    """Which members: all, or those of one role."""

    role = serializers.ChoiceField(choices=Role.choices, required=False)


class KeysQuestion(PageQuestion):
    """Which keys: all, those that open something, or of one kind."""

    live = serializers.ChoiceField(choices=["true", "false"], required=False)
    kind = serializers.ChoiceField(choices=ApiKey.Kind.choices, required=False)


class MemberChange(Body):
    """What can be changed of a member."""

    role = Text(max_length=20)


class MemberLimits(Body):
    """The role by the slug of each project that a member is limited to; null for no limit."""

    projects = Labels(each=20, allow_null=True)


class InvitationShape(serializers.ModelSerializer[Invitation]):
    """An invitation. `projects` names, for somebody who will be limited, each project and the role in it."""

    state = serializers.SerializerMethodField()
    projects = serializers.SerializerMethodField()
    invited_by = serializers.CharField(source="invited_by.email")

    class Meta:
        model = Invitation
        fields = (
            "id",
            "email",
            "role",
            "projects",
            "state",
            "sends",
            "sent_at",
            "expires_at",
            "invited_by",
            "created_at",
        )

    def get_state(self, invitation: Invitation) -> str:
        """Return how it stands now."""
        return invitation.state(self.context["now"]).value

    def get_projects(self, invitation: Invitation) -> dict[str, str] | None:
        """Return the role by the slug of each project."""
        if invitation.projects is None:
            return None
        slugs = self.context["slugs"]
        return {slugs[pk]: role for pk, role in invitation.projects.items() if pk in slugs}


class InvitationNew(Body):
    """Whom to invite, and as what; `projects` has the role by the slug of each project, null for all of them."""

    email = Text(max_length=254)
    role = Text(max_length=20)
    projects = Labels(each=20, required=False, allow_null=True, default=None)


class InvitationTable(Body):
    """Many to invite, as CSV."""

    table = Text(max_length=100_000)


class TermsVersion(Body):
    """The version of the terms that is accepted."""

    version = Text(max_length=20)


class ApprovalLimits(Body):
    """Above which amounts (micro-NOS) somebody must approve; null: never. What is left out stays."""

    approval_job_micro = serializers.IntegerField(required=False, allow_null=True)
    approval_cap_micro = serializers.IntegerField(required=False, allow_null=True)


class Retention(Body):
    """How many days events are kept; null: for ever."""

    days = serializers.IntegerField(allow_null=True)


class ProjectShape(serializers.ModelSerializer[Project]):
    """A project."""

    labels = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Project
        fields = ("id", "slug", "name", "labels", "archived_at", "created_at")


class ProjectNew(Body):
    """A project to make."""

    name = Text(max_length=80)
    labels = Labels(required=False)


class ProjectChange(Body):
    """What can be changed of a project; what is left out stays, labels are replaced as a whole."""

    name = Text(max_length=80, required=False)
    labels = Labels(required=False)
    archived = Flag(required=False)


class ProjectsQuestion(PageQuestion):
    """Which projects: all, the archived ones, or the live ones."""

    archived = serializers.ChoiceField(choices=["true", "false"], required=False)


class KeyShape(serializers.ModelSerializer[ApiKey]):
    """An API key without its secret."""

    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    member = serializers.SerializerMethodField()
    scopes = serializers.ListField(child=serializers.CharField())
    networks = serializers.ListField(source="allowed_networks", child=serializers.CharField())

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "name",
            "kind",
            "prefix",
            "member",
            "project",
            "scopes",
            "networks",
            "created_at",
            "last_used_at",
            "expires_at",
            "revoked_at",
            "successor",
        )

    def get_member(self, key: ApiKey) -> str | None:
        """Return the e-mail address of the member whose personal key it is."""
        return key.member.user.email if key.member is not None else None


class KeyNew(Body):
    """A key to make."""

    name = Text(max_length=80)
    scopes = Texts(each=40)
    kind = serializers.ChoiceField(choices=ApiKey.Kind.choices, default=ApiKey.Kind.PERSONAL)
    project = Text(max_length=60, required=False, allow_null=True, help_text="Its slug.")
    networks = Texts(each=50, required=False)
    expires_at = Moment(required=False, allow_null=True)


class KeyRotation(Body):
    """How long the old key goes on working."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=720, default=24)


class Nothing(Body):
    """A body without fields."""


def place(grant: Grant) -> dict[str, Any]:
    """Return an organisation as a caller sees it: its name, and what may be done there, and in which projects."""
    projects = grant.reach.projects
    return {
        "id": str(grant.organisation.pk),
        "slug": grant.organisation.slug,
        "name": grant.organisation.name,
        "role": grant.membership.role if grant.membership is not None else None,
        "permissions": sorted(grant.reach.everywhere),
        "projects": None if projects is None else {str(pk): sorted(allowed) for pk, allowed in projects.items()},
    }


class TermsShape(serializers.Serializer[Any]):
    """The version in force, and who accepted it."""

    version = serializers.CharField()
    accepted_by = serializers.CharField(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)


class KeyShown(KeyShape):
    """A key with its text, which no other answer shows; null for a repeat by Idempotency-Key."""

    key = serializers.CharField(allow_null=True)

    class Meta(KeyShape.Meta):
        fields: Any = (*KeyShape.Meta.fields, "key")


class AuditShape(serializers.Serializer[Any]):
    """An act in the audit trail; `erased` says that its personal side is gone, `day` in which digest it is."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    act = serializers.CharField(help_text="Such as cap.set.")
    subject = serializers.CharField(help_text="Such as project:<id>.")
    actor = serializers.CharField(help_text="person, key, staff or system.")
    who = serializers.CharField()
    email = serializers.CharField()
    address = serializers.CharField(help_text="The network address it came from.")
    agent = serializers.CharField()
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)
    day = serializers.DateField(allow_null=True)
    erased = serializers.BooleanField()


class ProofDetailShape(serializers.Serializer[Any]):
    """The personal side of an event, and what hides it in the record."""

    salt = serializers.CharField()
    content = serializers.CharField()


class ProofDayShape(serializers.Serializer[Any]):
    """A closed day of the chain."""

    day = serializers.DateField()
    events = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]
    digest = serializers.CharField()


class ProofShape(serializers.Serializer[Any]):
    """What leads from one event to the digest of its day, and to every later one (docs/audit.md)."""

    format = serializers.CharField()
    organisation = serializers.UUIDField()
    record = serializers.CharField()
    detail = ProofDetailShape(allow_null=True)
    day = serializers.DateField()
    index = serializers.IntegerField()
    path = serializers.ListField(child=serializers.CharField())
    chain = serializers.ListField(child=ProofDayShape())


class DigestsShape(serializers.Serializer[Any]):
    """The digest of every closed day."""

    organisation = serializers.UUIDField()
    digests = serializers.DictField(child=serializers.CharField(), help_text="By day, such as 2027-01-31.")


class AskedShape(serializers.Serializer[Any]):
    """A request that waits for somebody to approve it; follow it under approvals."""

    approval = serializers.UUIDField()


class PersonShape(serializers.Serializer[Any]):
    """A person."""

    name = serializers.CharField()
    email = serializers.CharField()


class SignInShape(serializers.Serializer[Any]):
    """A program that a person signed in."""

    program = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


class PlaceShape(serializers.Serializer[Any]):
    """An organisation, and what may be done there; `projects` names what may be done in each, null for no limit."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField(allow_null=True)
    permissions = serializers.ListField(child=serializers.CharField())
    projects = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), allow_null=True)


class WhoAmIShape(serializers.Serializer[Any]):
    """Who the platform takes the caller for."""

    environment = serializers.CharField()
    user = PersonShape(allow_null=True)
    key = KeyShape(allow_null=True)
    sign_in = SignInShape(allow_null=True)
    organisations = serializers.ListField(child=PlaceShape())
