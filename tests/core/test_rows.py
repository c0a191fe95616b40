"""Rows of several tables are written by one statement, and read back as models would have them."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.models import Message
from apps.core.rows import columns, row_read, rows_insert
from apps.jobs.models import Job, JobEvent, Market
from apps.organisations.models import Project
from tests.world import World

pytestmark = pytest.mark.django_db


def new(world: World) -> Job:
    market = Market(address="m" * 44, slug="gpu", name="GPU", price_micro=7, open=True)
    market.save()
    return Job(
        organisation=world.acme, project=world.project, member=world.mia, name="“quotes” %s", timeout_s=60,
        definition={"ops": [{"args": {"cmd": "é %s"}}]}, labels={"team": "a"}, market=market, price_micro=7,
        created_at=timezone.now(),
    )  # fmt: skip


def line(job: Job, seq: int = 1) -> JobEvent:
    return JobEvent(job=job, seq=seq, at=timezone.now(), kind="submitted", sentence="Accepted.", state=job.state)


def test_rows_of_two_tables_are_written_by_one_statement_and_read_back_as_they_were(
    world: World, django_assert_num_queries
) -> None:
    job = new(world)
    event = line(job)
    with django_assert_num_queries(1):
        rows_insert(event, job)
    assert JobEvent.objects.get(pk=event.pk).job_id == job.pk
    kept = Job.objects.get(pk=job.pk)
    for field in Job._meta.concrete_fields:
        assert getattr(kept, field.attname) == getattr(job, field.attname), field.name


def test_what_was_written_is_saved_again_and_not_made_twice(world: World) -> None:
    job = new(world)
    rows_insert(job)
    job.name = "Renamed"
    job.save()
    assert [one.name for one in Job.objects.all()] == ["Renamed"]


def test_where_one_row_cannot_be_none_is_written(world: World) -> None:
    job = new(world)
    rows_insert(job, line(job))
    with pytest.raises(IntegrityError, match="job_event_once"), transaction.atomic():
        rows_insert(Message(name="core.some", request_id=""), line(job))
    assert not Message.objects.filter(name="core.some").exists()


def test_a_row_of_two_tables_becomes_the_models_that_django_makes_of_them(world: World) -> None:
    rows_insert(new(world))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns(Job, 'job')}, {columns(Project, 'project')}, 7"
            " FROM jobs_job AS job JOIN organisations_project AS project ON project.id = job.project_id"
        )
        row = cursor.fetchone()
    job, rest = row_read(Job, row)
    project, rest = row_read(Project, rest)
    assert list(rest) == [7]
    for found in (job, project):
        same = type(found).objects.get(pk=found.pk)
        for field in found._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(same, field.attname), field.name
