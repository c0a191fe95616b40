"""Who may do what, as one readable table."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.words import either, in_sentence


class Role(models.TextChoices):
    OWNER = "owner", gettext_lazy("Owner")
    ADMIN = "admin", gettext_lazy("Admin")
    BILLING = "billing", gettext_lazy("Billing")
    DEVELOPER = "developer", gettext_lazy("Developer")
    VIEWER = "viewer", gettext_lazy("Viewer")


class Permission(models.TextChoices):
    ORGANISATION_VIEW = "organisation.view", gettext_lazy("see the organisation")
    ORGANISATION_EDIT = "organisation.edit", gettext_lazy("change the organisation's details")
    ORGANISATION_CLOSE = (
        "organisation.close",
        gettext_lazy("close the organisation, give it to another owner or set its own sign-in"),
    )
    MEMBERS_MANAGE = "members.manage", gettext_lazy("invite, change and remove members")
    AUDIT_VIEW = "audit.view", gettext_lazy("see and export the audit trail")
    APPROVALS_DECIDE = "approvals.decide", gettext_lazy("approve what others ask for")
    PROJECTS_MANAGE = "projects.manage", gettext_lazy("make, rename and archive projects")
    KEYS_MANAGE = "keys.manage", gettext_lazy("make and revoke API keys of one's own")
    KEYS_MANAGE_ALL = "keys.manage_all", gettext_lazy("make service keys and see or revoke everybody's keys")
    WEBHOOKS_MANAGE = "webhooks.manage", gettext_lazy("set up webhooks and see what they sent")
    BALANCE_VIEW = "balance.view", gettext_lazy("see the balance")
    BILLING_VIEW = "billing.view", gettext_lazy("see top-ups, invoices and statements")
    BILLING_MANAGE = "billing.manage", gettext_lazy("top up and change billing details")
    CAPS_MANAGE = "caps.manage", gettext_lazy("set caps and budgets")
    JOBS_VIEW = "jobs.view", gettext_lazy("see jobs, logs and results")
    JOBS_LAUNCH = "jobs.launch", gettext_lazy("launch jobs")
    JOBS_STOP = "jobs.stop", gettext_lazy("stop jobs")


_P = Permission
PERMISSIONS: dict[str, Permission] = {str(permission.value): permission for permission in Permission}
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
    allowed = [in_sentence(r.label) for r in Role if permission in ROLE_PERMISSIONS[r]]
    return _("Your role here is %(role)s; to %(permission)s it takes the role %(who)s.") % {
        "role": in_sentence(role.label),
        "permission": permission.label,
        "who": either(allowed),
    }
