"""Organisations, who is in them, their keys, requests and their trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nosana.client.models.base import Model


class Person(Model):
    """Who somebody is."""

    name: str
    email: str


class Place(Model):
    """An organisation as the caller is in it: `role` is None for a service key; `permissions` hold everywhere in it,
    `projects` has those that hold in one project only, by its id (None: every project).
    """

    id: str
    slug: str
    name: str
    role: str | None
    permissions: list[str]
    projects: dict[str, list[str]] | None = None


class Organisation(Model):
    """A business that shares one balance. Approval limits are micro-NOS, None for none."""

    id: str
    slug: str
    name: str
    legal_name: str = ""
    address: str = ""
    country: str = ""
    vat_id: str = ""
    finance_email: str = ""
    currency: str = ""
    time_zone: str = ""
    approval_job_micro: int | None = None
    approval_cap_micro: int | None = None
    audit_retention_days: int | None = None
    created_at: datetime
    closed_at: datetime | None = None
    frozen_at: datetime | None = None


class Terms(Model):
    """The terms of service in force, and who accepted this version, if anybody did."""

    version: str
    accepted_by: str | None
    accepted_at: datetime | None


class SignIn(Model):
    """What an organisation asks of a sign-in; kind and issuer of its own one, None for none."""

    second_factor_required: bool
    sso_only: bool
    provider: str | None
    issuer: str | None


class Domain(Model):
    """A domain of mail addresses, the TXT record that proves it, and the role by which its people join ("": none)."""

    id: str
    name: str
    record_name: str
    record_text: str
    verified_at: datetime | None
    verified_by: str = ""
    missing_since: datetime | None = None
    join_role: str = ""
    created_at: datetime


class Member(Model):
    """A member. `projects` has the role by the slug of each project of a limited member, else None."""

    id: int
    name: str
    email: str
    role: str
    limited: bool
    projects: dict[str, str] | None
    created_at: datetime


class Invitation(Model):
    """An invitation that waits; `state` is open or expired, `sends` how often it was mailed."""

    id: str
    email: str
    role: str
    projects: dict[str, str] | None
    state: str
    sends: int
    sent_at: datetime | None
    expires_at: datetime
    invited_by: str
    created_at: datetime


class Project(Model):
    """A group of jobs and keys."""

    id: str
    slug: str
    name: str
    labels: dict[str, str]
    archived_at: datetime | None
    created_at: datetime


class Key(Model):
    """An API key. `key` is its text in the answer that made it, None ever after."""

    id: str
    name: str
    kind: str
    prefix: str
    member: str | None
    project: str | None
    scopes: list[str]
    networks: list[str]
    key: str | None = None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    successor: str | None = None


class WhoAmI(Model):
    """Whom the platform takes the caller for."""

    environment: str
    user: Person | None
    key: Key | None
    organisations: list[Place]


class Approval(Model):
    """A request that waits for a second person. Amounts are micro-NOS; `refusal` says why it was approved and yet not
    done, `outcome` what it made.
    """

    id: str
    kind: str
    subject: str
    amount_micro: int | None
    worst_case: Any = None
    reason: str
    lines: dict[str, str]
    requester: str | None
    state: str
    round: int
    refusal: str | None = None
    outcome: str | None = None
    decided_by: str | None
    note: str
    deadline: datetime
    created_at: datetime
    ended_at: datetime | None


class ApprovalLimits(Model):
    """Above which amounts (micro-NOS) somebody must approve; None: never."""

    approval_job_micro: int | None
    approval_cap_micro: int | None


class AuditEvent(Model):
    """One act in the trail: who, what, on what, and what was before and after."""

    id: int
    at: datetime
    act: str
