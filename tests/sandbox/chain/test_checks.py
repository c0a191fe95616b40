"""Every check the programs make, each raised by a case of its own, and in the order Anchor makes them."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from solders.instruction import Instruction

from sandbox.chain.programs import anchor
from sandbox.chain.programs.anchor import ANCHOR, Call, Info
from tests.sandbox.chain import states
from tests.sandbox.chain.checks import Case, discriminators, generic, swaps, unknown
from tests.sandbox.chain.scenes import ACTS, Scenes, places
from tests.sandbox.chain.stage import Refusal, Stage

CASES: list[Case] = [*generic(), *swaps(), *states.CASES]
CASES.append(Case("quit", "InstructionFallbackNotFound", "", "unknown", unknown))
NAMED = re.compile(r"AnchorError (?:caused by account: (\w+)|occurred)\. Error Code: (\w+)\.")
LOADING = range(3000, 4000)
PROGRAMS = Path(anchor.__file__).parent


@pytest.mark.parametrize("act", ACTS)
def test_each_scene_works_as_it_stands(stage: Stage, act: str) -> None:
    step = Scenes(stage).play(act)
    flags = [("w" * meta.is_writable) + ("s" * meta.is_signer) for meta in step.accounts]
    assert flags == [place.flags for place in places(act)]
    assert stage.name_of_failure(step) == ""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_check_raises_its_error(stage: Stage, case: Case) -> None:
    step = case.make(Scenes(stage))
    with pytest.raises(Refusal) as caught:
        stage.run(step)
    assert str(caught.value) == case.error
    named = [found for line in caught.value.logs if (found := NAMED.search(line))]
    assert [(found[1] or "", found[2]) for found in named] == ([(case.account, case.error)] if named else [])
    assert bool(named) == (case.error in ANCHOR or case.error in errors_of(step, stage))


def errors_of(step: Instruction, stage: Stage) -> dict[str, tuple[int, str]]:
    return stage.world.runtime.programs[step.program_id].errors


class Spy:
    """Notes each check that is made: (instruction, error, account), and the line it stands in."""

    def __init__(self, stage: Stage, patch: pytest.MonkeyPatch) -> None:
        cluster = stage.cluster
        prefixes = {cluster.program: "", cluster.staking: "staking", cluster.rewards: "rewards"}
        acts, real = discriminators(), Call.require
        self.made: list[tuple[str, str, str]] = []
        self.lines: set[tuple[str, int]] = set()

        def require(call: Call, holds: bool, name: str, account: Info | None = None) -> None:
            act = acts.get((prefixes[str(call.program)], call.data[:8]), "unknown")
            self.made.append((act, name, account.name if account else ""))
            frame = sys._getframe(1)
            self.lines.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
            real(call, holds, name, account)

        patch.setattr(Call, "require", require)

    def of(self, act: str) -> list[tuple[str, str]]:
        """Return the (error, account) of one instruction's checks, in order."""
        return [(error, account) for other, error, account in self.made if other == act]


def every_scene(stage: Stage, act: str) -> Iterator[Instruction]:
    """Yield valid instructions that pass every check there is."""
    yield Scenes(stage).play(act)
    if act in ("work", "claim"):
        yield Scenes(stage).keyed(act)


@pytest.mark.parametrize("act", ACTS)
def test_no_check_is_without_a_case(stage: Stage, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = list(every_scene(stage, act))
    spy = Spy(stage, monkeypatch)
    for step in steps:
        stage.run(step)
    covered = {(case.error, case.account) for case in CASES if case.act == act}
    # a fixed layout always fits, and so does a queue that does not grow; only a longer queue may not
    fits = {("AccountDidNotSerialize", place.name) for place in places(act) if act not in ("list", "work")}
    fits |= {("AccountDidNotSerialize", name) for name in ("job", "run")}
    missing = {
        check for check in spy.of(act) if check not in covered and check[0] != "InstructionFallbackNotFound"
    }
    assert missing - fits == set()


def test_every_line_that_checks_is_reached(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [step for act in ACTS for step in every_scene(stage, act)]
    spy = Spy(stage, monkeypatch)
    for step in steps:
        stage.name_of_failure(step)
    assert set(checking_lines()) - spy.lines == set()


def checking_lines() -> Iterator[tuple[str, int]]:
    """Yield where the programs' source calls `require`."""
    for path in sorted(PROGRAMS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "require":
                yield path.name, node.lineno


def code_of(error: str) -> int:
    return ANCHOR[error][0] if error in ANCHOR else 6000


@pytest.mark.parametrize("act", ACTS)
def test_accounts_are_read_in_order_then_made_then_constrained_in_order(
    stage: Stage, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = next(every_scene(stage, act))
    spy = Spy(stage, monkeypatch)
    stage.run(step)
    order = {place.name: place.number for place in places(act)}
    made = {place.name for place in places(act) if place.kind == "new"} | (
        {"vault", "stake"} if act in MAKING else set()
    )
    checks = [(code_of(error), account) for error, account in spy.of(act) if account and error not in LATE]
    loaded = [order[account] for code, account in checks if code in LOADING]
    held = [order[account] for code, account in checks if code not in LOADING and account not in made]
    assert loaded == sorted(loaded)
    assert held == sorted(held)
    codes = [code in LOADING for code, _ in checks]
    assert codes == sorted(codes, reverse=True)


MAKING = ("open", "staking.stake")  # they make these at derived addresses
LATE = ("AccountDidNotSerialize", "AccountNotEnoughKeys", "ConstraintDuplicateMutableAccount")
