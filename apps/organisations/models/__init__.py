"""Organisations, their people, projects, API keys and audit trail, each in the file of its noun."""

from apps.organisations.models.approvals import Approval
from apps.organisations.models.audit import AuditDay, AuditDetail, AuditEvent
from apps.organisations.models.grants import Grant
from apps.organisations.models.invitations import Invitation
from apps.organisations.models.keys import ApiKey
from apps.organisations.models.organisations import Closed, Frozen, Membership, Organisation
from apps.organisations.models.projects import Project, ProjectMembership
from apps.organisations.models.sign_in import Domain, Provider
from apps.organisations.models.terms import TermsAcceptance

__all__ = [
    "ApiKey",
    "Approval",
    "AuditDay",
    "AuditDetail",
    "AuditEvent",
    "Closed",
    "Frozen",
    "Domain",
    "Grant",
    "Invitation",
    "Membership",
    "Organisation",
    "Project",
    "ProjectMembership",
    "Provider",
    "TermsAcceptance",
]
