"""The rewards program, as far as jobs need it: `add_fee`, which takes the network fee (network facts §1.8, §1.12)."""

from dataclasses import replace

from nosana.chain import Cluster
from nosana.chain.accounts import ReflectionAccount
from solders.pubkey import Pubkey
from solders.token import ID as TOKEN

from sandbox.chain.programs.anchor import Call, Program

ERRORS: dict[str, tuple[int, str]] = {"InvalidVault": (6007, "This account has an invalid vault")}


def rewards_program(cluster: Cluster) -> Program:
    """Return the program."""

    def add_fee(call: Call) -> None:
        (amount,) = call.arguments("Q")
        user, reflection, vault, authority, token = call.accounts(
            "user", "reflection", "vault", "authority", "token_program"
        )
        call.token_account(user)
        pool = call.load(reflection, ReflectionAccount)
        call.token_account(vault)
        call.signer(authority)
        call.program_is(token, TOKEN)
        call.distinct(user, vault)
        call.mut(user, reflection)
        call.require(pool.vault == str(vault.key), "InvalidVault", reflection)
        call.mut(vault)
        call.store(reflection, replace(pool, total_xnos=pool.total_xnos + amount))
        call.token_transfer(user, vault, authority, amount)

    return Program(Pubkey.from_string(cluster.rewards), {"add_fee": add_fee}, ERRORS)
