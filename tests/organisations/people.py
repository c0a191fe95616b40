"""Short ways to say what people do to each other."""

import re
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.core.mail import mail_words
from apps.core.models import Mail
from apps.organisations.models import Invitation, Membership, Organisation
from apps.organisations.services import Actor, invitation_send
from apps.users.models import User


def member(user: User, organisation: Organisation | None = None) -> Membership:
    """Return the person's membership, of their first organisation unless one is named."""
    rows = Membership.objects.select_related("organisation", "user").filter(user=user)
    return rows.get(organisation=organisation) if organisation else rows.order_by("id")[0]


def by(user: User, **more: Any) -> dict[str, Any]:
    """Return what an act wants to know of the one who acts."""
    return {"membership": member(user), "actor": Actor.person(user), "now": timezone.now(), **more}


def invited(
    user: User,
    email: str = "nina@boreal.example",
    role: str = "developer",
    *,
    now: datetime | None = None,
    **more: Any,
) -> Invitation:
    """Let the person invite somebody."""
    return invitation_send(**by(user, now=now or timezone.now()), email=email, role=role, **more)


def invitation_token(invitation: Invitation) -> str:
    """Return the token of the invitation's newest link, from its mail that was not sent yet."""
    mail = Mail.objects.get(key=f"invitation:{invitation.pk}:{invitation.sends}")
    found = re.search(r"/invitations/([^/]+)/", mail_words(mail)[0])
    assert found is not None
    return found[1]
