"""Organisations, members, invitations, projects, keys, approvals and the audit trail."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nosana.client.modes import M, act
from nosana.client.resources.base import NOTHING, Resource, given, listed
from nosana.client.waiting import part

if TYPE_CHECKING:
    from nosana.client.models import (
        Approval,
        ApprovalLimits,
        AuditEvent,
        Domain,
        Invitation,
        Key,
        Member,
        Organisation,
        Project,
        SignIn,
        Terms,
    )
    from nosana.client.pages import Items, Pages


class Organisations(Resource[M]):
    """The organisations of the caller; a key is of one."""

    def list(self, *, limit: int | None = None) -> Pages[M, Organisation]:
        """Return those the caller is in."""
        return self._pages("Organisation", "/organisations", limit=limit)

    @act
    async def get(self) -> Organisation:
        """Return the client's organisation."""
        return await self._get("Organisation", "")

    @act
    async def create(
        self,
        name: str,
        *,
        country: str,
        currency: str | None = None,
        vat_id: str | None = None,
        address: str | None = None,
        finance_email: str | None = None,
        idempotency_key: str | None = None,
    ) -> Organisation:
        """Create one that the person owns; `country` (ISO 3166) decides its VAT, `currency` is EUR, USD or GBP.

        It takes a person's sign-in, because a key belongs to one organisation. One of this name that the person owns
        already is returned as it is. Raises Denied, Invalid and Conflict (who owns too many).
        """
        body = given(name=name, country=country, currency=currency, vat_id=vat_id, address=address)
        body |= given(finance_email=finance_email)
        return await self._post("Organisation", "/organisations", body, idempotency_key)

    @act
    async def update(self, **changes: str) -> Organisation:
        """Change name, legal_name, address, country, vat_id, finance_email, currency or time_zone."""
        return await self._send("Organisation", "PATCH", "", changes)

    @act
    async def sign_in(self) -> SignIn:
        """Return what the organisation asks of a sign-in; it is set on its page alone."""
        return await self._get("SignIn", "sign-in")

    @act
    async def terms(self) -> Terms:
        """Return the terms of service in force, and who accepted them."""
        return await self._get("Terms", "terms")

    @act
    async def accept_terms(self, version: str) -> Terms:
        """Accept the terms in force, by version, for the organisation. Raises Conflict when they changed meanwhile."""
        return await self._post("Terms", "terms", {"version": version})


class Members(Resource[M]):
    """Who is in the organisation."""

    def list(self, *, role: str | None = None, limit: int | None = None) -> Pages[M, Member]:
        """Return the members, oldest first; of one role."""
        return self._pages("Member", "members", role=role, limit=limit)

    @act
    async def get(self, member_id: int) -> Member:
        """Return one. Raises NotFound."""
        return await self._get("Member", part("members", member_id))

    @act
    async def update(self, member_id: int, *, role: str) -> Member:
        """Give another role, from the member's next request on."""
        return await self._send("Member", "PATCH", part("members", member_id), {"role": role})

    @act
    async def limit(self, member_id: int, projects: Mapping[str, str] | None) -> Member:
        """Limit a member to projects (the role by the slug of each); None lifts the limit."""
        path = part("members", member_id, "projects")
        return await self._send("Member", "PUT", path, {"projects": projects})

    @act
    async def remove(self, member_id: int) -> Member:
        """End a membership, and with it the member's personal keys; return what it was."""
        return await self._post("Member", part("members", member_id, "remove"))


