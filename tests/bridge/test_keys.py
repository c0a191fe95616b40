"""Keys follow from the seed alone, and nobody else reads it."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.bridge.chain import treasury_address
from apps.bridge.keys import Seed, SeedMissing, hkdf_sha256, seed_load
from apps.bridge.signing import Signer, attempt_keys
from apps.jobs.state import State
from tests.bridge.conftest import Stage

SEED = Seed(version=1, secret=bytes(range(32)))


def test_the_derivation_is_that_of_rfc_5869() -> None:
    found = hkdf_sha256(b"\x0b" * 22, salt=bytes(range(13)), info=bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"), length=42)
    assert found.hex() == ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")


def test_every_purpose_cluster_job_and_attempt_has_a_key_of_its_own() -> None:
    secrets = {
        SEED.project("a"),
        SEED.project("b"),
        SEED.job("g", "p", "a", 1),
        SEED.job("h", "p", "a", 1),
        SEED.job("g", "q", "a", 1),
        SEED.job("g", "p", "b", 1),
        SEED.job("g", "p", "a", 2),
        SEED.run("g", "p", "a", 1),
        Seed(version=2, secret=SEED.secret).project("a"),
        Seed(version=1, secret=bytes(32)).project("a"),
    }
    assert len(secrets) == 10


def test_the_same_seed_finds_the_same_addresses_again(chain_settings: Path, settings: object) -> None:
    first = attempt_keys(seed_load(), "org", "job", 1)
    assert attempt_keys(seed_load(), "org", "job", 1) == first
    assert len({first.job, first.run, first.project}) == 3
    settings.CHAIN_GENESIS_HASH = "another"  # type: ignore[attr-defined]
    other = attempt_keys(seed_load(), "org", "job", 1)
    assert other.job != first.job
    assert other.project == first.project


def test_a_seed_is_not_shown(chain_settings: Path) -> None:
    seed = seed_load()
    assert seed.secret.hex() not in repr(seed)
    assert str(seed.secret) not in repr(vars(Signer(seed, "org")))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"1": "00"}', '{"1": 7}', '{"2": "' + "0" * 64 + '"}'])
def test_a_broken_seed_file_is_one_sentence(settings: object, tmp_path: Path, text: str) -> None:
    (tmp_path / "seed").write_text(text)
    settings.CHAIN_SEED_FILE = str(tmp_path / "seed")  # type: ignore[attr-defined]
    with pytest.raises(SeedMissing, match="no seed of version 1"):
        seed_load()


def test_key_files_are_made_once_and_for_their_owner_only(settings: object, tmp_path: Path) -> None:
    call_command("bridge_keys_make", dir=tmp_path / "keys")
    settings.CHAIN_TREASURY_FILE = str(tmp_path / "keys" / "treasury.json")  # type: ignore[attr-defined]
    address, seed = treasury_address(), (tmp_path / "keys" / "seed").read_text()
    call_command("bridge_keys_make", dir=tmp_path / "keys")
    assert treasury_address() == address
    assert (tmp_path / "keys" / "seed").read_text() == seed
    assert len(bytes.fromhex(json.loads(seed)["1"])) == 32
    for name in ("seed", "treasury.json"):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600


@pytest.mark.django_db
def test_after_a_new_seed_old_jobs_are_stopped_with_theirs_and_new_ones_listed_with_it(
    stage: Stage, settings: Any
) -> None:
    old = stage.until_state(stage.submit(), State.QUEUED)
    call_command("bridge_seed_add", file=Path(settings.CHAIN_SEED_FILE))
    assert os.stat(settings.CHAIN_SEED_FILE).st_mode & 0o077 == 0
    settings.CHAIN_SEED_VERSION = 2
    new = stage.until_state(stage.submit(key="two"), State.QUEUED)
    assert [job.attempt.seed_version for job in (old, new)] == [1, 2]  # type: ignore[union-attr]
    for job in (old, new):
        stage.stop(job)
        assert stage.until_settled(job).state == State.STOPPED


def test_a_seed_is_added_to_a_file_of_seeds_only(tmp_path: Path) -> None:
    for text, told in ((None, "makes the first seed"), ("[]", "no file of seeds"), ("{", "no file of seeds")):
        if text is not None:
            (tmp_path / "seed").write_text(text)
        with pytest.raises(CommandError, match=told):
            call_command("bridge_seed_add", file=tmp_path / "seed")
        assert text is None or (tmp_path / "seed").read_text() == text
