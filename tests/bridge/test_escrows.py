"""Escrow facts: what the chain holds for each job that is not settled, and what the treasury's reading says."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.bridge.models import TreasuryReading
from apps.bridge.selectors import position
from apps.bridge.services import treasury_read
from apps.jobs.state import State
from tests.bridge.conftest import PRICE, TREASURY, Stage, flow_state

pytestmark = pytest.mark.django_db


def test_a_deposit_is_in_escrow_while_the_job_lives_and_is_earned_once_it_is_done(stage: Stage) -> None:
    node = stage.node()
    node.work(stage.market)
    job = stage.until_state(stage.submit(timeout_s=600), State.RUNNING)
    stage.until(lambda: position().deposits_micro)
    read = treasury_read(now=timezone.now())
    assert (read.nos_micro, read.deposits_micro) == (TREASURY - PRICE * 600, PRICE * 600)
    assert (read.earned_micro, read.lamports > 0) == (0, True)
    (escrow,) = position().escrows
    assert (escrow.job_id, escrow.held_micro, escrow.expected_micro) == (job.pk, PRICE * 600, PRICE * 600)
    assert not escrow.differs
    stage.network.later(100)
    node.finish(job.attempt.address, stage.pin(flow_state()))
    stage.until(lambda: position().deposits_micro == 0)
    done = position()
    earned = done.earned_micro
    assert earned >= PRICE * 100
    assert done.treasury_micro + earned == TREASURY  # nothing is lost between the node's pay and our books
    printed = StringIO()
    call_command("escrows", stdout=printed)
    told = json.loads(printed.getvalue())
    assert (told["state"], told["earned_micro"], told["differs"]) == ("done", earned, False)
    stage.until_settled(job)
    assert position().escrows == ()


def test_more_in_escrow_than_was_set_aside_is_told_and_left_alone(stage: Stage) -> None:
    job = stage.until_state(stage.submit(timeout_s=600), State.QUEUED)
    stage.until(lambda: position().deposits_micro)
    job.attempt.network_micro -= 1
    job.attempt.save(update_fields=["network_micro"])
    with pytest.raises(SystemExit):
        call_command("escrows", stdout=StringIO())
    assert position().escrows[0].differs
    job.attempt.network_micro += 1
    job.attempt.save(update_fields=["network_micro"])


def test_readings_older_than_a_month_go(stage: Stage) -> None:
    old = timezone.now() - timedelta(days=31)
    TreasuryReading.objects.create(at=old, nos_micro=1, deposits_micro=0, earned_micro=0, lamports=0)
    treasury_read(now=timezone.now())
    assert TreasuryReading.objects.count() == 1
