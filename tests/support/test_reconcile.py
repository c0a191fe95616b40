"""One command says whether money, credits and chain tell the same story."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from apps.billing.models import Lot
from apps.bridge.selectors import Position
from apps.support import selectors
from tests.billing.money import grant
from tests.world import World


def figures() -> dict[str, int]:
    """Return what the command says."""
    out = StringIO()
    call_command("reconcile", "--json", stdout=out)
    found: dict[str, int] = json.loads(out.getvalue())
    return found


def test_lots_that_differ_from_the_books_are_counted_and_end_with_1(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(selectors, "balance_net", dict)
    monkeypatch.setattr(selectors, "position", lambda: Position(0, 0, 0))
    grant(world.acme, 10)
    assert set(figures().values()) == {0}
    with transaction.atomic():
        Lot.objects.update(remaining_micro=1)
        with pytest.raises(SystemExit, match="1"):
            call_command("reconcile")
        transaction.set_rollback(True)
    assert "mismatches               2" in capsys.readouterr().out  # of the credits, and of the lot itself
