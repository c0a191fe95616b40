"""Rules that let the old version serve while the new one's migrations run."""

from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connection, models
from django.db.migrations import operations as do
from django.db.migrations.migration import Migration

from tests.architecture.migrations import findings, judged

INDEX = models.Index(fields=["state"], name="i")
CHECK = models.CheckConstraint(condition=models.Q(id__gt=0), name="c")


def judge(*steps: Any, **more: Any) -> list[str]:
    migration = Migration("0999_x", "jobs")
    migration.operations = list(steps)
    for name, value in more.items():
        setattr(migration, name, value)
    return list(judged(migration, set()))


def test_our_migrations_since_the_baseline_let_the_old_version_serve() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    "step",
    [
        do.RemoveField("job", "name"),
        do.DeleteModel("Job"),
        do.RenameField("job", "name", "title"),
        do.RenameModel("Job", "Task"),
        do.AddField("market", "more", models.IntegerField(default=0)),
        do.AlterField("market", "name", models.IntegerField()),
        do.AddIndex("job", INDEX),
        do.AddConstraint("job", CHECK),
        do.SeparateDatabaseAndState(database_operations=[do.RemoveField("job", "name")]),
    ],
    ids=lambda step: type(step).__name__,
)
def test_what_the_old_version_would_stumble_over_is_refused_unless_a_sentence_says_why(step: Any) -> None:
    (sentence,) = judge(step)
    assert sentence.startswith("jobs.0999_x: ")
    assert judge(step, zero_downtime="It is not used since release 12.") == []


def test_what_it_does_not_notice_passes() -> None:
    created = do.CreateModel("New", [("id", models.AutoField(primary_key=True))])
    assert judge(created, do.AddIndex("new", INDEX), do.AddField("new", "a", models.IntegerField())) == []
    assert judge(do.AddField("job", "a", models.IntegerField(null=True))) == []
    assert judge(do.AddField("job", "a", models.IntegerField(db_default=0))) == []
    assert judge(AddIndexConcurrently("job", INDEX), AddConstraintNotValid("job", CHECK)) == []


def test_a_migration_waits_for_no_lock_for_long(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def handle(*_: Any, **__: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            seen.append(cursor.fetchone()[0])

    monkeypatch.setattr(migrate.Command, "handle", handle)
    call_command("migrate")
    call_command("migrate", lock_timeout="250ms")
    handle()
    assert seen == ["5s", "250ms", "0"]
