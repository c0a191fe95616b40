"""The chain's days against the ledger's: what nodes were paid, also of accounts that are gone."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.billing.services import loss_post, treasury_fund
from apps.bridge.selectors import payouts
from apps.jobs.state import State
from apps.support.models import ReconciliationItem
from apps.support.reconciliation import sides
from apps.support.reconciliation.runs import days_run
from tests.bridge.conftest import PRICE, TREASURY, Stage, flow_state

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "balance_movements", lambda **_: iter(()))


def open_items() -> list[tuple[str, str, int]]:
    found = ReconciliationItem.objects.filter(matched_at=None)
    return sorted(found.values_list("kind", "side", "amount"))


@pytest.fixture
def tomorrow() -> datetime:
    return timezone.now() + timedelta(days=1)


def test_what_nodes_were_paid_matches_and_what_the_chain_lacks_is_an_item(
    stage: Stage, tomorrow: datetime
) -> None:
    treasury_fund(micro=TREASURY, reference="faucet", now=timezone.now())
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=600), State.RUNNING)
    stage.network.later(100)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    job = stage.until_settled(job)
    days_run(now=tomorrow)
    assert open_items() == []
    paid = {item.side: item.amount for item in ReconciliationItem.objects.filter(job_id=job.pk)}
    assert paid["ledger"] == paid["chain"] <= -PRICE * 100
    told = payouts([job.attempt])[job.attempt.pk]
    assert told is not None
    assert told.micro == -paid["chain"]
    loss_post(key=job.attempt.hold_source, network_micro=7, reason="a payout that never was", now=timezone.now())
    days_run(now=tomorrow)
    assert open_items() == [("payout", "ledger", -7)]  # and the totals have no gap beside it


def test_of_an_account_that_is_gone_the_transactions_tell_what_was_paid(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=600), State.RUNNING)
    stage.network.later(100)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    job = stage.until_settled(job)
    told = payouts([job.attempt])[job.attempt.pk]

    async def nothing(gateway: object, addresses: list[str], commitment: str) -> dict[str, None]:
        return dict.fromkeys(addresses)

    monkeypatch.setattr("apps.bridge.chain.Gateway.jobs_at", nothing)
    assert payouts([job.attempt])[job.attempt.pk] == told
    job.attempt.address = "11111111111111111111111111111112"
    assert payouts([job.attempt])[job.attempt.pk] is None
