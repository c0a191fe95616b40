"""Private jobs: only the node that holds the live run gets the definition, and its result is taken once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from nosana.chain import header_make
from solders.keypair import Keypair

from apps.bridge import services
from apps.bridge.ipfs import result_get
from apps.bridge.models import Exchange
from apps.jobs.models import Job, JobEvent, LogLine
from apps.jobs.services import Privacy, job_submit
from apps.jobs.state import State
from tests.bridge.conftest import DEFINITION, Stage, flow_state
from tests.bridge.network import GpuNode

pytestmark = pytest.mark.django_db
SECRET = "hunter2-very-secret"
SEALED = {
    "version": "0.1",
    "type": "container",
    "ops": [
        {
            "type": "container/run",
            "id": "hello",
            "args": {"image": "ubuntu", "cmd": ["echo", "hello"], "env": {"TOKEN": "%%secret.TOKEN%%"}},
        }
    ],
}


def submit(stage: Stage, *, key: str = "one", privacy: Privacy | None = None, definition: Any = SEALED) -> Job:
    """Submit a private job with a secret."""
    return job_submit(
        membership=stage.mia,
        project=stage.world.project,
        market=stage.job_market(),
        definition=definition,
        timeout_s=600,
        name="Hello",
        submission_key=key,
        privacy=privacy or Privacy(secrets={"TOKEN": SECRET}),
        now=timezone.now(),
    )


def running(stage: Stage, key: str = "one") -> tuple[Job, GpuNode]:
    """Return a private job that a node runs, as the platform has seen."""
    node = stage.node()
    job = submit(stage, key=key)
    stage.until_state(job, State.QUEUED)
    node.work(stage.market)
    return stage.until_state(job, State.RUNNING), node


def header(node: GpuNode | Keypair, message: str, *, ago: timedelta = timedelta(0)) -> str:
    """Return the header by which a node proves itself."""
    key = node if isinstance(node, Keypair) else node.keys
    return header_make(message, key, datetime.now(UTC) - ago)


def ask(job: Job, said: str) -> Any:
    """Ask for the definition as a node does."""
    return Client().get(f"/nodes/jobs/{address(job)}/definition", headers={"Authorization": said})


def deliver(job: Job, said: str, flow: Any) -> Any:
    """Deliver a result as a node does."""
    url = f"/nodes/jobs/{address(job)}/result"
    body = flow if isinstance(flow, bytes) else json.dumps(flow).encode()
    client = Client(enforce_csrf_checks=True)
    return client.post(url, body, content_type="application/json", headers={"Authorization": said})


def address(job: Job) -> str:
    """Return the job's address on the chain."""
    found = Job.objects.select_related("attempt").get(pk=job.pk).attempt
    assert found is not None
    assert found.address
    return found.address


def test_what_is_pinned_says_nothing_of_the_job(stage: Stage) -> None:
    job = stage.until_state(submit(stage), State.QUEUED)
    assert job.attempt
    shell = result_get(job.attempt.definition_cid)
    assert shell["ops"] == []
    assert SECRET not in json.dumps(shell)
    assert shell["logistics"]["send"]["args"]["endpoint"].endswith("/nodes/jobs/%%global.job%%/definition")
    store = [path.read_bytes() for path in (stage.network.data / "sandbox.ipfs").rglob("*") if path.is_file()]
    assert store
    assert not any(SECRET.encode() in content or b'"echo"' in content and b"TOKEN" in content for content in store)
    again = stage.until_state(submit(stage, key="two"), State.QUEUED)
    assert again.attempt
    assert again.attempt.definition_cid == job.attempt.definition_cid


def test_the_node_of_the_run_gets_the_definition_with_its_secrets(stage: Stage) -> None:
    job, node = running(stage)
    for _ in range(2):  # a node that starts anew asks again
        answer = ask(job, header(node, address(job)))
        assert answer.status_code == 200
        assert answer.json()["ops"][0]["args"]["env"] == {"TOKEN": SECRET}
        assert answer["Cache-Control"] == "no-store"
    assert JobEvent.objects.filter(job=job, kind="handed").count() == 1
    assert Exchange.objects.get().handed == 2
    assert SECRET not in json.dumps(Job.objects.get(pk=job.pk).definition)


def test_a_run_that_was_not_observed_yet_is_looked_for(stage: Stage) -> None:
    node = stage.node()
    job = stage.until_state(submit(stage), State.QUEUED)
    node.work(stage.market)
    answer = ask(job, header(node, address(job)))
    assert answer.status_code == 200, answer.content
    seen = stage.job(job)
    assert (seen.state, seen.node) == (State.RUNNING, node.address)


