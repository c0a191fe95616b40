"""The acts of organisations, each in the file of its noun."""

from apps.organisations.services.acceptance import (
    InvitationOver,
    WrongAddress,
    invitation_accept,
    invitation_find,
    invitation_sign_up,
)
from apps.organisations.services.approval_limits import approval_limits_set
from apps.organisations.services.approvals import (
    ActImpossible,
    AsksAgain,
    approval_decide,
    approval_request,
    approval_withdraw,
    approvals_expire,
)
from apps.organisations.services.audit import Actor, audit_download_record, audit_record
from apps.organisations.services.audit_days import (
    audit_days_close,
    audit_days_empty,
    audit_erase,
    audit_retention_set,
    organisation_lock,
)
from apps.organisations.services.closing import (
    StillOpen,
    close_obstacles,
    organisation_close,
    organisation_keep_open,
    organisation_keep_working,
)
from apps.organisations.services.freezing import organisation_freeze, organisation_thaw
from apps.organisations.services.invitations import invitation_resend, invitation_revoke, invitation_send
from apps.organisations.services.invitations_many import InvitationLine, invitations_read, invitations_send
from apps.organisations.services.keys import (
    NewKey,
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    api_key_used,
    keys_of_member_revoke,
)
from apps.organisations.services.members import (
    member_leave,
    member_remove,
    member_role_change,
    membership_visit,
    ownership_transfer,
)
from apps.organisations.services.organisations import (
    details_write,
    organisation_create,
    organisation_update,
    slug_from,
    time_zone_of,
)
from apps.organisations.services.people import acting_lock, roles_to_give
from apps.organisations.services.projects import (
    member_limit,
    project_archive,
    project_create,
    project_lock,
    project_unarchive,
    project_update,
)
from apps.organisations.services.staff import RESENDS, reason_read, staff_may, staff_require
from apps.organisations.services.terms import TermsNotAccepted, terms_accept, terms_require

__all__ = [
    "acting_lock",
    "ActImpossible",
    "Actor",
    "AsksAgain",
    "InvitationLine",
    "InvitationOver",
    "NewKey",
    "RESENDS",
    "StillOpen",
    "TermsNotAccepted",
    "WrongAddress",
    "api_key_create",
    "api_key_revoke",
    "api_key_rotate",
    "api_key_used",
    "approval_decide",
    "approval_limits_set",
    "approval_request",
    "approval_withdraw",
    "approvals_expire",
    "audit_days_close",
    "audit_days_empty",
    "audit_erase",
    "audit_download_record",
    "audit_record",
    "audit_retention_set",
    "close_obstacles",
    "invitation_accept",
    "invitation_find",
    "invitation_resend",
    "invitation_revoke",
    "invitation_send",
    "invitation_sign_up",
    "invitations_read",
    "invitations_send",
    "keys_of_member_revoke",
    "member_leave",
    "member_limit",
    "member_remove",
    "member_role_change",
    "membership_visit",
    "organisation_close",
    "organisation_create",
    "organisation_freeze",
    "organisation_keep_open",
    "organisation_keep_working",
    "organisation_lock",
    "organisation_thaw",
    "details_write",
    "organisation_update",
    "ownership_transfer",
    "project_archive",
    "project_create",
    "project_lock",
    "project_unarchive",
    "project_update",
    "reason_read",
    "roles_to_give",
    "staff_may",
    "staff_require",
    "slug_from",
    "terms_accept",
    "terms_require",
    "time_zone_of",
]
