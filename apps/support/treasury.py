"""How the treasury stands: what backs the credits we owe, whether SOL lasts, and whether we know it at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min

from apps.billing.selectors import credits_owed
from apps.bridge.models import TreasuryReading
from apps.bridge.selectors import lamports_needed, parked, treasury_reading
from apps.core.money import credits_text

OLD = timedelta(minutes=15)
SOL = 1_000_000_000  # lamports


@dataclass(frozen=True)
class Alert:
    """Something a person must see to: its level, told at most once a day, and a sentence."""

    level: str
    sentence: str


@dataclass(frozen=True)
class Standing:
    """The newest reading beside what is owed; micro-NOS and lamports."""

    reading: TreasuryReading | None
    owed_micro: int
    lamports_needed: int
    at: datetime
    parked_attempts: int = 0
    parked_orders: int = 0
    began: datetime | None = None  # told only while there is no reading

    @property
    def backing_micro(self) -> int:
        """The NOS behind the credits: in the treasury, in escrow, and paid to nodes out of credits still held here."""
        read = self.reading
        return read.nos_micro + read.deposits_micro + read.earned_micro if read else 0

    @property
    def percent(self) -> int | None:
        """The backing in whole percent of what is owed, rounded down; None where nothing is owed or known."""
        return self.backing_micro * 100 // self.owed_micro if self.reading and self.owed_micro else None

    @property
    def fresh(self) -> bool:
        """Whether the platform is so young that its first reading is still to come."""
        return self.reading is None and self.began is not None and timedelta(0) <= self.at - self.began <= OLD

    @property
    def alerts(self) -> list[Alert]:
        """What a person must see to now."""
        return [*self._of_money(), *self._of_parked()]

    def _of_parked(self) -> list[Alert]:
        counts = (self.parked_attempts, "try of a job", "tries of jobs"), (self.parked_orders, "order", "orders")
        waiting = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
        if not waiting:
            return []
        verb = "waits" if self.parked_attempts + self.parked_orders == 1 else "wait"
        where = "Attempts and Orders of the admin site say why and take your decision."
        return [Alert("parked", f"{' and '.join(waiting)} {verb} for a person: {where}")]

    def _of_money(self) -> list[Alert]:
        read = self.reading
        if self.fresh:
            return []
        if read is None or self.at - read.at > OLD:
            since = f"since {read.at:%-d %B %Y %H:%M} UTC" if read else "ever"
            return [
                Alert("unread", f"The treasury was not read {since}: see to the RPC endpoint and the workers.")
            ]
        found = []
        if self.backing_micro < self.owed_micro:
            short = credits_text(self.owed_micro - self.backing_micro)
            sentence = (
                f"Customers own {credits_text(self.owed_micro)} credits, and {short} NOS are missing behind them."
            )
            found.append(Alert("backing", f"{sentence} Send NOS to the treasury, and book it with treasury_fund."))
        if read.lamports < self.lamports_needed:
            has, needs = (f"{lamports / SOL:.3f}" for lamports in (read.lamports, self.lamports_needed))
            found.append(Alert("sol", f"The treasury has {has} SOL, and a day takes {needs}: send SOL to it."))
        return found


def treasury_standing(*, now: datetime) -> Standing:
    """Return how the treasury stands by its newest reading; asks nobody outside."""
    attempts, orders = parked()
    reading = treasury_reading()
    return Standing(
        reading=reading,
        began=None if reading else _began(),
        owed_micro=credits_owed(),
        lamports_needed=lamports_needed(now=now),
        at=now,
        parked_attempts=attempts,
        parked_orders=orders,
    )


def _began() -> datetime | None:
    """Return when this platform's database was made: nothing can have been read before."""
    applied = MigrationRecorder(connection).migration_qs.aggregate(first=Min("applied"))
    first: datetime | None = applied["first"]
    return first
