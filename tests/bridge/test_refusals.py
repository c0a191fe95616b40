"""Every error of the program (network facts §1.10), raised in the sandbox and shown as a sentence."""

import html
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext
from nosana.chain import instructions as ix
from nosana.chain.errors import SENTENCES, program_error

from apps.bridge.chain import ProgramError
from apps.bridge.models import Order
from apps.bridge.sentences import BY_ERROR, OTHER, why
from apps.bridge.services.sending import IN_USE, OUR_FAULT, order_refused
from apps.core.catalogues import compile_stale
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
def test_the_customer_reads_in_their_language_what_an_error_means_and_pays_nothing(
    submit: Callable[..., Job],  # noqa: F811
    rich: World,  # noqa: F811
) -> None:
    compile_stale()
    rich.victor.language = "de"
    rich.victor.save(update_fields=["language"])
    client = rich.client(rich.victor)
    meanings = sorted(
        {BY_ERROR.get(name, ""): name for name in {*NAMES, "NeverSeen"} - IN_USE - OUR_FAULT}.values()
    )
    for name in meanings:
        job = submit(submission_key=name)
        order_refused(signed(job), ProgramError(name, 6000, []), now=timezone.now())
        failed = Job.objects.get(pk=job.pk)
        assert (failed.state, failed.sentence) == ("failed", f"The network refused the job: {why(name)}")
        with translation.override("de"):
            meant = gettext(BY_ERROR.get(name, OTHER)) % {"error": name}
        assert meant != why(name)
        page = html.unescape(client.get(f"/o/acme/jobs/{job.pk}/").content.decode())
        assert f"Das Netzwerk hat den Job abgelehnt: {meant}" in page


def test_every_error_a_listing_can_meet_has_a_meaning() -> None:
    assert {name for name in NAMES if name not in BY_ERROR} == {"JobResultNull", "JobTimeoutNotGreater"}


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
