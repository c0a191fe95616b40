"""The acts of organisations, each in the file of its noun."""

from apps.organisations.services.acceptance import (
    InvitationOver,
    WrongAddress,
    invitation_accept,
    invitation_find,
    invitation_sign_up,
)
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.closing import (
    StillOpen,
    close_obstacles,
    organisation_close,
    organisation_keep_open,
)
from apps.organisations.services.invitations import invitation_resend, invitation_revoke, invitation_send
from apps.organisations.services.invitations_many import InvitationLine, invitations_read, invitations_send
from apps.organisations.services.members import (
    member_leave,
    member_remove,
    member_role_change,
    membership_visit,
    ownership_transfer,
)
from apps.organisations.services.organisations import organisation_create, organisation_update, slug_from
from apps.organisations.services.people import roles_to_give
from apps.organisations.services.terms import TermsNotAccepted, terms_accept, terms_require

__all__ = [
    "Actor",
    "InvitationLine",
    "InvitationOver",
    "StillOpen",
    "TermsNotAccepted",
    "WrongAddress",
    "audit_record",
    "close_obstacles",
    "invitation_accept",
    "invitation_find",
    "invitation_resend",
    "invitation_revoke",
    "invitation_send",
    "invitation_sign_up",
    "invitations_read",
    "invitations_send",
    "member_leave",
    "member_remove",
    "member_role_change",
    "membership_visit",
    "organisation_close",
    "organisation_create",
    "organisation_keep_open",
    "organisation_update",
    "ownership_transfer",
    "roles_to_give",
    "slug_from",
    "terms_accept",
    "terms_require",
]
