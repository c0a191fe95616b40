"""Approvals: asking, deciding, withdrawing, expiring. Approved, the act is done in the deciding transaction."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, Denied, NotFound
from apps.core.sweeping import each_apart
from apps.core.wiring import announce, ask, port_answered
from apps.organisations.models import Approval, Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors.approvals import STAFF_DECIDES, approvers_of
from apps.organisations.services.approval_mails import mails_asked, mails_told
from apps.organisations.services.audit import Actor, audit_record
from apps.users.models import User

State = Approval.State
TEXT_LIMITS = {"reason": 1_000, "note": 1_000, "worst_case": 500}


class AsksAgain(AppError):
    """The act no longer fits what was approved: raised by an act, with the worst case it has now."""

    code = "approval_asks_again"
    status = 409

    def __init__(self, message: str, *, amount_micro: int | None, worst_case: str) -> None:
        super().__init__(message)
        self.amount_micro = amount_micro
        self.worst_case = worst_case


class ActImpossible(AppError):
    """The act can never be done any more: raised by an act; the request ends."""

    code = "approval_impossible"
    status = 409


class NobodyToApprove(AppError):
    """Nobody but the requester could approve."""

    code = "approval_nobody"
    status = 409


def approval_request(
    *,
    organisation_id: UUID,
    kind: str,
    subject: str,
    amount_micro: int | None,
    worst_case: str,
    reason: str,
    requester: Membership | None,
    facts: Mapping[str, Any],
    deadline: datetime,
    actor: Actor,
    now: datetime,
) -> Approval:
    """Ask for an approval and tell everyone who may give it; the same open request again is returned as it is.

    `worst_case` is the sentence they read, `amount_micro` what it can cost at most, `facts` what the act needs
    later, as JSON (its "lines" are shown). Raises NobodyToApprove, AppError for too long a text, Conflict for
    another request about the same subject, ValueError for a kind that nothing answers and a deadline in the past.
    """
    if not port_answered(f"approvals.{kind}") or deadline <= now:
        raise ValueError(f"There is no act for approvals of the kind {kind!r}, or {deadline} is over.")
    texts = {"worst_case": _text("worst_case", worst_case), "reason": _text("reason", reason)}
    wanted = json.loads(json.dumps(facts))
    asked_by = _requester(requester, actor)
    with transaction.atomic():
        if not approvers_of(organisation_id, kind, but=asked_by):
            raise NobodyToApprove(
                _(
                    "This needs an approval, and nobody else here may give one; invite a second admin, or "
                    "change the limits under Settings, Approvals."
                )
            )
        try:
            with transaction.atomic():
                approval = Approval.objects.create(
                    organisation_id=organisation_id,
                    kind=kind,
                    subject=subject,
                    amount_micro=amount_micro,
                    facts=wanted,
                    requester=asked_by,
                    deadline=deadline,
                    created_at=now,
                    **texts,
                )
        except IntegrityError:
            return _same_open(organisation_id, kind, subject, wanted)
        _record(approval, "requested", actor=actor, now=now, after=_terms(approval))
        mails_asked(approval)
        _told(approval)
    return approval


def approval_decide(
    *,
    approval_id: UUID,
    approve: bool,
    actor: Actor,
    now: datetime,
    membership: Membership | None = None,
    staff: User | None = None,
    note: str = "",
    round: int | None = None,
) -> Approval:
    """Approve or deny. Approved, the act is done here and now, within what was approved, and the state is `done`.

    If the act cannot be done, nothing of it is, and the approval comes back open with `refusal`, and with a new
    worst case if that has changed (`round` grows), or `failed` if it never can be. `round` is the one looked at.
    Raises NotFound for somebody else's, Denied for the requester and for a role that may not, Conflict when it is
    decided, over, or asks for something else than was looked at.
    """
    note = _text("note", note)
    with transaction.atomic():
        approval = _locked(approval_id)
        decider = _decider(approval, membership, staff)
        if approval.state != State.OPEN:
            raise Conflict(_over_words(approval), code="approval_over")
        late = approval.deadline <= now
        if late:
            _end(approval, State.EXPIRED, actor=actor, now=now)
        elif round is not None and round != approval.round:
            raise Conflict(
                _("It asks for something else since you looked: %(worst_case)s Look again before you decide.")
                % {"worst_case": approval.worst_case},
                code="approval_changed",
            )
        elif approve:
            _approve(approval, decider, note, actor=actor, now=now)
        else:
            _end(approval, State.DENIED, actor=actor, now=now, decided_by=decider, note=note)
    if late:
        raise Conflict(_over_words(approval), code="approval_over")
    return approval


def approval_withdraw(*, approval_id: UUID, membership: Membership, actor: Actor, now: datetime) -> Approval:
    """Take one's own request back; a repeat changes nothing. Raises NotFound, Conflict for others' and when over."""
    with transaction.atomic():
        approval = _locked(approval_id)
        if approval.organisation_id != membership.organisation_id or approval.by_staff:
            raise NotFound()
        if approval.requester_id != membership.user_id:
            raise Conflict(
                _("Only %(requester)s can withdraw this request.")
                % {"requester": approval.requester or _("who asked")},
                code="approval_not_yours",
            )
        if approval.state == State.WITHDRAWN:
            return approval
        if approval.state != State.OPEN:
            raise Conflict(_over_words(approval), code="approval_over")
        _end(approval, State.WITHDRAWN, actor=actor, now=now)
    return approval


def approvals_expire(*, now: datetime) -> int:
    """End every open request whose deadline has passed, and tell who asked; return how many. One failing stops no
    other.
    """
    due = list(Approval.objects.filter(state=State.OPEN, deadline__lte=now).values_list("pk", flat=True))
    return sum(each_apart(due, lambda approval_id: _expire(approval_id, now=now)))


@transaction.atomic
def _expire(approval_id: UUID, *, now: datetime) -> bool:
    approval = Approval.objects.select_for_update(skip_locked=True).filter(pk=approval_id).first()
    if approval is None or approval.state != State.OPEN:
        return False
    _end(approval, State.EXPIRED, actor=Actor.system(), now=now)
    return True


def _approve(approval: Approval, decider: User, note: str, *, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():  # what the act wrote before it refused is taken back
            made = ask(f"approvals.{approval.kind}", approval=approval, now=now)
    except ActImpossible as refusal:
        approval.refusal = refusal.message[:1_000]
        _end(approval, State.FAILED, actor=actor, now=now, decided_by=decider, note=note)
    except AppError as refusal:
        _ask_again(approval, refusal, actor=actor, now=now)
    else:
        approval.outcome = next((str(outcome) for outcome in made if outcome), "")
        approval.refusal = ""
        _end(approval, State.DONE, actor=actor, now=now, decided_by=decider, note=note)


def _ask_again(approval: Approval, refusal: AppError, *, actor: Actor, now: datetime) -> None:
    before = _terms(approval)
    approval.refusal = refusal.message[:1_000]
    if isinstance(refusal, AsksAgain):
        approval.amount_micro, approval.worst_case = refusal.amount_micro, _text("worst_case", refusal.worst_case)
        approval.round += 1
    approval.save(update_fields=["refusal", "amount_micro", "worst_case", "round"])
    after = {**_terms(approval), "refusal": approval.refusal}
    _record(approval, "asked_again", actor=actor, now=now, before=before, after=after)
    if isinstance(refusal, AsksAgain):
        mails_asked(approval)
        _told(approval)


def _end(
    approval: Approval,
    state: Approval.State,
    *,
    actor: Actor,
    now: datetime,
    decided_by: User | None = None,
    note: str = "",
) -> None:
    approval.state, approval.ended_at, approval.decided_by, approval.note = state, now, decided_by, note
    approval.save(update_fields=["state", "ended_at", "decided_by", "note", "refusal", "outcome"])
    after = {"outcome": approval.outcome, "note": note, "refusal": approval.refusal}
    act = {State.DONE: "approved"}.get(state, state.value)
    who = Actor.system() if state == State.EXPIRED else actor
    _record(approval, act, actor=who, now=now, after={name: text for name, text in after.items() if text})
    if state != State.WITHDRAWN:
        mails_told(approval)
        _told(approval)


def _told(approval: Approval) -> None:
    announce(
        "organisations.approval_moved",
        approval_id=str(approval.pk),
        state=str(approval.state),
        round=approval.round,
    )


def _record(
    approval: Approval,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    audit_record(
        organisation_id=approval.organisation_id,
        actor=actor,
        act=f"approval.{act}",
        subject=f"approval:{approval.pk}",
        before=before,
        after={"kind": approval.kind, "of": approval.subject, **after},
        now=now,
    )


def _terms(approval: Approval) -> dict[str, Any]:
    return {
        "amount_micro": approval.amount_micro,
        "worst_case": approval.worst_case,
        "deadline": approval.deadline,
        "kind": approval.kind,
        "of": approval.subject,
    }


def _locked(approval_id: UUID) -> Approval:
    approval = (
        Approval.objects.select_for_update(of=("self",))
        .select_related("organisation", "requester", "decided_by")
        .filter(pk=approval_id)
        .first()
    )
    if approval is None:
        raise NotFound()
    return approval


def _decider(approval: Approval, membership: Membership | None, staff: User | None) -> User:
    """Return who decides, by the role they have now. Raises NotFound or Denied."""
    if staff is not None:
        if not (staff.is_active and staff.is_staff and approval.by_staff):
            raise Denied(
                _("Staff decide about refunds, goodwill and payments; everything else is the organisation's own.")
            )
        decider = staff
    else:
        fresh = membership and Membership.objects.select_related("user").filter(pk=membership.pk).first()
        if fresh is None or fresh.organisation_id != approval.organisation_id or approval.by_staff:
            raise NotFound()
        fresh.require(Permission.APPROVALS_DECIDE)
        decider = fresh.user
    if decider.pk == approval.requester_id:
        raise Denied(_("This is your own request; somebody else must decide it."))
    if staff is not None and not staff.has_perm(STAFF_DECIDES):
        raise Denied(_("To decide what colleagues ask for takes a right that your role does not have."))
    return decider


def _requester(requester: Membership | None, actor: Actor) -> User | None:
    """Return the person behind the request: also the one who made the key it came by."""
    if requester is not None:
        return requester.user
    return actor.user or (actor.api_key.made_by if actor.api_key else None)


def _same_open(organisation_id: UUID, kind: str, subject: str, facts: Any) -> Approval:
    same = Approval.objects.filter(organisation_id=organisation_id, kind=kind, subject=subject, state=State.OPEN)
    approval = same.select_related("organisation", "requester", "decided_by").get()
    if approval.facts != facts:
        raise Conflict(
            _("Another request about the same is waiting for its approval; withdraw it first."),
            code="approval_waits",
        )
    return approval


def _over_words(approval: Approval) -> str:
    who = approval.decided_by or _("Somebody")
    sentence = {
        State.DONE: _("%(who)s has approved this already."),
        State.DENIED: _("%(who)s has denied this already."),
        State.EXPIRED: _("The deadline has passed; it has to be asked for again."),
        State.WITHDRAWN: _("%(requester)s has withdrawn this request."),
        State.FAILED: _("This cannot be done any more: %(refusal)s"),
    }[State(approval.state)]
    return sentence % {
        "who": who,
        "requester": approval.requester or _("Who asked"),
        "refusal": approval.refusal,
    }


def _text(name: str, text: str) -> str:
    text = " ".join(text.replace("\x00", " ").encode("utf-8", "replace").decode().split())
    if len(text) > TEXT_LIMITS[name]:
        sentence = _("This text has %(text)s characters; write at most %(text_limits)s.") % {
            "text": len(text),
            "text_limits": TEXT_LIMITS[name],
        }
        raise AppError(sentence, code="text_too_long", fields={name: [sentence]})
    return text
