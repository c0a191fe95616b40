"""Every error of the program (network facts §1.10), raised in the sandbox and shown as a sentence."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from nosana.chain import instructions as ix
from nosana.chain.errors import SENTENCES, program_error

from apps.bridge.chain import ProgramError
from apps.bridge.models import Order
from apps.bridge.services.sending import IN_USE, OUR_FAULT, order_refused
from apps.jobs.models import Job
from sandbox.chain.programs.anchor import Call
from tests.jobs.conftest import market, mia, rich, submit  # noqa: F401 - fixtures
from tests.sandbox.chain.scenes import Scenes
from tests.sandbox.chain.stage import Refusal, Stage, stages
from tests.world import World

# The program's own errors, those it shares with the network's other programs, and Anchor's usual ones.
LIST = """
InvalidMarketAccount MarketInWrongState NotInMarketQueue InvalidJobAccount JobInWrongState JobNotExpired
JobResultNull JobInvalidProject JobTimeoutNotGreater JobInvalidRunAccount JobResultsAlreadySet NodeQueueDoesNotMatch
NodeStakeUnauthorized NodeNotEnoughStake NodeAlreadyQueued NodeNftWrongMetadata NodeNftWrongOwner
NodeNftInvalidAmount NodeKeyInvalidCollection
Unauthorized InvalidOwner LamportsNonNull MissingSignature InvalidAccount InvalidTokenAccount InvalidMint
InvalidVault InvalidPayer VaultEmpty VaultNotEmpty InvalidATA
ConstraintHasOne ConstraintRaw ConstraintAddress AccountDiscriminatorNotFound AccountDiscriminatorMismatch
AccountOwnedByWrongProgram AccountNotInitialized
"""
NAMES = LIST.split()


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Stage]:
    """A chain in this process."""
    yield from stages(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_each_error_of_the_program_comes_with_its_name_and_sentence(
    chain: Stage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Scenes(chain).play("list")
    real = Call.require
    monkeypatch.setattr(Call, "require", lambda call, holds, _, account=None: real(call, False, name, account))
    with pytest.raises(Refusal) as refused:
        chain.run(step)
    error = program_error(None, refused.value.logs)
    assert (error.name, error.sentence) == (name, SENTENCES[name])
    assert error.sentence.endswith(".")
    assert error.code is not None


def test_a_fee_payer_without_sol_is_named(chain: Stage) -> None:
    poor = chain.key()
    chain.frida = poor
    with pytest.raises(Refusal, match="AccountNotFound"):
        chain.run(ix.ata_create(chain.cluster, owner=poor, payer=poor))
    assert SENTENCES["AccountNotFound"] == "The fee payer has no SOL."


@pytest.mark.django_db
def test_the_customer_reads_the_sentence_and_pays_nothing(
    submit: Callable[..., Job],  # noqa: F811
    rich: World,  # noqa: F811
    client: Any,
) -> None:
    client.force_login(rich.victor)
    for name in sorted(set(NAMES) - IN_USE - OUR_FAULT):
        job = submit(submission_key=name)
        order_refused(signed(job), ProgramError(name, 6000, []), now=timezone.now())
        page = client.get(f"/o/acme/jobs/{job.pk}/").content.decode().replace("&#x27;", "'").replace("’", "'")
        assert f"The network refused the job: {SENTENCES[name]}" in page
        assert Job.objects.get(pk=job.pk).state == "failed"


def signed(job: Job) -> Order:
    """Return the job's listing as it stands when it is being sent."""
    now = timezone.now()
    return Order.objects.create(
        want=job.wants.get(),
        attempt_id=job.attempt_id,
        kind="list",
        state="signed",
        instruction="list",
        lease=uuid.uuid4(),
        blob=b"blob",
        signature="signature",
        next_try_at=now,
        created_at=now,
    )
