"""The mails of approvals: to those who may decide, and to the one who asked."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.mail import mail_write
from apps.organisations.models import Approval
from apps.organisations.selectors.approvals import approval_link_sign, approvers_of


def mails_asked(approval: Approval) -> None:
    """Ask everyone who may decide this round of the request, each by a link of their own."""
    for user in approvers_of(approval.organisation_id, approval.kind, but=approval.requester):
        url = _decide_url(approval, approval_link_sign(approval, user))
        mail_write(
            key=f"approval:{approval.pk}:{approval.round}:{user.pk}",
            to=user.email,
            template="approval_asked",
            language=user.language,
            zone=approval.organisation.time_zone,
            context={"approval": approval, "user": user, "url": url},
        )


def mails_told(approval: Approval) -> None:
    """Tell the one who asked how it ended."""
    if approval.requester is None:
        return
    page = reverse("organisations:approval", args=[approval.organisation.slug, approval.pk])
    mail_write(
        key=f"approval:{approval.pk}:{approval.state}",
        to=approval.requester.email,
        template="approval_told",
        language=approval.requester.language,
        zone=approval.organisation.time_zone,
        context={
            "approval": approval,
            "decided_by": _decider(approval),
            "url": "" if approval.by_staff else settings.BASE_URL + page,
        },
    )


def _decider(approval: Approval) -> object:
    """Return who decided, as the one who asked may know it: customers do not read the names of our staff."""
    ours = approval.by_staff and approval.requester is not None and not approval.requester.is_staff
    return _("Our team") if ours else approval.decided_by


def _decide_url(approval: Approval, token: str) -> str:
    if approval.by_staff:
        return settings.BASE_URL + reverse("admin:organisations_approval_change", args=[approval.pk])
    return settings.BASE_URL + reverse("organisations:approval_link", args=[token])
