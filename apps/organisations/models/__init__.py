"""Organisations, their people, projects, API keys and audit trail, each in the file of its noun."""

from apps.organisations.models.approvals import Approval
from apps.organisations.models.audit import AuditDay, AuditDetail, AuditEvent
from apps.organisations.models.grants import Grant
from apps.organisations.models.keys import ApiKey
from apps.organisations.models.organisations import Membership, Organisation
from apps.organisations.models.projects import Project, ProjectMembership

__all__ = [
    "ApiKey",
    "Approval",
    "AuditDay",
    "AuditDetail",
    "AuditEvent",
    "Grant",
    "Membership",
    "Organisation",
    "Project",
    "ProjectMembership",
]
