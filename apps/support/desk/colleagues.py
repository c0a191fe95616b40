"""Who belongs to the platform's own people."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from apps.support.roles import ROLES
from apps.users.models import User
from apps.users.ways import SECOND_FACTORS


@dataclass(frozen=True)
class Colleague:
    """A person of the staff, their roles in words, and whether they have a second factor."""

    person: User
    roles: str
    factor: bool


def staff_rows() -> QuerySet[User]:
    """Return everybody of the staff, by address."""
    return User.objects.filter(is_staff=True, is_active=True).order_by("email")


def staff_people() -> list[Colleague]:
    """Return everybody of the staff with their roles, by address."""
    people = staff_rows().prefetch_related("groups")
    with_factor = set(
        Authenticator.objects.filter(user__in=people, type__in=SECOND_FACTORS).values_list("user_id", flat=True)
    )
    return [Colleague(one, _roles(one), one.pk in with_factor) for one in people]


def _roles(person: User) -> str:
    if person.is_superuser:
        return "superuser"
    return ", ".join(group.name for group in person.groups.all() if group.name in ROLES) or "rights of their own"
