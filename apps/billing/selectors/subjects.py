"""Whose limit it is, in words."""

import uuid
from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.billing.models import Level
from apps.organisations.models import ApiKey, Organisation, Project

Subject = tuple[str, str]  # (level, subject id)


def subject_names(organisation: Organisation, subjects: Iterable[Subject]) -> dict[Subject, str]:
    """Return the name of each subject; one query per level that occurs among projects, members and keys."""
    wanted = set(subjects)
    ids = {level: [subject_id for kind, subject_id in wanted if kind == level] for level in Level}
    names: dict[Subject, str] = {
        (Level.ORGANISATION, ""): organisation.name,
        (Level.TOPUP, ""): _("Automatic top-ups"),
    }
    if ids[Level.PROJECT]:
        projects = Project.objects.filter(organisation=organisation, id__in=ids[Level.PROJECT])
        names |= {(Level.PROJECT, str(project.id)): project.name for project in projects}
    if ids[Level.MEMBER]:
        members = organisation.memberships.filter(user_id__in=ids[Level.MEMBER]).select_related("user")
        names |= {(Level.MEMBER, str(one.user_id)): one.user.name or one.user.email for one in members}
    if ids[Level.KEY]:
        keys = ApiKey.objects.filter(organisation=organisation, id__in=ids[Level.KEY])
        names |= {(Level.KEY, str(key.id)): key.name for key in keys}
    return {subject: names.get(subject, _("a former member")) for subject in wanted}  # the other kinds never go


def subject_exists(organisation: Organisation, level: str, subject_id: str) -> bool:
    """Return whether the organisation has this live project, member or unrevoked key, or the level needs none."""
    try:
        match level:
            case Level.ORGANISATION | Level.TOPUP:
                return subject_id == ""
            case Level.PROJECT:
                return organisation.projects.filter(id=uuid.UUID(subject_id), archived_at=None).exists()
            case Level.MEMBER:
                return organisation.memberships.filter(user_id=_id(subject_id)).exists()
            case Level.KEY:
                return organisation.api_keys.filter(id=uuid.UUID(subject_id), revoked_at=None).exists()
    except ValueError:
        return False
    return False


def _id(text: str) -> int:
    """Return the id of a person. Raises ValueError for what is none, or too large to be one."""
    number = int(text)
    if not 0 < number < 2**31:
        raise ValueError(text)
    return number
