"""The table of states, held against what job_move allows and what the page says."""

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import Conflict
from apps.jobs.models import Job
from apps.jobs.services import job_lock, job_move
from apps.jobs.state import LIVE, OVER, TRANSITIONS, Reason, State
from tests.jobs.conftest import NOW

PAGE = Path(__file__).resolve().parents[2] / "docs" / "job-life.md"


@pytest.mark.parametrize("following", State)
@pytest.mark.parametrize("state", State)
def test_a_job_moves_only_as_the_table_says(submit, state: State, following: State) -> None:
    job = submit()
    Job.objects.filter(pk=job.pk).update(state=state, ended_at=NOW if state in OVER else None)
    with transaction.atomic():
        locked = job_lock(job.pk)
        events = locked.events.count()
        if following in TRANSITIONS[state]:
            job_move(job=locked, to=following, now=NOW, sentence="It moved.")
            assert Job.objects.get(pk=job.pk).state == following
            assert locked.events.count() == events + 1
        else:
            with pytest.raises(Conflict, match="cannot become"):
                job_move(job=locked, to=following, now=NOW, sentence="It moved.")
            assert Job.objects.get(pk=job.pk).state == state
            assert locked.events.count() == events


def test_every_live_state_has_a_way_to_each_end() -> None:
    for state in LIVE:
        assert TRANSITIONS[state] >= OVER
    assert {State.COMPLETED, State.STOPPED, State.FAILED} == OVER


def test_a_job_that_is_over_has_an_end_in_the_database(submit) -> None:
    job = submit()
    with pytest.raises(IntegrityError, match="job_over_has_end"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(state=State.FAILED)


def test_the_page_names_every_move_and_every_reason() -> None:
    text = PAGE.read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", text, re.M)
    table = {(state.value, following.value) for state, nexts in TRANSITIONS.items() for following in nexts}
    assert {(first, then) for first, thens in rows for then in thens.replace("`", "").split(", ")} == table
    for reason in Reason:
        assert not reason.value or f"`{reason.value}`" in text
