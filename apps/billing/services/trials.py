"""Trial credits: given once to an organisation, and once to a company."""

import uuid
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction

from apps.billing.models import Lot, TrialGrant
from apps.billing.services.lots import lot_grant
from apps.core.money import MICRO
from apps.organisations.models import Membership
from apps.organisations.roles import Role

# At these anybody may have a mailbox, so the claim is the mailbox and not the domain.
PUBLIC_DOMAINS = frozenset(
    [
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
        "yahoo.co.uk", "yahoo.fr", "ymail.com", "icloud.com", "me.com", "mac.com", "proton.me",
        "protonmail.com", "pm.me", "gmx.com", "gmx.net", "gmx.de", "web.de", "t-online.de", "freenet.de",
        "aol.com", "mail.com", "zoho.com", "fastmail.com", "hey.com", "tutanota.com", "tuta.io",
        "posteo.de", "mailbox.org", "yandex.com", "yandex.ru", "mail.ru", "qq.com", "163.com", "126.com",
        "naver.com", "orange.fr", "free.fr", "laposte.net", "libero.it", "btinternet.com", "ziggo.nl",
        "kpnmail.nl", "xs4all.nl",
    ]
)  # fmt: skip


def trial_grant(*, organisation_id: uuid.UUID, now: datetime) -> Lot | None:
    """Give TRIAL_CREDITS for TRIAL_DAYS to a new organisation whose owner has a verified address; once.

    One trial per organisation and per claim: the company's mail domain, or the owner's mailbox where the domain is
    one that gives mailboxes to anybody. Return the lot, also to a repeat, or None if there is no trial to give.
    """
    earlier = TrialGrant.objects.select_related("lot").filter(organisation_id=organisation_id).first()
    if earlier is not None:
        return earlier.lot
    owner = Membership.objects.select_related("user").get(organisation_id=organisation_id, role=Role.OWNER).user
    if not settings.TRIAL_CREDITS or not EmailAddress.objects.filter(user=owner, email=owner.email, verified=True):
        return None
    claim = trial_claim(owner.email)
    if TrialGrant.objects.filter(claim=claim).exists():
        return None
    try:
        with transaction.atomic():
            transfer = lot_grant(
                organisation_id=organisation_id,
                kind=Lot.Kind.PROMOTIONAL,
                micro=settings.TRIAL_CREDITS * MICRO,
                key=f"trial:{organisation_id}",
                now=now,
                expires_at=now + timedelta(days=settings.TRIAL_DAYS),
            )
            lot = Lot.objects.get(transfer=transfer)
            TrialGrant.objects.create(organisation_id=organisation_id, claim=claim, lot=lot, at=now)
    except IntegrityError:  # a twin, or another organisation of the company, was first
        first = TrialGrant.objects.select_related("lot").filter(organisation_id=organisation_id).first()
        return first.lot if first else None
    return lot


def trial_claim(email: str) -> str:
    """Return what a verified address claims a trial for: "domain:acme.example" or "mailbox:ann@gmail.com"."""
    mailbox, domain = email.lower().rsplit("@", 1)
    if domain not in PUBLIC_DOMAINS:
        return f"domain:{domain}"
    mailbox = mailbox.split("+", 1)[0]
    if domain in ("gmail.com", "googlemail.com"):  # one mailbox, whatever the dots and whichever of the two names
        mailbox, domain = mailbox.replace(".", ""), "gmail.com"
    return f"mailbox:{mailbox}@{domain}"
