"""What a transaction did with the jobs program: its instructions by name, with the accounts they named."""

from dataclasses import dataclass

from solders.transaction import VersionedTransaction

from nosana.chain.instructions import discriminator

NAMES = (
    "open", "update", "close", "close_admin", "list", "assign", "delist", "recover", "extend", "end", "work", "stop",
    "claim", "complete", "finish", "quit", "quit_admin", "clean", "clean_admin",
)  # fmt: skip
BY_DISCRIMINATOR = {discriminator(name): name for name in NAMES}
# At which place an instruction that makes or ends a run names it (network facts §1.4).
RUN_AT = {"list": 2, "assign": 2, "end": 2, "claim": 1, "finish": 1, "quit": 1}


@dataclass(frozen=True, slots=True)
class ProgramAct:
    """One instruction of the jobs program: its snake case name and the accounts it names, in order."""

    name: str
    accounts: tuple[str, ...]

    @property
    def run(self) -> str:
        """The address of the run it makes or ends, "" where it names none."""
        place = RUN_AT.get(self.name)
        return self.accounts[place] if place is not None and place < len(self.accounts) else ""


def acts_of(transaction: VersionedTransaction, program: str) -> list[ProgramAct]:
    """Return the program's instructions in a transaction, in order; those another program called are not seen."""
    keys = [str(key) for key in transaction.message.account_keys]
    acts = []
    for step in transaction.message.instructions:
        name = BY_DISCRIMINATOR.get(bytes(step.data)[:8])
        if name is None or step.program_id_index >= len(keys) or keys[step.program_id_index] != program:
            continue
        acts.append(ProgramAct(name, tuple(keys[i] for i in bytes(step.accounts) if i < len(keys))))
    return acts
