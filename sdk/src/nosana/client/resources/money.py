"""Balance, lots, holds, transfers, usage and limits. Credits are whole micro-NOS (1 credit = 1,000,000)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from nosana.client.modes import M, act
from nosana.client.resources.base import Resource, Spanned, given
from nosana.client.waiting import part

if TYPE_CHECKING:
    from nosana.client.models import (
        Balance,
        BalanceAlert,
        Budget,
        Cap,
        Hold,
        LimitSet,
        Lot,
        Transfer,  # noqa: F401 - named in quotes below, where the class is made
        Usage,
    )
    from nosana.client.pages import Pages


class Credits(Resource[M]):
    """What the organisation has, and what changed it: `client.balance`."""

    @act
    async def get(self) -> Balance:
        """Return the credits to spend, held for jobs and frozen, micro-NOS."""
        return await self._get("Balance", "balance")

    @act
    async def move(
        self,
        micro: int,
        *,
        source: str | None = None,
        target: str | None = None,
        organisation: str | None = None,
        idempotency_key: str | None = None,
    ) -> Balance:
        """Move micro-NOS from the pot of a project (slug) to another's; left out is what is in no pot.

        With `organisation` (slug) paid credits move there, to its project `target` or to no pot; both must have the
        same owner, and it takes a person's sign-in, because a key belongs to one organisation. Returns the balance that
        was left. Raises Conflict, Denied and NotFound.
        """
        body = given(micro=micro, source=source, target=target, organisation=organisation)
        return await self._post("Balance", "credit-moves", body, idempotency_key)

    @act
    async def alert(self) -> BalanceAlert:
        """Return when low-balance mails go, and to whom."""
        return await self._get("BalanceAlert", "balance-alert")

    @act
    async def set_alert(
        self, *, below_micro: int | None = None, hours: int | None = None, addresses: Sequence[str] = ()
    ) -> BalanceAlert:
        """Warn below so many micro-NOS, or when the balance lasts for less than `hours`; None: never.

        Without addresses the finance address is told. Each warning goes once, until the balance is well again.
        """
        body = {"below_micro": below_micro, "hours": hours, "addresses": [*addresses]}
        return await self._send("BalanceAlert", "PUT", "balance-alert", body)


class Lots(Resource[M]):
    """Credits that came together."""

    def list(self, *, live: bool | None = None, limit: int | None = None) -> Pages[M, Lot]:
        """Return the lots, newest first; with `live` only those with credits left."""
        return self._pages("Lot", "lots", live=live, limit=limit)


class Vouchers(Resource[M]):
    """Codes that give credits, once."""

    @act
    async def redeem(self, code: str, *, idempotency_key: str | None = None) -> Lot:
        """Redeem one and return the lot it brought. Raises Invalid and Conflict."""
        return await self._post("Lot", "vouchers", {"code": code}, idempotency_key)


class Holds(Resource[M]):
    """Credits reserved for jobs."""

    def list(self, *, state: str | None = None, limit: int | None = None) -> Pages[M, Hold]:
        """Return the holds, newest first; `state` is open, settled or released."""
        return self._pages("Hold", "holds", state=state, limit=limit)


class Transfers(Spanned[M, "Transfer"]):
    """What changed the credits."""

    place, model = "transfers", "Transfer"

    @act
    async def proof(self, *, since: date | None = None, until: date | None = None) -> bytes:
        """Return the file that proves the entries of closed days (UTC), both days included, against the digests."""
        return await self._core.content("ledger-proof", query={"since": since, "until": until})


class UsageReports(Resource[M]):
    """What settled jobs used."""

    @act
    async def get(self, *, by: str = "day", since: date | None = None, until: date | None = None) -> Usage:
        """Return it added up by day, project, member, key, market, template, label or job.

        Both days are included, in the organisation's time zone.
        Left out, `until` is today and `since` the first of its month. Raises Invalid.
        """
        return await self._get("Usage", "usage", by=by, since=since, until=until)

    @act
    async def csv(self, *, since: date | None = None, until: date | None = None) -> bytes:
        """Return every settled line as CSV, oldest first."""
        return await self._core.content("usage.csv", query={"since": since, "until": until})


class Caps(Resource[M]):
    """Limits that are never passed."""

    def list(self) -> Pages[M, Cap]:
        """Return those the caller may see, broadest first, with what is left of each."""
        return self._items("Cap", "caps")

    @act
    async def set(
        self, *, level: str, period: str, limit_micro: int, subject: str = "", reason: str = ""
    ) -> LimitSet:
        """Set one, micro-NOS a `period` (day, week, month, lifetime, job).

        `level` is organisation, project, member, key or topup; `subject` is the id of the project, person or key. A
        raise may have to wait for an `approval`.
        """
        body = {"level": level, "subject": subject, "period": period, "limit_micro": limit_micro, "reason": reason}
        return await self._send("LimitSet", "PUT", "caps", body)

    @act
    async def remove(self, cap_id: str) -> LimitSet | None:
        """Remove one; where that waits for an approval, return it."""
        return await self._send("LimitSet", "DELETE", part("caps", cap_id))


class Budgets(Resource[M]):
    """Limits that warn."""

    def list(self) -> Pages[M, Budget]:
        """Return them, broadest first, with what is left of each."""
        return self._items("Budget", "budgets")

    @act
    async def set(
        self,
        *,
        level: str,
        period: str,
        limit_micro: int,
        people: Sequence[str],
        subject: str = "",
        marks: Sequence[int] = (50, 80, 100),
        forecast: bool = True,
    ) -> LimitSet:
        """Set one, micro-NOS a `period` (day, week, month); `people` are told at each of `marks` percent."""
        body = {"level": level, "subject": subject, "period": period, "limit_micro": limit_micro}
        body |= {"people": [*people], "marks": [*marks], "forecast": forecast}
        return await self._send("LimitSet", "PUT", "budgets", body)

    @act
    async def remove(self, budget_id: str) -> None:
        """Remove one."""
        await self._send(None, "DELETE", part("budgets", budget_id))
