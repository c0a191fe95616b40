"""Acts on projects: make, change, archive, and limit members to them."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.organisations.models import Grant, Membership, Project, ProjectMembership
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors.projects import project_found, projects_of
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.organisations import slug_from
from apps.organisations.services.people import acting_lock, hands_on

PROJECTS_MAXIMUM = 500
LABELS_MAXIMUM = 20
LABEL_NAME = re.compile(r"[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?")
LABEL_VALUE_MAXIMUM = 63
PROJECT_ROLES = (Role.DEVELOPER, Role.VIEWER)
RESERVED_SLUGS = {"new"}


def project_create(
    *, grant: Grant, name: str, labels: Mapping[str, str] | None = None, actor: Actor, now: datetime
) -> Project:
    """Make a project. Its address comes from its first name and stays.

    Raises Denied, Conflict when there are too many, AppError for a bad name or label.
    """
    grant.require(Permission.PROJECTS_MANAGE)
    name, labels = _name_read(name), _labels_read(labels or {})
    if grant.organisation.projects.count() >= PROJECTS_MAXIMUM:
        raise Conflict(
            _("%(organisation)s has %(projects_maximum)s projects, and more are not kept.")
            % {"organisation": grant.organisation.name, "projects_maximum": PROJECTS_MAXIMUM}
        )
    with transaction.atomic():
        project = _with_free_slug(grant, name, labels)
        _told(project, actor, "project.created", after=_facts(project), now=now)
    return project


def project_update(
    *,
    grant: Grant,
    project: Project,
    name: str | None = None,
    labels: Mapping[str, str] | None = None,
    archived: bool | None = None,
    actor: Actor,
    now: datetime,
) -> Project:
    """Rename a project, set its labels anew, archive it or bring it back; what is None stays. All or nothing.

    A repeat changes nothing. Raises Denied, AppError for a bad name or label, Conflict as project_archive does.
    """
    grant.require(Permission.PROJECTS_MANAGE)
    changes: dict[str, object] = {}
    if name is not None:
        changes["name"] = _name_read(name)
    if labels is not None:
        changes["labels"] = _labels_read(labels)
    with transaction.atomic():
        project = _lock(grant, project.pk)
        before = _facts(project)
        for field, value in changes.items():
            setattr(project, field, value)
        if _facts(project) != before:
            project.save(update_fields=list(changes))
            _told(project, actor, "project.changed", before=before, after=_facts(project), now=now)
        if archived is not None:
            act = project_archive if archived else project_unarchive
            project = act(grant=grant, project=project, actor=actor, now=now)
    return project


def project_archive(*, grant: Grant, project: Project, actor: Actor, now: datetime) -> Project:
    """Let the project take no new jobs or keys; what it has stays, runs on and is shown. A repeat changes nothing.

    Raises Denied, and Conflict for the last live project.
    """
    grant.require(Permission.PROJECTS_MANAGE)
    with transaction.atomic():
        live = grant.organisation.projects.select_for_update().filter(archived_at=None).order_by("id")
        others = [one for one in live if one.pk != project.pk]
        project = _lock(grant, project.pk)
        if project.archived_at is None:
            if not others:
                raise Conflict(
                    _("This is the last live project; make another one first, so that jobs have a place.")
                )
            project.archived_at = now
            project.save(update_fields=["archived_at"])
            _told(project, actor, "project.archived", now=now)
    return project


def project_unarchive(*, grant: Grant, project: Project, actor: Actor, now: datetime) -> Project:
    """Let the project take jobs and keys again. A repeat changes nothing. Raises Denied."""
    grant.require(Permission.PROJECTS_MANAGE)
    with transaction.atomic():
        project = _lock(grant, project.pk)
        if project.archived_at is not None:
            project.archived_at = None
            project.save(update_fields=["archived_at"])
            _told(project, actor, "project.unarchived", now=now)
    return project


def project_lock(grant: Grant, project_id: UUID) -> Project:
    """Return the live project, which cannot be archived until the transaction ends.

    Raises NotFound, and Conflict for an archived one.
    """
    project = _lock(grant, project_id)
    if project.archived_at is not None:
        raise Conflict(
            _(
                "The project “%(project)s” is archived and takes nothing new; choose another, or have it "
                "unarchived."
            )
            % {"project": project.name},
            code="project_archived",
        )
    return project


def member_limit(
    *, grant: Grant, member_id: int, projects: Mapping[UUID, Role] | None, actor: Actor, now: datetime
) -> Membership:
    """Limit a member to these projects, at most with the role given for each; None ends the limit.

    Limited to no project, the member sees none. A repeat changes nothing. Raises Denied, NotFound for a member or
    project of another organisation, Conflict for the owner or oneself, AppError for a role projects do not know.
    """
    grant.require(Permission.MEMBERS_MANAGE)
    with transaction.atomic():
        acting_lock(acting=grant, permission=Permission.MEMBERS_MANAGE)
        member = _member_lock(grant, member_id)
        if projects is not None:
            _limits_check(grant, projects)
        before = {"limited": member.limited, "projects": _limits_of(member)}
        member.limited = projects is not None
        after = {
            "limited": member.limited,
            "projects": {str(pk): str(role) for pk, role in (projects or {}).items()},
        }
        if after != before:
            member.save(update_fields=["limited"])
            member.project_memberships.all().delete()
            ProjectMembership.objects.bulk_create(
                ProjectMembership(membership=member, project_id=pk, role=role)
                for pk, role in (projects or {}).items()
            )
            audit_record(
                organisation_id=grant.organisation.pk,
                actor=actor,
                act="member.limited",
                subject=f"member:{member.pk}",
                before=before,
                after=after,
                now=now,
            )
    return member


def _member_lock(grant: Grant, member_id: int) -> Membership:
    members = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    member = members.filter(organisation=grant.organisation, pk=member_id).first()
    if member is None:
        raise NotFound(
            _("There is no such member in %(organisation)s; choose one from the list.")
            % {"organisation": grant.organisation.name}
        )
    if member.role == Role.OWNER:
        raise Conflict(_("The owner answers for the whole organisation and cannot be limited to projects."))
    if grant.membership is not None and member.pk == grant.membership.pk:
        raise Denied(_("Nobody changes their own limits; ask another owner or admin."))
    if grant.membership is not None and not hands_on(Role(grant.membership.role), Role(member.role)):
        raise Denied(
            _("%(member)s may more than you here; an owner or admin can change that.") % {"member": member.user}
        )
    return member


def _limits_check(grant: Grant, projects: Mapping[UUID, Role]) -> None:
    if any(role not in PROJECT_ROLES for role in projects.values()):
        sentence = _("In a project a member is developer or viewer.")
        raise AppError(sentence, code="role_unknown", fields={"projects": [sentence]})
    if grant.organisation.projects.filter(pk__in=list(projects)).count() != len(projects):
        raise NotFound(
            _("One of these projects is not in %(organisation)s; choose from the list.")
            % {"organisation": grant.organisation.name}
        )


def _limits_of(member: Membership) -> dict[str, str]:
    return {str(pk): role for pk, role in member.project_memberships.values_list("project_id", "role")}


def _lock(grant: Grant, project_id: UUID) -> Project:
    project = projects_of(grant).select_for_update(no_key=True).filter(pk=project_id).first()
    return project or project_found(grant, project_id)


def _with_free_slug(grant: Grant, name: str, labels: dict[str, str]) -> Project:
    base = slug_from(name) or "project"
    for number in range(1, 1000):
        slug = base if number == 1 else f"{base}-{number}"
        if slug in RESERVED_SLUGS or grant.organisation.projects.filter(slug=slug).exists():
            continue
        try:
            with transaction.atomic():
                return Project.objects.create(organisation=grant.organisation, name=name, slug=slug, labels=labels)
        except IntegrityError:  # another request took it between the look and the write
            continue
    raise AppError(_("Too many projects have this name; choose another."), code="name_taken")


def _name_read(name: str) -> str:
    name = " ".join(name.split())
    if len(name) <= 80 and name.isprintable() and any(letter.isalnum() for letter in name):
        return name
    sentence = _("A project needs a name of 1 to 80 printable characters, with a letter or digit in it.")
    raise AppError(sentence, code="name_invalid", fields={"name": [sentence]})


def _labels_read(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels. Raises AppError with a sentence per bad one."""
    sentences = [
        _("“%(name)s” is no label: names are 1 to 63 of a-z, 0-9, “.”, “_”, “/” and “-”.") % {"name": name[:40]}
        for name in labels
        if not LABEL_NAME.fullmatch(name)
    ]
    sentences += [
        _("The value of “%(name)s” must be at most %(label_value_maximum)s printable characters.")
        % {"name": name[:40], "label_value_maximum": LABEL_VALUE_MAXIMUM}
        for name, value in labels.items()
        if len(value) > LABEL_VALUE_MAXIMUM or not value.isprintable()
    ]
    if len(labels) > LABELS_MAXIMUM:
        sentences = [_("A project has %(labels_maximum)s labels at most.") % {"labels_maximum": LABELS_MAXIMUM}]
    if sentences:
        raise AppError(" ".join(sentences[:5]), code="labels_invalid", fields={"labels": sentences[:50]})
    return dict(labels)


def _facts(project: Project) -> dict[str, object]:
    return {"name": project.name, "labels": dict(project.labels)}


def _told(
    project: Project,
    actor: Actor,
    act: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    now: datetime,
) -> None:
    audit_record(
        organisation_id=project.organisation_id,
        actor=actor,
        act=act,
        subject=f"project:{project.pk}",
        before=before,
        after=after,
        now=now,
    )
