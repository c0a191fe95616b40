"""Jobs by the client, against the platform itself; a chain is not needed until they are listed there."""

import copy
from collections.abc import Callable

import pytest
from django.utils import timezone
from nosana import Nosana
from nosana.client import Conflict, Invalid, NoMarket, NotEnoughCredits, NotFound

from apps.jobs.models import Job, Market
from apps.jobs.services import LogEntry, loglines_add
from sdk.tests.spec.shapes import SHAPES
from tests.jobs.conftest import CREDITS, market, rich  # noqa: F401 - fixtures
from tests.world import World

pytestmark = pytest.mark.django_db
Sign = Callable[..., Nosana]


@pytest.fixture
def mia(rich: World, market: Market, signed_in: Sign) -> Nosana:  # noqa: F811
    """Mia's client; Acme has 100 credits and one market is open."""
    return signed_in(rich.mia, "jobs.view", "jobs.launch", "jobs.stop", "balance.view")


def test_a_job_of_few_words_is_launched_once_and_holds_its_worst_case(mia: Nosana) -> None:
    first, second = (
        mia.jobs.run(image="ubuntu", command=["echo", "hi"], gpu=True, timeout_s=600, idempotency_key="one")
        for _ in range(2)
    )
    assert first.id == second.id
    assert (first.state, first.market, first.visibility) == ("pending", "gpu", "private")
    assert Job.objects.get().definition["ops"][0]["args"] == {
        "image": "ubuntu",
        "cmd": ["echo", "hi"],
        "gpu": True,
    }
    assert mia.balance.get().held_micro == first.held_micro
    assert mia.jobs.rehearse(image="ubuntu", timeout_s=600).estimate.total_micro == first.held_micro


def test_a_job_says_its_labels_template_and_node(mia: Nosana) -> None:
    told = {"labels": {"team": "search"}, "node": "N" * 44}
    mia.jobs.rehearse(image="ubuntu", market="gpu", **told)
    job = mia.jobs.run(image="ubuntu", market="gpu", template="hello", template_number=2, **told)
    assert (job.labels, job.template, job.template_number) == ({"team": "search"}, "hello", 2)
    assert job.node_wanted == "N" * 44
    with pytest.raises(Invalid) as refused:
        mia.jobs.run(image="ubuntu", market="gpu", labels={"Not a name": "x"})
    assert "labels" in refused.value.fields


@pytest.mark.parametrize("name", SHAPES)
def test_a_published_definition_arrives_as_it_was_sent(name: str, mia: Nosana) -> None:
    job = mia.jobs.run(definition=copy.deepcopy(SHAPES[name]), market="gpu", timeout_s=600)
    assert mia.jobs.get(job.id).definition == SHAPES[name]


def test_jobs_are_listed_narrowed_and_walked(mia: Nosana) -> None:
    made = [mia.jobs.run(image="ubuntu", name=f"Job {number}", market="gpu", timeout_s=60) for number in range(3)]
    assert [job.id for job in mia.jobs.list()] == [job.id for job in reversed(made)]
    assert [job.name for job in mia.jobs.list(q="Job 1", state=["pending", "queued"])] == ["Job 1"]
    assert mia.jobs.list(state="running").all() == []


def test_a_job_that_is_not_on_the_chain_yet_is_stopped_and_done_again(mia: Nosana) -> None:
    job = mia.jobs.run(image="ubuntu", market="gpu", timeout_s=60)
    stopped = job.stop()
    assert stopped.stop_requested_at is not None or stopped.over
    again = mia.jobs.restart(job.id)
    assert again.id != job.id
    assert [event.seq for event in mia.jobs.events(job.id)][0] == 1
    assert mia.jobs.attempts(job.id).first().number == 1  # type: ignore[union-attr]


def test_what_it_wrote_is_read_and_searched(mia: Nosana) -> None:
    job = mia.jobs.run(image="ubuntu", market="gpu", timeout_s=60)
    attempt = Job.objects.get().attempt
    assert attempt is not None
    at = timezone.now()
    loglines_add(attempt.pk, [LogEntry("main", n, "container", at, f"line {n + 1}") for n in range(3)])
    assert [line.seq for line in mia.jobs.log_lines(job.id, after=1)] == [2, 3]
    assert [line.text for line in mia.jobs.log_search(job.id, "line 2")] == ["line 2"]
    assert mia.jobs.result(job.id).stored_at is None
    with pytest.raises(Conflict):
        mia.jobs.result_file(job.id)


def test_notes_are_kept_beside_a_job(mia: Nosana) -> None:
    job = mia.jobs.run(image="ubuntu", market="gpu", timeout_s=60)
    note = mia.jobs.note(job.id, "A try.")
    assert mia.jobs.note_update(job.id, note.id, "The second try.").edited_at is not None
    assert [one.text for one in mia.jobs.notes(job.id)] == ["The second try."]
    mia.jobs.note_remove(job.id, note.id)
    assert mia.jobs.notes(job.id).all() == []


def test_refusals_say_what_lacks_and_where(mia: Nosana) -> None:
    Market.objects.create(address="D" * 44, slug="dear", name="Dear", price_micro=CREDITS, open=True)
    with pytest.raises(NotEnoughCredits) as lacks:
        mia.jobs.run(image="ubuntu", market="dear", timeout_s=600)
    assert lacks.value.missing_micro == lacks.value.problem["needed_micro"] - CREDITS
    assert lacks.value.next is not None
    with pytest.raises(Invalid) as wrong:
        mia.jobs.run(definition={"version": "0.1", "type": "container", "ops": [], "colour": "blue"}, market="gpu")
    assert any("colour" in path for path in wrong.value.fields)
    with pytest.raises(Invalid) as unknown:
        mia.jobs.run(image="ubuntu", market="none")
    assert unknown.value.code == "market_unknown"
    with pytest.raises(NoMarket):
        mia.jobs.run(image="ubuntu", gpu="H100")
    assert mia.jobs.list().all() == []


def test_a_policy_is_read_and_a_stranger_sees_nothing(mia: Nosana, rich: World, signed_in: Sign) -> None:  # noqa: F811
    job = mia.jobs.run(image="ubuntu", market="gpu", timeout_s=60, policy={"reposts": 0})
    assert job.policy is not None
    assert job.policy.reposts == 0
    with pytest.raises(NotFound):
        signed_in(rich.xena).jobs.get(job.id)
