"""The staking program, as far as nodes need it: `stake` (network facts §1.2, §1.5, §1.12)."""

from nosana.chain import Cluster, addresses
from nosana.chain.accounts import StakeAccount
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.token import ID as TOKEN

from sandbox.chain.programs.anchor import Call, Info, Program
from sandbox.chain.programs.jobs_market import token_account_create

DAY = 86_400
MIN_DURATION, MAX_DURATION = 14 * DAY, 365 * DAY
PRECISION = 10**15
XNOS_DIVISOR = 4 * MAX_DURATION // 12
ERRORS: dict[str, tuple[int, str]] = {
    "DurationTooShort": (6007, "This stake duration is not long enough"),
    "DurationTooLong": (6008, "This stake duration is too long"),
    "InvalidMint": (6006, "This mint is invalid"),
}


def xnos(amount: int, duration: int) -> int:
    """Return a stake's weight: the amount times 1 (no time) to 4 (a year)."""
    return (duration * PRECISION // XNOS_DIVISOR + PRECISION) * amount // PRECISION


def staking_program(cluster: Cluster) -> Program:
    """Return the program."""
    address = Pubkey.from_string(cluster.staking)
    mint_key = Pubkey.from_string(cluster.mint)

    def stake(call: Call) -> None:
        amount, duration = call.arguments("QO")
        mint, user, vault, account, authority, system, token, _rent = call.accounts(
            "mint", "user", "vault", "stake", "authority", "system_program", "token_program", "rent"
        )
        call.token_account(user)
        call.signer(authority)
        call.program_is(system, SYSTEM)
        call.program_is(token, TOKEN)
        expected, bump = addresses.stake_vault(cluster, authority.key)
        call.require(str(vault.key) == expected, "ConstraintSeeds", vault)
        call.mut(vault)
        token_account_create(call, vault, authority, mint_key, vault.key)
        right = str(account.key) == addresses.stake_account(cluster, authority.key)
        call.require(right, "ConstraintSeeds", account)
        call.mut(account)
        signed = Info(account.name, account.key, True, True)
        call.create(signed, authority, StakeAccount.SIZE, address)
        call.require(mint.key == mint_key, "InvalidMint", mint)
        call.mut(user, authority)
        call.require(duration >= MIN_DURATION, "DurationTooShort")
        call.require(duration <= MAX_DURATION, "DurationTooLong")
        weight = xnos(amount, duration)
        call.store(account, StakeAccount(amount, str(authority.key), duration, 0, expected, bump, weight))
        if amount:
            call.token_transfer(user, vault, authority, amount)

    return Program(address, {"stake": stake}, ERRORS)
