"""`python -m tests.architecture.migrations`: may the old version go on serving while these migrations run?

Judges the migrations after those that operations/migrations-baseline.json names. A step that needs more than it
may (docs/operations.md, Changing the database) is allowed by a sentence in its migration: `zero_downtime = "why"`.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db.migrations import operations as do
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.models import Field

BASELINE = Path(__file__).resolve().parents[2] / "operations" / "migrations-baseline.json"
# Tables that grow without end: an index built in one go, or a constraint checked in one go, would stop all writers.
GROWING = {
    ("ledger", "transfer"), ("ledger", "entry"), ("jobs", "job"), ("jobs", "attempt"), ("jobs", "jobevent"),
    ("jobs", "logline"), ("jobs", "want"), ("bridge", "order"), ("billing", "hold"), ("billing", "lot"),
    ("organisations", "auditevent"), ("organisations", "auditdetail"), ("notifications", "event"),
    ("notifications", "notice"), ("notifications", "delivery"), ("core", "message"), ("core", "mail"),
    ("payments", "topup"), ("payments", "stripeevent"),
}  # fmt: skip
GONE = "the old version still uses it: stop using it in one release, take it away in the next"


def judged(migration: Migration, created: set[tuple[str, str]]) -> Iterator[str]:
    """Yield a sentence for each step of the migration with which the old version could not go on serving.

    Tables `created` since the baseline, to which it adds, are unknown to the old version.
    """
    app = migration.app_label
    steps = list(_steps(migration.operations))
    created |= {(app, step.name.lower()) for step in steps if isinstance(step, do.CreateModel)}
    if len(str(getattr(migration, "zero_downtime", ""))) >= 20:
        return
    for step in steps:
        name = str(getattr(step, "model_name", getattr(step, "name", ""))).lower()
        if (app, name) not in created and (wrong := _wrong(app, step)):
            yield f"{app}.{migration.name}: {step.describe()}: {wrong}."


def _steps(operations: Any) -> Iterator[Any]:
    for step in operations:
        if isinstance(step, do.SeparateDatabaseAndState):
            yield from _steps(step.database_operations)
        else:
            yield step


def _wrong(app: str, step: Any) -> str:
    if isinstance(step, do.RemoveField | do.DeleteModel | do.RenameField | do.RenameModel | do.AlterModelTable):
        return GONE
    if isinstance(step, do.AddField):
        return _added(step.field)
    if isinstance(step, do.AlterField):
        return (
            "a column's type or NULL changes: add a new column, fill it, and change over (or say why it is safe)"
        )
    grows = (app, str(getattr(step, "model_name", "")).lower()) in GROWING
    if grows and type(step) is do.AddIndex:
        return "the table grows: use AddIndexConcurrently in a migration with atomic = False"
    if grows and isinstance(step, do.AddConstraint) and not isinstance(step, AddConstraintNotValid):
        return "the table grows: use AddConstraintNotValid, and ValidateConstraint in a migration of its own"
    return ""


def _added(field: "Field[Any, Any]") -> str:
    if field.many_to_many or field.null or field.has_db_default():
        return ""
    return "the old version writes rows without it: give it null=True or a db_default"


def findings() -> list[str]:
    """Return what is wrong with the migrations newer than the baseline."""
    baseline: dict[str, str] = json.loads(BASELINE.read_text())
    disk = MigrationLoader(None).disk_migrations
    ours = (disk[key] for key in sorted(disk) if key[0] in baseline and key[1] > baseline[key[0]])
    created: set[tuple[str, str]] = set()
    return [sentence for migration in ours for sentence in judged(migration, created)]


def main() -> None:
    """Print what is wrong and end with 1, or say nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
    django.setup()
    found = findings()
    print("\n".join(found) or "migrations: the old version goes on serving meanwhile")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
