"""What a dropped fork undid is undone here too: by what is final alone, and never the money."""

from datetime import timedelta

import pytest
from django.db import transaction

from apps.billing.models import Hold
from apps.core.errors import Conflict
from apps.jobs.models import Job, JobEvent
from apps.jobs.services import Act, Observation, Seen, attempt_settle, job_lock, job_move, job_observe
from apps.jobs.state import OVER, RETURNS, State
from tests.jobs.conftest import NOW
from tests.jobs.test_tries import SETTLED, fresh, run, see


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("state", State)
def test_a_job_goes_back_only_as_the_table_says(submit, state: State, before: State) -> None:
    job = submit()
    Job.objects.filter(pk=job.pk).update(state=state, ended_at=NOW if state in OVER else None)
    with transaction.atomic():
        locked = job_lock(job.pk)
        if before in RETURNS[state]:
            job_move(job=locked, to=before, now=NOW, sentence="Dropped.", back=True, ended_at=None)
            assert Job.objects.get(pk=job.pk).state == before
        else:
            with pytest.raises(Conflict, match="cannot become"):
                job_move(job=locked, to=before, now=NOW, sentence="Dropped.", back=True)
            assert Job.objects.get(pk=job.pk).state == state


def test_a_confirmed_look_never_moves_a_job_back_and_a_final_one_that_is_older_neither(submit) -> None:
    job = run(submit())
    see(job, Seen.QUEUED, 50)
    see(job, Seen.QUEUED, 1, final=True)
    assert fresh(job).state == State.RUNNING


def test_a_run_whose_block_was_dropped_is_queued_again_and_runs_anew(submit) -> None:
    job = run(submit())
    see(job, Seen.QUEUED, 50, final=True)
    job = fresh(job)
    assert (job.state, job.node, job.started_at, job.attempt.node) == (State.QUEUED, "", None, "")
    see(job, Seen.RUNNING, 60, node="M", started_at=NOW)
    assert (fresh(job).state, fresh(job).node) == (State.RUNNING, "M")


def test_a_listing_whose_block_was_dropped_is_pending_again(submit) -> None:
    job = run(submit())
    see(job, Seen.NONE, 50, final=True)
    job = fresh(job)
    assert (job.state, job.queued_at, job.attempt.list_signature) == (State.PENDING, None, "")


def test_an_end_whose_block_was_dropped_runs_on_and_keeps_its_hold(submit) -> None:
    job = run(submit())
    see(job, Seen.DONE, 5, node="N", started_at=NOW, ended_at=NOW + timedelta(seconds=9), result_cid="Qm")
    assert fresh(job).state == State.COMPLETED
    see(job, Seen.RUNNING, 50, final=True, node="N", started_at=NOW)
    job = fresh(job)
    assert (job.state, job.reason, job.ended_at, job.attempt.result_cid) == (State.RUNNING, "", None, "")
    assert Hold.objects.get().state == "open"
    assert "dropped" in job.events.last().sentence


def test_a_settled_attempt_never_goes_back(submit) -> None:
    job = run(submit())
    see(job, Seen.DONE, 5, node="N", started_at=NOW, ended_at=NOW + timedelta(seconds=9))
    attempt_settle(attempt_id=job.attempt.pk, seconds=9, **SETTLED)
    see(job, Seen.RUNNING, 500, final=True, node="N", started_at=NOW)
    assert fresh(job).state == State.COMPLETED


def test_each_instruction_is_told_once_and_again_at_its_new_slot_when_it_landed_anew(submit) -> None:
    job = run(submit())
    acts = (Act("work", "w", 2), Act("extend", "x", 3))
    for _ in range(2):
        job_observe(attempt_id=job.attempt.pk, observation=Observation(Seen.RUNNING, 4, "N", acts=acts), now=NOW)
    told = JobEvent.objects.exclude(act="").order_by("seq").values_list("act", "signature", "slot")
    assert list(told) == [("list", f"list {job.attempt.pk}", 1), ("work", "w", 2), ("extend", "x", 3)]
    moved = Observation(Seen.RUNNING, 9, "N", acts=(Act("work", "w", 8),))
    job_observe(attempt_id=job.attempt.pk, observation=moved, now=NOW)
    assert JobEvent.objects.get(act="work").slot == 8
