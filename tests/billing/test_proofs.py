"""The proof of an organisation's entries, and the digests that everyone may read."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client

from apps.billing import chart
from apps.ledger.proofs import proof_check
from apps.ledger.services import digests_close
from apps.organisations.models import AuditEvent
from tests.billing.money import NOW, grant, hold, topup
from tests.organisations.keys import key_make
from tests.organisations.programs import ACME, Program, refused
from tests.world import World

PROOF, DIGESTS = "/o/acme/billing/proof.json", "/books/digests.json"


@pytest.fixture
def closed(world: World) -> None:
    """A closed day on which Acme topped up and held, and Xenon got credits."""
    topup(world.acme)
    hold(world.acme, 30)
    grant(world.other, 5, key="theirs")
    digests_close(now=NOW + timedelta(days=1))


def body(answer: object) -> dict[str, object]:
    return json.loads(b"".join(answer.streaming_content))


def test_bea_downloads_a_proof_that_holds_and_tells_of_acme_only(world: World, closed: None) -> None:
    answer = world.client(world.bea).get(PROOF)
    assert answer["Content-Disposition"] == 'attachment; filename="acme-ledger-proof.json"'
    proof = body(answer)
    published = world.client(world.xena).get(DIGESTS).json()["digests"]
    assert list(proof_check(proof, published)) == []
    assert {row["account"] for row in proof["days"]} == {chart.available(world.acme.id), chart.held(world.acme.id)}
    assert str(world.other.id) not in json.dumps(proof)


def test_a_proof_of_other_days_has_no_entries(world: World, closed: None) -> None:
    assert body(world.client(world.olga).get(PROOF, {"from": "2026-11-03"}))["days"] == []


def test_developers_are_refused_and_outsiders_learn_nothing(world: World, closed: None) -> None:
    assert world.client(world.mia).get(PROOF).status_code == 403
    assert world.client(world.xena).get(PROOF).status_code == 404


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9" * 500])
def test_what_is_no_day_gets_a_sentence(world: World, day: str) -> None:
    answer = world.client(world.olga).get(PROOF, {"from": day})
    assert answer.status_code == 400
    assert "is no day" in answer.content.decode()


def test_a_program_gets_the_same_proof_and_leaves_the_same_trace(world: World, closed: None) -> None:
    olga = Program(key_make(world.olga, "billing.view").token)
    proof, page = body(olga.get(f"{ACME}/ledger-proof")), body(world.client(world.olga).get(PROOF))
    assert {**proof, "made_at": 0} == {**page, "made_at": 0}
    assert body(olga.get(f"{ACME}/ledger-proof", since="2026-11-03", until="2026-11-04"))["days"] == []
    refused(olga.get(f"{ACME}/ledger-proof", since="yesterday"), 400, "invalid")
    facts = [event.after for event in AuditEvent.objects.filter(act="ledger.proof_downloaded").order_by("pk")]
    assert facts == [None, None, {"from": "2026-11-03", "to": "2026-11-04"}]


def test_everyone_reads_the_digests(client: Client, closed: None) -> None:
    assert list(client.get(DIGESTS).json()["digests"]) == ["2026-11-02"]


def test_a_proof_of_one_day_takes_fourteen_queries(
    world: World, closed: None, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    client = world.client(world.bea)
    with django_assert_num_queries(14):  # four of them write down who took it
        body(client.get(PROOF))
