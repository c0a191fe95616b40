"""Finding an organisation is the permission check: outsiders get 404, members without the role 403."""

from apps.organisations.selectors.approvals import (
    approval_get,
    approval_link_read,
    approvals_open,
    approvals_over,
    approvals_seen,
    approvers_of,
    may_decide,
)
from apps.organisations.selectors.audit import (
    AuditFilters,
    AuditLine,
    audit_acts,
    audit_all,
    audit_event_get,
    audit_events,
    audit_narrow,
    audit_page,
)
from apps.organisations.selectors.audit_days import audit_day_last, audit_digests, audit_findings, audit_proof
from apps.organisations.selectors.invitations import invitation_get, invitations_waiting, invited_addresses
from apps.organisations.selectors.keys import api_key_check, api_key_get, api_keys_of
from apps.organisations.selectors.memberships import (
    mail_language,
    member_get,
    members_of,
    membership_get,
    memberships_of,
    memberships_shown,
    organisation_last,
    project_roles,
)
from apps.organisations.selectors.projects import (
    project_default,
    project_found,
    project_get,
    project_members,
    projects_for,
    projects_named,
    projects_of,
)
from apps.organisations.selectors.terms import terms_acceptance

__all__ = [
    "AuditFilters",
    "AuditLine",
    "api_key_check",
    "api_key_get",
    "api_keys_of",
    "approval_get",
    "approval_link_read",
    "approvals_open",
    "approvals_over",
    "approvals_seen",
    "approvers_of",
    "audit_acts",
    "audit_all",
    "audit_day_last",
    "audit_digests",
    "audit_event_get",
    "audit_events",
    "audit_findings",
    "audit_narrow",
    "audit_page",
    "audit_proof",
    "invitation_get",
    "invitations_waiting",
    "invited_addresses",
    "may_decide",
    "mail_language",
    "member_get",
    "members_of",
    "membership_get",
    "memberships_of",
    "memberships_shown",
    "organisation_last",
    "project_default",
    "project_found",
    "project_get",
    "project_members",
    "project_roles",
    "projects_for",
    "projects_named",
    "projects_of",
    "terms_acceptance",
]
