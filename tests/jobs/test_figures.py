"""How long jobs like this one ran, and what a job may spend."""

import uuid
from typing import Any

from apps.billing.selectors import usable
from apps.jobs.models import Job, Market
from apps.jobs.selectors import runs_past
from tests.jobs.conftest import NOW
from tests.world import World


def test_what_a_job_may_use_counts_the_pot_of_its_project(rich: World) -> None:
    assert usable(rich.acme.pk, rich.project.pk) == usable(rich.acme.pk, None) == 100_000_000


def test_past_runs_of_the_template_or_the_name_are_counted(rich: World, market: Market, submit: Any) -> None:
    dear = Market.objects.create(address="D" * 44, slug="dear", name="Dear", price_micro=9, open=True)
    for number, (seconds, where) in enumerate([(100, market), (200, market), (300, market), (9000, dear)]):
        job = submit(submission_key=str(uuid.uuid4()), market=where, name="Alike" if number else "Other")
        job.attempts.update(seconds=seconds, settled_at=NOW)
    Job.objects.update(template="vllm")
    found = runs_past(rich.acme, market=market, template="vllm", name="")
    assert found is not None
    assert (found.count, found.median_s, found.most_s) == (3, 200, 300)
    elsewhere = runs_past(rich.acme, market=dear, template="vllm", name="")
    assert elsewhere is not None
    assert elsewhere.count == 4
    named = runs_past(rich.acme, market=dear, template="", name="Alike")
    assert named is not None
    assert named.count == 3
    assert runs_past(rich.acme, market=dear, template="", name="Nobody") is None
    assert runs_past(rich.other, market=dear, template="vllm", name="") is None
