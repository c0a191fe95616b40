"""Who may do what, as one readable table."""

from django.db import models


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    BILLING = "billing", "Billing"
    DEVELOPER = "developer", "Developer"
    VIEWER = "viewer", "Viewer"


class Permission(models.TextChoices):
    ORGANISATION_VIEW = "organisation.view", "see the organisation"
    ORGANISATION_EDIT = "organisation.edit", "change the organisation's details"
    ORGANISATION_CLOSE = (
        "organisation.close",
        "close the organisation, give it to another owner or set its own sign-in",
    )
    MEMBERS_MANAGE = "members.manage", "invite, change and remove members"
    AUDIT_VIEW = "audit.view", "see and export the audit trail"
    APPROVALS_DECIDE = "approvals.decide", "approve what others ask for"
    PROJECTS_MANAGE = "projects.manage", "make, rename and archive projects"
    KEYS_MANAGE = "keys.manage", "make and revoke API keys of one's own"
    KEYS_MANAGE_ALL = "keys.manage_all", "make service keys and see or revoke everybody's keys"
    WEBHOOKS_MANAGE = "webhooks.manage", "set up webhooks and see what they sent"
    BALANCE_VIEW = "balance.view", "see the balance"
    BILLING_VIEW = "billing.view", "see top-ups, invoices and statements"
    BILLING_MANAGE = "billing.manage", "top up and change billing details"
    CAPS_MANAGE = "caps.manage", "set caps and budgets"
    JOBS_VIEW = "jobs.view", "see jobs, logs and results"
    JOBS_LAUNCH = "jobs.launch", "launch jobs"
    JOBS_STOP = "jobs.stop", "stop jobs"


_P = Permission
_SEE = {_P.ORGANISATION_VIEW, _P.BALANCE_VIEW, _P.JOBS_VIEW}
_WORK = _SEE | {_P.JOBS_LAUNCH, _P.JOBS_STOP, _P.KEYS_MANAGE}
_MONEY = {_P.BILLING_VIEW, _P.BILLING_MANAGE, _P.CAPS_MANAGE}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(_P),
    Role.ADMIN: frozenset(_P) - {_P.ORGANISATION_CLOSE},
    Role.BILLING: frozenset(_SEE | _MONEY),
    Role.DEVELOPER: frozenset(_WORK),
    Role.VIEWER: frozenset(_SEE),
}


def denial(permission: Permission, role: Role) -> str:
    """Return the sentence a member reads whose role does not allow the act."""
    allowed = [r.label.lower() for r in Role if permission in ROLE_PERMISSIONS[r]]
    who = allowed[0] if len(allowed) == 1 else f"{', '.join(allowed[:-1])} or {allowed[-1]}"
    return f"Your role here is {role.label.lower()}; to {permission.label} it takes the role {who}."