class Invitations(Resource[M]):
    """Who is asked to come."""

    def list(self, *, limit: int | None = None) -> Pages[M, Invitation]:
        """Return those that wait, newest first."""
        return self._pages("Invitation", "invitations", limit=limit)

    @act
    async def create(
        self,
        email: str,
        *,
        role: str,
        projects: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Invitation:
        """Invite somebody; `projects` limits a developer or viewer to these, with the role in each."""
        body = {"email": email, "role": role, "projects": projects}
        return await self._post("Invitation", "invitations", body, idempotency_key)

    @act
    async def create_many(self, table: str, *, idempotency_key: str | None = None) -> builtins.list[Invitation]:
        """Invite everybody of a CSV table (email, role, projects), or nobody. Raises Invalid."""
        answer = await self._post(None, "invitations/many", {"table": table}, idempotency_key)
        return [self._core.read("Invitation", one) for one in answer["items"]]

    @act
    async def get(self, invitation_id: str) -> Invitation:
        """Return one. Raises NotFound."""
        return await self._get("Invitation", part("invitations", invitation_id))

    @act
    async def resend(self, invitation_id: str) -> Invitation:
        """Mail a new link; the old one ends."""
        return await self._post("Invitation", part("invitations", invitation_id, "resend"))

    @act
    async def revoke(self, invitation_id: str) -> Invitation:
        """End it; a repeat changes nothing."""
        return await self._post("Invitation", part("invitations", invitation_id, "revoke"))


class Domains(Resource[M]):
    """Domains of mail addresses that are the organisation's."""

    def list(self) -> Items[M, Domain]:
        """Return all of them, by name."""
        return self._items("Domain", "domains")

    @act
    async def get(self, domain_id: str) -> Domain:
        """Return one. Raises NotFound."""
        return await self._get("Domain", part("domains", domain_id))

    @act
    async def create(self, name: str, *, idempotency_key: str | None = None) -> Domain:
        """Name one; prove it by the TXT record that is returned, then `check` it."""
        return await self._post("Domain", "domains", {"name": name}, idempotency_key)

    @act
    async def update(self, domain_id: str, *, join_role: str) -> Domain:
        """Set with which role people of a proven domain join; "" for: they do not."""
        return await self._send("Domain", "PATCH", part("domains", domain_id), {"join_role": join_role})

    @act
    async def check(self, domain_id: str) -> Domain:
        """Let DNS be asked for the record. Raises Conflict, which says what DNS has instead."""
        return await self._post("Domain", part("domains", domain_id, "check"))

    @act
    async def remove(self, domain_id: str) -> Domain:
        """Let it go; return what it was."""
        return await self._post("Domain", part("domains", domain_id, "remove"))


class Projects(Resource[M]):
    """Groups of jobs and keys."""

    def list(self, *, archived: bool | None = None, limit: int | None = None) -> Pages[M, Project]:
        """Return the projects the caller may see, oldest first: all, the archived or the live ones."""
        return self._pages("Project", "projects", archived=archived, limit=limit)

    @act
    async def get(self, slug: str) -> Project:
        """Return one. Raises NotFound."""
        return await self._get("Project", part("projects", slug))

    @act
    async def create(
        self, name: str, *, labels: Mapping[str, str] | None = None, idempotency_key: str | None = None
    ) -> Project:
        """Make one."""
        return await self._post("Project", "projects", given(name=name, labels=labels), idempotency_key)

    @act
    async def update(
        self,
        slug: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        archived: bool | None = None,
    ) -> Project:
        """Rename it, replace its labels, archive it or bring it back: all that is given, or nothing."""
        body = given(name=name, labels=labels, archived=archived)
        return await self._send("Project", "PATCH", part("projects", slug), body)


class Keys(Resource[M]):
    """API keys."""

    def list(
        self, *, live: bool | None = None, kind: str | None = None, limit: int | None = None
    ) -> Pages[M, Key]:
        """Return the keys the caller may see, newest first, without their text."""
        return self._pages("Key", "keys", live=live, kind=kind, limit=limit)

    @act
    async def get(self, key_id: str) -> Key:
        """Return one, without its text. Raises NotFound."""
        return await self._get("Key", part("keys", key_id))

    @act
    async def create(
        self,
        name: str,
        *,
        scopes: Sequence[str],
        kind: str = "personal",
        project: str | None = None,
        networks: Sequence[str] | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Key:
        """Make a key; its text is in `key`, here and never again. `kind` is personal or service."""
        body = given(
            name=name,
            scopes=[*scopes],
            kind=kind,
            project=project,
            networks=listed(networks),
            expires_at=None if expires_at is None else expires_at.isoformat(),
        )
        return await self._post("Key", "keys", body, idempotency_key)

    @act
    async def rotate(self, key_id: str, *, overlap_hours: int = 24, idempotency_key: str | None = None) -> Key:
        """Make a key that takes its place; the old one goes on for `overlap_hours`."""
        body = {"overlap_hours": overlap_hours}
        return await self._post("Key", part("keys", key_id, "rotate"), body, idempotency_key)

    @act
    async def revoke(self, key_id: str) -> Key:
        """End it; its next request is refused."""
        return await self._post("Key", part("keys", key_id, "revoke"))


class Approvals(Resource[M]):
    """What waits for a second person."""

    def list(self, *, state: str | None = None, limit: int | None = None) -> Pages[M, Approval]:
        """Return the requests the caller may see, newest first."""
        return self._pages("Approval", "approvals", state=state, limit=limit)

    @act
    async def get(self, approval_id: str) -> Approval:
        """Return one. Raises NotFound."""
        return await self._get("Approval", part("approvals", approval_id))

    @act
    async def approve(self, approval: Approval, *, note: str = "") -> Approval:
        """Approve what was looked at: `state` is done, or open with a `refusal`. Raises Conflict if it changed."""
        return await self._decide(approval, "approve", note)

    @act
    async def deny(self, approval: Approval, *, note: str = "") -> Approval:
        """Deny what was looked at. Raises Conflict when it changed since."""
        return await self._decide(approval, "deny", note)

    async def _decide(self, approval: Any, decision: str, note: str) -> Any:
        facts = approval if isinstance(approval, dict) else vars(approval)
        body = {"decision": decision, "round": facts["round"], "note": note}
        return await self._post("Approval", part("approvals", facts["id"], "decide"), body)

    @act
    async def withdraw(self, approval_id: str) -> Approval:
        """Withdraw one's own request; a repeat changes nothing."""
        return await self._post("Approval", part("approvals", approval_id, "withdraw"))

    @act
    async def limits(self) -> ApprovalLimits:
        """Return above which amounts somebody must approve, micro-NOS."""
        return await self._get("ApprovalLimits", "approval-limits")

    @act
    async def set_limits(self, *, job_micro: int | None = None, cap_micro: int | None = None) -> ApprovalLimits:
        """Set them, micro-NOS; None leaves one as it is, `NOTHING` means never."""
        body = given(approval_job_micro=job_micro, approval_cap_micro=cap_micro)
        return await self._send("ApprovalLimits", "PATCH", "approval-limits", body)


class Audit(Resource[M]):
    """The trail of acts."""

    def list(
        self,
        *,
        act: str | None = None,
        person: str | None = None,
        subject: str | None = None,
        text: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Pages[M, AuditEvent]:
        """Return the acts, newest first. `act` is “cap.set”, or “cap” for all on caps; `until` is not included."""
        asked = {"act": act, "person": person, "subject": subject, "text": text, "since": since, "until": until}
        return self._pages("AuditEvent", "audit", limit=limit, **asked)

    @act
    async def get(self, event_id: int) -> AuditEvent:
        """Return one. Raises NotFound."""
        return await self._get("AuditEvent", part("audit", event_id))

    @act
    async def proof(self, event_id: int) -> dict[str, Any]:
        """Return what proves that the act stands in the trail as it was written."""
        return await self._get(None, part("audit", event_id, "proof"))

    @act
    async def digests(self) -> builtins.list[dict[str, Any]]:
        """Return the digest of every closed day, oldest first."""
        return (await self._get(None, "audit/digests"))["digests"]

    @act
    async def retention(self) -> int | None:
        """Return for how many days acts are kept; None: for ever."""
        return (await self._get(None, "audit/retention"))["days"]

    @act
    async def set_retention(self, days: int | None) -> int | None:
        """Set it; acts that are older leave within a day, their digests stay."""
        return (await self._send(None, "PUT", "audit/retention", {"days": days}))["days"]


__all__ = ["NOTHING", "Approvals", "Audit", "Invitations", "Keys", "Members", "Organisations", "Projects"]
