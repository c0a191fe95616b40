"""How an automatic top-up ended, as its rule hears it: begin anew, wait, or stop."""

from datetime import datetime, timedelta

from apps.billing.services import caps_recount_topup, caps_release_topup
from apps.payments import sentences as said
from apps.payments.models import TopUp
from apps.payments.services.automatic_mails import automatic_mail
from apps.payments.services.rules import rule_lock, rule_switch_off
from apps.payments.states import State

# After each attempt in a row that brought nothing; one more than there are pauses switches the rule off.
PAUSES = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))


def cap_key(topup: TopUp) -> str:
    """Return under which key billing's caps count the top-up."""
    return f"topup:{topup.id}"


def attempt_paid(topup: TopUp, *, now: datetime) -> None:
    """Let the rule forget earlier declines, and tell the organisation; the top-up is locked, the wallet not yet.

    One that had ended before its money came counts in the caps again.
    """
    rule = rule_lock(topup.organisation_id)
    caps_recount_topup(key=cap_key(topup))
    if rule is not None and (rule.declines or rule.paused_until):
        rule.declines, rule.paused_until = 0, None
        rule.save(update_fields=["declines", "paused_until"])
    automatic_mail(
        "paid", organisation=topup.quote.organisation, key=str(topup.id), now=now, topup=topup, rule=rule
    )


def attempt_failed(topup: TopUp, *, hopeless: bool, now: datetime) -> None:
    """Give the caps back what it counted, and let the rule wait longer each time, or stop; the top-up is locked.

    `hopeless` is what no later attempt would mend. An attempt that never reached a bank counts for nothing.
    """
    rule = rule_lock(topup.organisation_id)
    caps_release_topup(key=cap_key(topup))
    if rule is None or (topup.payment_intent is None and topup.stripe_session_id is None and not topup.reason):
        return
    reason = said.UNCONFIRMED if topup.state == State.EXPIRED else topup.reason
    rule.declines += 1
    if rule.on and not hopeless and rule.declines <= len(PAUSES):
        rule.paused_until = now + PAUSES[rule.declines - 1]
        rule.save(update_fields=["declines", "paused_until"])
        automatic_mail(
            "declined",
            organisation=rule.organisation,
            key=str(topup.id),
            now=now,
            topup=topup,
            rule=rule,
            reason=reason,
        )
        return
    rule.save(update_fields=["declines"])
    rule_switch_off(organisation_id=topup.organisation_id, reason=reason, now=now)