def test_while_no_node_has_the_job_nodes_are_told_to_come_again(stage: Stage) -> None:
    node = stage.node()
    job = stage.until_state(submit(stage), State.QUEUED)
    answer = ask(job, header(node, address(job)))
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_whoever_does_not_prove_it_gets_nothing(stage: Stage) -> None:
    job, node = running(stage)
    where = address(job)
    other, other_node = running(stage, key="two")
    good = header(node, where)
    refused = {
        "no header": "",
        "no shape": "Bearer nos_sandbox_x",
        "another node": header(other_node, where),
        "a stranger": header(Keypair(), where),
        "a stale header": header(node, where, ago=timedelta(seconds=301)),
        "a header of tomorrow": header(node, where, ago=timedelta(days=-1)),
        "no time": good.rpartition(":")[0],
        "a header for another job": header(node, address(other)),
        "another message": header(node, "hello"),
        "another signature": good.replace(good.split(":")[1], "1" * 64),
        "much": "x" * 100_000,
    }
    for why, said in refused.items():
        answer = ask(job, said)
        assert answer.status_code in (401, 503), f"{why}: {answer.status_code}"
        assert SECRET.encode() not in answer.content
        assert deliver(job, said, flow_state("x")).status_code in (401, 503), why
    assert not Exchange.objects.filter(attempt__job=job).exists()


def test_a_header_that_somebody_kept_opens_nothing_once_the_job_is_over(stage: Stage) -> None:
    job, node = running(stage)
    said = header(node, address(job))
    assert ask(job, said).status_code == 200
    assert deliver(job, said, flow_state("done")).status_code == 200
    assert ask(job, said).status_code == 409
    node.finish(address(job), stage.pin({"status": "success", "opStates": []}))
    stage.until_settled(job)
    assert ask(job, said).status_code == 409


def test_a_public_job_and_an_unknown_address_have_nothing_to_hand_out(stage: Stage) -> None:
    node = stage.node()
    job = submit(stage, privacy=Privacy(Job.Visibility.PUBLIC), definition=DEFINITION)
    job = stage.until_state(job, State.QUEUED)
    node.work(stage.market)
    job = stage.until_state(job, State.RUNNING)
    assert ask(job, header(node, address(job))).status_code == 404
    unknown = str(Keypair().pubkey())
    answer = Client().get(f"/nodes/jobs/{unknown}/definition", headers={"Authorization": header(node, unknown)})
    assert answer.status_code == 404


def test_a_result_is_taken_once_and_its_repeat_accepted(stage: Stage) -> None:
    job, node = running(stage)
    result = flow_state("one", f"the token is {SECRET}", "three")
    for _ in range(2):
        assert deliver(job, header(node, address(job)), result).status_code == 200
    assert deliver(job, header(node, address(job)), flow_state("other")).status_code == 409
    node.finish(address(job), stage.pin({"status": "success", "opStates": []}))
    stage.until_settled(job)
    stage.until(lambda: stage.job(job).result)
    kept = stage.job(job)
    assert kept.state == State.COMPLETED
    assert kept.result["opStates"][0]["exitCode"] == 0
    texts = list(LogLine.objects.filter(job=job).order_by("seq").values_list("text", flat=True))
    assert texts == ["one", "the token is •••", "three"]
    assert Exchange.objects.get().body is None
    assert deliver(job, header(node, address(job)), result).status_code == 200
    assert deliver(job, header(node, address(job)), flow_state("other")).status_code == 409


def test_a_stopped_job_still_delivers_its_result(stage: Stage) -> None:
    job, node = running(stage)
    stage.stop(job)
    job = stage.until_settled(job)
    assert job.state == State.STOPPED
    assert deliver(job, header(node, address(job)), flow_state("cut short")).status_code == 200
    stage.until(lambda: stage.job(job).result)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff\xfe", b"[" * 100_000, b'{"opStates": 7}'])
def test_what_is_no_result_is_refused_with_a_sentence(stage: Stage, body: bytes) -> None:
    job, node = running(stage)
    answer = deliver(job, header(node, address(job)), body)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert not Exchange.objects.filter(result_at__isnull=False).exists()


def test_a_result_over_the_limit_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    job, node = running(stage)
    monkeypatch.setattr(services, "RESULT_BYTES", 100)
    assert deliver(job, header(node, address(job)), flow_state("x" * 200)).status_code == 413


def test_a_result_that_never_comes_is_not_waited_for_without_end(stage: Stage) -> None:
    job, node = running(stage)
    node.finish(address(job), stage.pin({"status": "success", "opStates": []}))
    stage.until_settled(job)
    stage.look()
    assert stage.job(job).result is None
    ended_at = stage.job(job).attempt.ended_at  # by the cluster's clock, which other tests may have moved on
    assert services.results_sweep(now=ended_at + timedelta(minutes=11)) == 1
    assert stage.job(job).result == {"status": "success", "opStates": []}
    assert JobEvent.objects.filter(job=job, sentence__startswith="The node delivered no result").exists()


def test_outside_the_sandbox_nothing_goes_over_a_line_that_others_read(stage: Stage, settings: Any) -> None:
    job, node = running(stage)
    settings.ENVIRONMENT = "staging"
    assert ask(job, header(node, address(job))).status_code == 403
    with pytest.raises(Exception, match="https"):
        services.definition_for_ipfs(job)
