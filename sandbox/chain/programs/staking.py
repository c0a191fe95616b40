"""The staking program, as far as nodes need it: all that changes the weight a market asks for (facts §1.5, §1.12)."""

from collections.abc import Callable
from dataclasses import replace

from nosana.chain import Cluster, addresses
from nosana.chain.accounts import StakeAccount
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM
from solders.token import ID as TOKEN

from sandbox.chain.programs.anchor import Call, Info, Program

DAY = 86_400
MIN_DURATION, MAX_DURATION = 14 * DAY, 365 * DAY
PRECISION = 10**15
XNOS_DIVISOR = 4 * MAX_DURATION // 12
ERRORS: dict[str, tuple[int, str]] = {
    "AmountNotEnough": (6000, "This amount is not enough"),
    "AlreadyUnstaked": (6004, "This stake is already unstaked"),
    "DurationTooShort": (6007, "This stake duration is not long enough"),
    "DurationTooLong": (6008, "This stake duration is too long"),
    "HasReward": (6011, "This stake still has a reward account"),
    "Unauthorized": (6000, "This account is not authorized to perform this action"),
    "InvalidAccount": (6004, "This account is not valid"),
    "InvalidMint": (6006, "This mint is invalid"),
    "InvalidVault": (6007, "This account has an invalid vault"),
}


def xnos(amount: int, duration: int) -> int:
    """Return a stake's weight: the amount times 1 (no time) to 4 (a year)."""
    return (duration * PRECISION // XNOS_DIVISOR + PRECISION) * amount // PRECISION


def staking_program(cluster: Cluster) -> Program:
    """Return the program."""
    staking = Staking(cluster)
    return Program(staking.program, staking.handlers(), ERRORS)


class Staking:
    """Instructions whose authority is the owner of a stake."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.program = Pubkey.from_string(cluster.staking)
        self.mint = Pubkey.from_string(cluster.mint)

    def handlers(self) -> dict[str, Callable[[Call], None]]:
        """Return the instructions by name."""
        return {"stake": self.stake, "topup": self.topup, "extend": self.extend, "unstake": self.unstake}

    def stake(self, call: Call) -> None:
        """Lock tokens for a time; 0 of them is enough for the account that nodes need."""
        amount, duration = call.arguments("QO")
        mint, user, vault, account, authority, system, token, rent = call.accounts(
            "mint", "user", "vault", "stake", "authority", "system_program", "token_program", "rent"
        )
        call.mint_account(mint)
        call.token_account(user)
        call.signer(authority)
        call.program_is(system, SYSTEM)
        call.program_is(token, TOKEN)
        call.rent_sysvar(rent)
        expected, bump = addresses.stake_vault(self.cluster, authority.key)
        call.require(str(vault.key) == expected, "ConstraintSeeds", vault)
        call.mut(vault)
        call.token_account_create(vault, authority, mint.key, vault.key)
        right = str(account.key) == addresses.stake_account(self.cluster, authority.key)
        call.require(right, "ConstraintSeeds", account)
        call.mut(account)
        signed = Info(account.name, account.key, True, True)
        call.create(signed, authority, StakeAccount.SIZE, self.program)
        call.require(mint.key == self.mint, "InvalidMint", mint)
        call.mut(user, authority)
        call.require(duration >= MIN_DURATION, "DurationTooShort")
        call.require(duration <= MAX_DURATION, "DurationTooLong")
        weight = xnos(amount, duration)
        call.store(account, StakeAccount(amount, str(authority.key), duration, 0, expected, bump, weight))
        if amount:
            call.token_transfer(user, vault, authority, amount)

    @staticmethod
    def _own_stake(call: Call, info: Info, stake: StakeAccount, authority: Info) -> None:
        call.mut(info)
        call.require(stake.authority == str(authority.key), "Unauthorized", info)
        call.require(stake.time_unstake == 0, "AlreadyUnstaked", info)

    def topup(self, call: Call) -> None:
        """Add tokens to a stake that runs."""
        (amount,) = call.arguments("Q")
        user, vault, account, authority, token = call.accounts(
            "user", "vault", "stake", "authority", "token_program"
        )
        call.token_account(user)
        call.token_account(vault)
        stake = call.load(account, StakeAccount)
        call.signer(authority)
        call.program_is(token, TOKEN)
        call.distinct(user, vault)
        call.mut(user, vault)
        call.require(stake.vault == str(vault.key), "InvalidVault", vault)
        self._own_stake(call, account, stake, authority)
        call.require(amount > 0, "AmountNotEnough")
        total = stake.amount + amount
        call.store(account, replace(stake, amount=total, xnos=xnos(total, stake.duration)))
        call.token_transfer(user, vault, authority, amount)

    def extend(self, call: Call) -> None:
        """Lock a stake that runs for longer."""
        (added,) = call.arguments("Q")
        account, authority = call.accounts("stake", "authority")
        stake = call.load(account, StakeAccount)
        call.signer(authority)
        self._own_stake(call, account, stake, authority)
        call.require(added > 0, "DurationTooShort")
        duration = stake.duration + added
        call.require(duration <= MAX_DURATION, "DurationTooLong")
        call.store(account, replace(stake, duration=duration, xnos=xnos(stake.amount, duration)))

    def unstake(self, call: Call) -> None:
        """Begin to unlock a stake: it weighs nothing from now on."""
        account, reward, authority = call.accounts("stake", "reward", "authority")
        stake = call.load(account, StakeAccount)
        call.signer(authority)
        self._own_stake(call, account, stake, authority)
        call.require(call.vm.get(reward.key) is None, "HasReward", reward)
        expected = addresses.reward_account(self.cluster, authority.key)
        call.require(str(reward.key) == expected, "InvalidAccount", reward)
        call.store(account, replace(stake, time_unstake=call.vm.time(), xnos=0))
