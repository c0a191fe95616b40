"""What every act of the platform's own people begins with: the right to it, and the reason."""

from django.utils.translation import gettext as _

from apps.core.errors import AppError, Denied
from apps.organisations.models import AuditEvent
from apps.organisations.services.audit import Actor
from apps.users.models import User

RESENDS = "core.change_mail"  # the right to send again what was sent, or should have been
LONGEST = {"reason": 500, "why": 300}


def staff_require(actor: Actor, right: str) -> User:
    """Return the member of staff who acts, if they have the right. Raises Denied."""
    staff = actor.user
    if staff is None or actor.kind != AuditEvent.Kind.STAFF or not staff_may(staff, right):
        raise Denied(_("This is for the platform's own people, and takes a right that your role does not have."))
    return staff


def staff_may(staff: User, right: str) -> bool:
    """Return whether the person is of the staff and has the right now."""
    return staff.is_active and staff.is_staff and staff.has_perm(right)


def reason_read(text: str) -> str:
    """Return the reason of an act, in one line. Raises AppError without one, and for too long a one."""
    reason = text_read("reason", text)
    if not reason:
        raise AppError(_("Say why; others will ask."), code="reason_missing", fields={"reason": [_("Say why.")]})
    return reason


def text_read(name: str, text: str) -> str:
    """Return the text in one line. Raises AppError for too long a one, with the field of that name."""
    text = " ".join(text.replace("\x00", " ").encode("utf-8", "replace").decode().split())
    if len(text) > LONGEST[name]:
        sentence = _("This text has %(text)s characters; write at most %(text_limits)s.") % {
            "text": len(text),
            "text_limits": LONGEST[name],
        }
        raise AppError(sentence, code="text_too_long", fields={name: [sentence]})
    return text
