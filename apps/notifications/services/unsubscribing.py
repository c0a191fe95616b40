"""The link in a mail that ends mails like it: signed, so that it works without signing in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.notifications.models import Reader
from apps.notifications.types import MailWay, notice_kinds
from apps.organisations.models import Membership

SIGNER = signing.Signer(salt="notices.unsubscribe")


@dataclass(frozen=True)
class Ending:
    """Which mails a link ends: of these kinds, or (none) the daily mail, of one member."""

    member: Membership
    kinds: tuple[str, ...]


def unsubscribe_url(*, organisation_id: uuid.UUID, user_id: int, kinds: Sequence[str]) -> str:
    """Return the link that ends mails of these kinds, or, without one, the daily mail."""
    token = SIGNER.sign_object([organisation_id.hex, user_id, list(kinds)], compress=True)
    return settings.BASE_URL + reverse("notifications:unsubscribe", args=[token])


def ending_get(token: str) -> Ending:
    """Return what a link ends. Raises NotFound for a link that is not ours, or of a member who left."""
    try:
        organisation, user_id, kinds = SIGNER.unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise NotFound(_("This link is damaged; copy it whole from the mail.")) from error
    found = Membership.objects.select_related("organisation", "user").filter(
        organisation=uuid.UUID(organisation), user=user_id
    )
    member = found.first()
    if member is None:
        raise NotFound(
            _("This link is about an organisation that you are no longer in; it sends you nothing more.")
        )
    return Ending(member, tuple(name for name in kinds if name in notice_kinds()))


def mails_end(*, token: str) -> Ending:
    """End the mails that the link is about; a repeat changes nothing. Raises NotFound."""
    ending = ending_get(token)
    key = {"organisation_id": ending.member.organisation_id, "user_id": ending.member.user_id}
    with transaction.atomic():
        Reader.objects.bulk_create([Reader(**key)], ignore_conflicts=True)
        reader = Reader.objects.select_for_update(no_key=True).get(**key)
        ended = ending.kinds or [
            name
            for name, kind in notice_kinds().items()
            if reader.choices.get(name, {}).get("mail", kind.mail) == MailWay.DAILY
        ]
        for name in ended:
            reader.choices[name] = {"here": True, **reader.choices.get(name, {}), "mail": MailWay.NONE.value}
        reader.save(update_fields=["choices"])
    return ending
