"""Who belongs to the platform's own people, and in which roles; superusers alone say so."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from apps.core.errors import AppError, Denied, NotFound
from apps.core.staff import staff_act_write
from apps.support.roles import ROLES
from apps.users.models import User


def staff_set(*, email: str, roles: Collection[str], by: User | None, now: datetime) -> User:
    """Give a person exactly these roles of the staff; with none they are no staff any more. A repeat changes nothing.

    `by` is the superuser who does it, None the machine's own console. The person's sessions stay, and every page asks
    anew. Each change stands in the staff's trail. Raises Denied, NotFound for an address without an account, AppError
    for a role that there is none of, and for a superuser, whose rights come from no role.
    """
    if by is not None and not (by.is_active and by.is_superuser):
        raise Denied("Only superusers give and take the staff's roles.")
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise AppError(f"There is no role {unknown[0]}; there are {', '.join(ROLES)}.", code="role_unknown")
    with transaction.atomic():
        person = User.objects.select_for_update().filter(email=email.strip().lower()).first()
        if person is None:
            raise NotFound("Nobody has an account with this address; the person signs up first.")
        if person.is_superuser:
            raise AppError("A superuser may do everything; no role adds or takes anything.", code="superuser")
        before = sorted(person.groups.filter(name__in=ROLES).values_list("name", flat=True))
        after = sorted(set(roles))
        if (person.is_staff, before) == (bool(after), after):
            return person
        person.is_staff = bool(after)
        person.save(update_fields=["is_staff"])
        others = person.groups.exclude(name__in=ROLES)
        person.groups.set([*others, *Group.objects.filter(name__in=after)])
        staff_act_write(
            staff_id=by.pk if by else None,
            act="staff.roles_set",
            subject=f"user:{person.pk}",
            facts={"person": person.email, "before": before, "after": after},
            now=now,
        )
    return person
