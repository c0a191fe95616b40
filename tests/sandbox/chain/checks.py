"""Every check of every instruction as a case: what to break, and the error and account that must be named."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nosana.chain import JobAccount, MarketAccount, ReflectionAccount, RunAccount, StakeAccount, ata
from nosana.chain import instructions as ix
from solders.account import Account
from solders.instruction import Instruction
from solders.pubkey import Pubkey

from tests.sandbox.chain.scenes import ACTS, WITH_ARGUMENTS, Place, Scenes, places
from tests.sandbox.chain.stage import Stage, changed

TYPED = {
    "market": MarketAccount, "job": JobAccount, "run": RunAccount, "stake": StakeAccount, "pool": ReflectionAccount,
}  # fmt: skip
Break = Callable[[Scenes], Instruction]


@dataclass(frozen=True, slots=True)
class Case:
    """One check: `account` is the name the log gives with the error, "" when it names none."""

    act: str
    error: str
    account: str
    title: str
    make: Break

    def __str__(self) -> str:
        return f"{self.act}-{self.account}-{self.error}-{self.title}".replace(" ", "_")


def swapped(place: Place, what: str) -> Break:
    """Return a breaker that puts a real account that is the wrong one in a place."""

    def make(scenes: Scenes) -> Instruction:
        step = scenes.play(place.act)
        node = scenes.stage.nick if place.act == "claim" else scenes.stage.nora
        return changed(step, place.number, to=stand_in(scenes.stage, what, node))

    return make


def flagged(place: Place, **flags: bool) -> Break:
    """Return a breaker that takes a right from an account."""
    return lambda scenes: changed(scenes.play(place.act), place.number, **flags)


def forged(place: Place, data: Callable[[bytes], bytes]) -> Break:
    """Return a breaker that puts a copy of the account with other bytes in its place."""

    def make(scenes: Scenes) -> Instruction:
        step, bank = scenes.play(place.act), scenes.stage.bank
        real, address = bank.get(step.accounts[place.number].pubkey), scenes.stage.key()
        assert real is not None
        copy = Account(real.lamports, data(real.data), real.owner)
        bank.fabricate(Pubkey.from_string(address), copy)
        return changed(step, place.number, to=address)

    return make


def shortened(act: str, *, accounts: int = 0, data: int = 0) -> Break:
    """Return a breaker that leaves accounts or argument bytes away."""

    def make(scenes: Scenes) -> Instruction:
        step = scenes.play(act)
        raw, metas = bytes(step.data), list(step.accounts)
        return Instruction(step.program_id, raw[: len(raw) - data], metas[: len(metas) - accounts])

    return make


def generic() -> Iterator[Case]:
    """Yield what Anchor checks by itself: rights, kinds, owners, programs, arguments, duplicates."""
    for act in ACTS:
        all_places = places(act)
        yield Case(act, "AccountNotEnoughKeys", all_places[-1].name, "one less", shortened(act, accounts=1))
        if act in WITH_ARGUMENTS:
            yield Case(act, "InstructionDidNotDeserialize", "", "one byte less", shortened(act, data=1))
        for place in all_places:
            yield from _rights(place)
            yield from _kinds(place)
        yield from _twice(act, [place for place in all_places if (place.kind, place.flags) == ("token", "w")])


def _rights(place: Place) -> Iterator[Case]:
    if "w" in place.flags:
        yield Case(place.act, "ConstraintMut", place.name, "read only", flagged(place, writable=False))
    if "s" in place.flags and place.kind == "new":
        yield Case(place.act, "MissingRequiredSignature", "", place.name, flagged(place, signer=False))
        yield Case(place.act, "AccountAlreadyInUse", "", place.name, swapped(place, "stranger"))
    elif "s" in place.flags:
        error = "MissingSignature" if place.kind == "free" else "AccountNotSigner"
        yield Case(place.act, error, place.name, "unsigned", flagged(place, signer=False))


def _kinds(place: Place) -> Iterator[Case]:
    act, name = place.act, place.name
    if place.kind == "program":
        yield Case(act, "InvalidProgramId", name, "another", swapped(place, "stranger"))
    if place.kind == "rent":
        yield Case(act, "AccountSysvarMismatch", name, "another", swapped(place, "stranger"))
    if place.kind in (*TYPED, "token", "mint"):
        yield Case(act, "AccountNotInitialized", name, "none", swapped(place, "nothing"))
        yield Case(act, "AccountOwnedByWrongProgram", name, "stranger", swapped(place, "stranger"))
    if place.kind in ("token", "mint"):
        yield Case(act, "AccountDidNotDeserialize", name, "other size", forged(place, lambda data: data[:-1]))
        empty = forged(place, lambda data: bytes(len(data)))
        yield Case(act, "AccountDidNotDeserialize", name, "not initialised", empty)
    if place.kind in TYPED:
        other = forged(place, lambda data: b"another." + data[8:])
        yield Case(act, "AccountDiscriminatorMismatch", name, "another kind", other)
        yield Case(act, "AccountDiscriminatorNotFound", name, "too short", forged(place, lambda data: data[:7]))
        yield Case(act, "AccountDidNotDeserialize", name, "cut off", forged(place, lambda data: data[:20]))


def _twice(act: str, tokens: list[Place]) -> Iterator[Case]:
    # `deposit` of end and finish is marked `dup`: it may be the same as another
    tokens = [place for place in tokens if not (act in ("end", "finish") and place.name == "deposit")]
    for one, other in zip(tokens, tokens[1:], strict=False):

        def make(scenes: Scenes, one: Place = one, other: Place = other) -> Instruction:
            step = scenes.play(act)
            return changed(step, other.number, to=str(step.accounts[one.number].pubkey))

        yield Case(act, "ConstraintDuplicateMutableAccount", other.name, f"as {one.name}", make)


SWAPS: list[tuple[str, str, str, str, str]] = [
    # instruction, place, what is put there, the error, the account it names
    ("open", "vault", "stranger", "ConstraintSeeds", "vault"),
    ("open", "mint", "other mint", "InvalidMint", "mint"),
    ("update", "authority", "stranger", "Unauthorized", "market"),
    ("close", "vault", "other vault", "InvalidVault", "market"),
    ("close", "authority", "stranger", "Unauthorized", "market"),
    ("close_admin", "vault", "other vault", "InvalidVault", "market"),
    ("close_admin", "authority", "stranger", "Unauthorized", "authority"),
    ("list", "run", "stranger", "LamportsNonNull", "run"),
    ("list", "user", "stranger's NOS", "InvalidATA", "user"),
    ("list", "vault", "other vault", "InvalidVault", "market"),
    ("assign", "run", "stranger", "LamportsNonNull", "run"),
    ("assign", "node", "stranger", "NotInMarketQueue", ""),
    ("assign", "user", "stranger's NOS", "InvalidATA", "user"),
    ("assign", "vault", "other vault", "InvalidVault", "market"),
    ("delist", "market", "other market", "InvalidMarketAccount", "job"),
    ("delist", "deposit", "stranger's NOS", "InvalidATA", "deposit"),
    ("delist", "payer", "stranger", "InvalidPayer", "job"),
    ("delist", "vault", "other vault", "InvalidVault", "market"),
    ("delist", "authority", "stranger", "Unauthorized", "job"),
    ("recover", "market", "other market", "InvalidMarketAccount", "job"),
    ("recover", "vault", "other vault", "InvalidVault", "market"),
    ("recover", "payer", "stranger", "InvalidPayer", "job"),
    ("recover", "authority", "stranger", "Unauthorized", "job"),
    ("extend", "market", "other market", "InvalidMarketAccount", "job"),
    ("extend", "user", "stranger's NOS", "InvalidATA", "user"),
    ("extend", "vault", "other vault", "InvalidVault", "market"),
    ("extend", "authority", "stranger", "Unauthorized", "job"),
    ("extend", "payer", "stranger", "Unauthorized", "job"),
    ("end", "market", "other market", "InvalidMarketAccount", "job"),
    ("end", "run", "other run", "InvalidJobAccount", "run"),
    ("end", "deposit", "stranger's NOS", "InvalidATA", "deposit"),
    ("end", "user", "stranger's NOS", "InvalidATA", "user"),
    ("end", "vault", "other vault", "InvalidVault", "market"),
    ("end", "payer", "stranger", "InvalidPayer", "run"),
    ("end", "authority", "stranger", "Unauthorized", "job"),
    ("work", "run", "stranger", "LamportsNonNull", "run"),
    ("work", "stake", "other stake", "Unauthorized", "stake"),
    ("work", "stake", "forged stake", "InvalidStakeAccount", "stake"),
    ("stop", "authority", "stranger", "Unauthorized", "node"),
    ("claim", "market", "other market", "InvalidMarketAccount", "job"),
    ("claim", "stake", "other stake", "Unauthorized", "stake"),
    ("claim", "stake", "forged stake", "InvalidStakeAccount", "stake"),
    ("complete", "authority", "stranger", "Unauthorized", "job"),
    ("finish", "run", "other run", "InvalidJobAccount", "run"),
    ("finish", "market", "other market", "InvalidMarketAccount", "job"),
    ("finish", "vault", "other vault", "InvalidVault", "market"),
    ("finish", "deposit", "stranger's NOS", "InvalidATA", "deposit"),
    ("finish", "user", "other token", "InvalidATA", "user"),
    ("finish", "payer_run", "stranger", "InvalidPayer", "run"),
    ("finish", "payer_job", "stranger", "InvalidPayer", "job"),
    ("finish", "authority", "stranger", "Unauthorized", "run"),
    ("quit", "run", "other run", "InvalidJobAccount", "run"),
    ("quit", "payer", "stranger", "InvalidPayer", "run"),
    ("quit", "authority", "stranger", "Unauthorized", "run"),
    ("quit_admin", "payer", "stranger", "InvalidPayer", "run"),
    ("quit_admin", "authority", "stranger", "Unauthorized", "authority"),
    ("clean", "payer", "stranger", "InvalidPayer", "job"),
    ("clean_admin", "payer", "stranger", "InvalidPayer", "job"),
    ("clean_admin", "authority", "stranger", "Unauthorized", "authority"),
    ("staking.stake", "mint", "other mint", "InvalidMint", "mint"),
    ("staking.stake", "vault", "stranger", "ConstraintSeeds", "vault"),
    ("staking.stake", "stake", "stranger", "ConstraintSeeds", "stake"),
    ("staking.topup", "vault", "other vault", "InvalidVault", "vault"),
    ("staking.topup", "stake", "twin stake", "Unauthorized", "stake"),
    ("staking.extend", "stake", "other stake", "Unauthorized", "stake"),
    ("staking.unstake", "stake", "other stake", "Unauthorized", "stake"),
    ("staking.unstake", "reward", "nothing", "InvalidAccount", "reward"),
    ("staking.unstake", "reward", "stranger", "HasReward", "reward"),
    ("rewards.add_fee", "vault", "other vault", "InvalidVault", "reflection"),
]


def swaps() -> Iterator[Case]:
    """Yield what the program asks of the relation between accounts."""
    for act, name, what, error, account in SWAPS:
        place = next(place for place in places(act) if place.name == name)
        yield Case(act, error, account, f"{name} is {what}", swapped(place, what))


def stand_in(stage: Stage, what: str, node: str) -> str:
    """Return the address of a real account that is the wrong one."""
    made: dict[str, Callable[[], str]] = {
        "nothing": stage.key,
        "stranger": lambda: stage.person(nos=1),
        "stranger's NOS": lambda: ata(stage.person(nos=1), stage.cluster.mint),
        "other market": stage.market,
        "other mint": lambda: copied(stage, stage.cluster.mint),
        "other token": lambda: stage.access_key(stage.nora, stage.key())[0],
        "other vault": lambda: stage.vault(stage.market()),
        "other stake": lambda: stage.stake_of(stage.person(stake=5)),
        "forged stake": lambda: copied(stage, stage.stake_of(node)),
        "twin stake": lambda: twin_stake(stage, node),
        "other run": lambda: stage.running(stage.market())[1],
    }
    return made[what]()


def copied(stage: Stage, address: str) -> str:
    """Return another address that holds the same."""
    other = stage.key()
    stage.bank.fabricate(Pubkey.from_string(other), stage.bank.get(Pubkey.from_string(address)))
    return other


def twin_stake(stage: Stage, node: str) -> str:
    """Return a stake of somebody else that names the node's vault, as none can be made."""
    other = Pubkey.from_string(stage.stake_of(stage.person(stake=5)))
    held, own = stage.bank.get(other), stage.bank.get(Pubkey.from_string(stage.stake_of(node)))
    assert held is not None
    assert own is not None
    vault = slice(64, 96)
    data = held.data[: vault.start] + own.data[vault] + held.data[vault.stop :]
    stage.bank.fabricate(other, Account(held.lamports, data, held.owner))
    return str(other)


def unknown(scenes: Scenes) -> Instruction:
    """Return an instruction nobody knows."""
    step = scenes.play("quit")
    return Instruction(step.program_id, b"12345678", list(step.accounts))


def discriminators() -> dict[tuple[str, bytes], str]:
    """Return the name by which cases call an instruction, by its program's prefix and first bytes."""
    found = {}
    for act in ACTS:
        prefix, _, name = act.rpartition(".")
        found[prefix, ix.discriminator(name)] = act
    return found
