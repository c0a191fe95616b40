"""Setting the rule for automatic top-ups: who may, and what it refuses."""

from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import Denied
from apps.organisations.models import AuditEvent, Grant, TermsAcceptance
from apps.organisations.services.terms import TermsNotAccepted
from apps.payments.models import TopUpRule
from apps.payments.services import RuleWish, rule_off, rule_set
from apps.payments.services.rules import RuleRefused
from tests.payments.automatic import MICRO, Automatic, rule_now


def test_setting_it_writes_the_trail_and_looks_at_once(automatic: Automatic) -> None:
    rule = automatic.rule()
    assert (rule.on, rule.user, rule.card is not None) == (True, automatic.world.olga, True)
    event = AuditEvent.objects.get(act="topup_rule.set")
    assert event.after is not None
    assert event.after["amount_minor"] == 10_000
    automatic.rule(card_id=rule.card_id, amount_minor=20_000)
    assert TopUpRule.objects.count() == 1
    second = AuditEvent.objects.filter(act="topup_rule.set").latest("id")
    assert (second.before, second.after) == ({"amount_minor": 10_000}, {"amount_minor": 20_000})


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"currency": "CHF"}, "currency", "EUR, USD, GBP"),
        ({"mode": "hope"}, "mode", "threshold or forecast"),
        ({"below_micro": 0}, "below", "more than 0"),
        ({"below_micro": None}, "below", "more than 0"),
        ({"below_micro": 10**18}, "below", "more than 0"),
        ({"amount_minor": 999}, "amount", "between €10.00 and €10,000.00"),
        ({"amount_minor": None}, "amount", "between"),
        ({"mode": "forecast"}, "days", "1 to 90"),
        ({"mode": "forecast", "days": 91}, "days", "1 to 90"),
        ({"month_cap_minor": 9_999}, "month_cap", "between €100.00"),
        ({"month_cap_minor": 10**12}, "month_cap", "between €100.00"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    automatic: Automatic, changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(RuleRefused, match=words) as refusal:
        automatic.rule(**changes)
    assert list(refusal.value.fields) == [field]
    assert not TopUpRule.objects.exists()


def wish(**changes: Any) -> RuleWish:
    facts: dict[str, Any] = {"mode": "threshold", "below_micro": MICRO, "amount_minor": 1_000}
    return RuleWish(**({"on": True, "currency": "EUR", "month_cap_minor": 1_000} | facts | changes))


def ask(automatic: Automatic, wanted: RuleWish, grant: Grant | None = None) -> TopUpRule:
    return rule_set(grant=grant or automatic.grant, wish=wanted, actor=automatic.actor, now=timezone.now())


def test_without_a_card_it_can_be_written_but_not_switched_on(automatic: Automatic) -> None:
    with pytest.raises(RuleRefused, match="add one first"):
        ask(automatic, wish())
    assert ask(automatic, wish(on=False)).card is None
    card = automatic.card()
    assert ask(automatic, wish()).card == card  # the default


def test_a_card_of_nobody_or_one_removed_is_refused(automatic: Automatic) -> None:
    card = automatic.card()
    type(card).objects.update(removed_at=timezone.now(), default=False)
    with pytest.raises(RuleRefused, match="choose one from the list"):
        ask(automatic, wish(card_id=card.id))


def test_the_terms_come_first(automatic: Automatic) -> None:
    automatic.card()
    TermsAcceptance.objects.all().delete()
    with pytest.raises(TermsNotAccepted):
        ask(automatic, wish())


def test_a_viewer_may_not_and_nothing_changed(automatic: Automatic) -> None:
    rule = automatic.rule()
    victor = Grant.of_member(automatic.world.acme.memberships.get(user=automatic.world.victor))
    with pytest.raises(Denied, match="owner, admin or billing"):
        ask(automatic, wish(), victor)
    with pytest.raises(Denied):
        rule_off(grant=victor, actor=automatic.actor, now=timezone.now())
    assert rule_now().updated_at == rule.updated_at


def test_switching_off_twice_is_one_event(automatic: Automatic) -> None:
    automatic.rule()
    for _ in range(2):
        rule_off(grant=automatic.grant, actor=automatic.actor, now=timezone.now())
    assert AuditEvent.objects.filter(act="topup_rule.off").count() == 1
    assert rule_now().off_reason == ""
