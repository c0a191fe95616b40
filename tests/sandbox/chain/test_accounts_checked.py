"""What Anchor checks of every account of every instruction: one test raises each error."""

from collections.abc import Iterator

import pytest
from nosana.chain import rewards_reflection
from solders.instruction import Instruction

from tests.sandbox.chain.scenes import KINDS, Scenes
from tests.sandbox.chain.stage import Stage, changed

TYPED = ("market", "job", "run", "stake", "pool", "token", "vault", "mint")


def accounts() -> Iterator[tuple[str, int, str, str]]:
    """Yield (instruction, place, kind, flags) of every account."""
    for name, text in KINDS.items():
        for place, word in enumerate(text.split()):
            if word[0] == "+":
                yield name, place, "new", word[1:]
            else:
                kind, _, flags = word.replace("+", "-").partition("-")
                yield name, place, kind, flags


ALL = list(accounts())


def only(kinds: tuple[str, ...] = (), flag: str = "") -> list[object]:
    """Return the parameters whose account is of a kind or carries a flag."""
    return [
        pytest.param(name, place, kind, id=f"{name}-{place}-{kind}")
        for name, place, kind, flags in ALL
        if (kinds and kind in kinds) or (flag and flag in flags)
    ]


@pytest.mark.parametrize("name", KINDS)
def test_each_scene_works_as_it_stands(stage: Stage, name: str) -> None:
    step = Scenes(stage).play(name)
    flags = [("w" * meta.is_writable) + ("s" * meta.is_signer) for meta in step.accounts]
    assert flags == [flags for other, _, _, flags in ALL if other == name]
    assert stage.name_of_failure(step) == ""


@pytest.mark.parametrize("name", KINDS)
def test_too_few_accounts_are_refused(stage: Stage, name: str) -> None:
    step = Scenes(stage).play(name)
    short = Instruction(step.program_id, bytes(step.data), list(step.accounts)[:-1])
    assert stage.name_of_failure(short) == "AccountNotEnoughKeys"


@pytest.mark.parametrize("name", ["open", "update", "list", "assign", "extend", "complete", "finish"])
def test_arguments_that_are_too_short_are_refused(stage: Stage, name: str) -> None:
    step = Scenes(stage).play(name)
    short = Instruction(step.program_id, bytes(step.data)[:-1], list(step.accounts))
    assert stage.name_of_failure(short) == "InstructionDidNotDeserialize"


def test_an_unknown_instruction_is_refused(stage: Stage) -> None:
    step = Scenes(stage).play("quit")
    unknown = Instruction(step.program_id, b"12345678", list(step.accounts))
    assert stage.name_of_failure(unknown) == "InstructionFallbackNotFound"


@pytest.mark.parametrize(("name", "place", "kind"), only(flag="w"))
def test_an_account_to_be_written_must_be_writable(stage: Stage, name: str, place: int, kind: str) -> None:
    step = changed(Scenes(stage).play(name), place, writable=False)
    assert stage.name_of_failure(step) == "ConstraintMut"


@pytest.mark.parametrize(("name", "place", "kind"), only(flag="s"))
def test_a_signer_must_sign(stage: Stage, name: str, place: int, kind: str) -> None:
    step = changed(Scenes(stage).play(name), place, signer=False)
    expected = {"new": "MissingRequiredSignature", "free": "MissingSignature"}.get(kind, "AccountNotSigner")
    assert stage.name_of_failure(step) == expected


@pytest.mark.parametrize(("name", "place", "kind"), only(kinds=("~",)))
def test_a_program_must_be_the_right_one(stage: Stage, name: str, place: int, kind: str) -> None:
    step = changed(Scenes(stage).play(name), place, to=stage.key())
    assert stage.name_of_failure(step) == "InvalidProgramId"


@pytest.mark.parametrize(
    ("name", "place", "kind"), only(kinds=("market", "job", "run", "stake", "pool", "token", "mint"))
)
def test_a_typed_account_must_exist(stage: Stage, name: str, place: int, kind: str) -> None:
    step = changed(Scenes(stage).play(name), place, to=stage.key())
    assert stage.name_of_failure(step) == "AccountNotInitialized"


@pytest.mark.parametrize(
    ("name", "place", "kind"), only(kinds=("market", "job", "run", "stake", "pool", "token", "mint"))
)
def test_a_typed_account_must_belong_to_its_program(stage: Stage, name: str, place: int, kind: str) -> None:
    step = changed(Scenes(stage).play(name), place, to=stage.frida)
    assert stage.name_of_failure(step) == "AccountOwnedByWrongProgram"


@pytest.mark.parametrize(("name", "place", "kind"), only(kinds=("market", "job", "run")))
def test_an_account_of_another_kind_is_told_apart(stage: Stage, name: str, place: int, kind: str) -> None:
    scenes = Scenes(stage)
    step = scenes.play(name)
    other = stage.market() if kind != "market" else stage.list(stage.market())
    assert stage.name_of_failure(changed(step, place, to=other)) == "AccountDiscriminatorMismatch"


@pytest.mark.parametrize(("name", "place", "kind"), only(kinds=("token",)))
def test_a_token_account_is_no_mint(stage: Stage, name: str, place: int, kind: str) -> None:
    step = changed(Scenes(stage).play(name), place, to=stage.cluster.mint)
    assert stage.name_of_failure(step) == "AccountDidNotDeserialize"


def test_a_mint_is_no_token_account(stage: Stage) -> None:
    step = changed(Scenes(stage).play("open"), 0, to=stage.vault(stage.market()))
    assert stage.name_of_failure(step) == "AccountDidNotDeserialize"


def test_the_rent_sysvar_must_be_the_rent_sysvar(stage: Stage) -> None:
    step = changed(Scenes(stage).play("open"), 5, to=stage.frida)
    assert stage.name_of_failure(step) == "AccountSysvarMismatch"


@pytest.mark.parametrize(("name", "place", "kind"), only(kinds=("new",)))
def test_an_account_to_be_made_must_not_exist(stage: Stage, name: str, place: int, kind: str) -> None:
    step = changed(Scenes(stage).play(name), place, to=stage.nick)
    assert stage.name_of_failure(step) == "AccountAlreadyInUse"


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [("close", 1, 2), ("list", 3, 4), ("assign", 4, 5), ("delist", 2, 4), ("recover", 2, 3), ("extend", 2, 3)]
    + [("end", 4, 5), ("finish", 3, 5)],
)
def test_the_same_account_may_not_be_written_twice(stage: Stage, name: str, one: int, other: int) -> None:
    step = Scenes(stage).play(name)
    twice = changed(step, other, to=str(step.accounts[one].pubkey))
    assert stage.name_of_failure(twice) == "ConstraintDuplicateMutableAccount"


def test_the_pool_may_not_be_a_stake(stage: Stage) -> None:
    step = Scenes(stage).play("work")
    pool = rewards_reflection(stage.cluster)[0]
    assert stage.name_of_failure(changed(step, 3, to=pool)) == "AccountOwnedByWrongProgram"
