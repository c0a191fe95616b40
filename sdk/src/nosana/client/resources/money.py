"""Balance, lots, holds, transfers, usage, limits, payments and documents.

Credits are whole micro-NOS (1 credit = 1,000,000), money is whole minor units (cents) of its currency, before VAT where
an amount is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from nosana.client.modes import M, act
from nosana.client.resources.base import Resource, given
from nosana.client.waiting import part, until

if TYPE_CHECKING:
    from nosana.client.models import (
        Asked,
        AutomaticTopUp,
        Balance,
        BalanceAlert,
        Budget,
        Cap,
        Card,
        CreditNote,
        Hold,
        Invoice,
        LimitSet,
        Lot,
        Quote,
        Refund,
        Statement,
        TopUp,
        Transfer,
        Usage,
        VatCheck,
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
        idempotency_key: str | None = None,
    ) -> Balance:
        """Move micro-NOS from the pot of a project (slug) to another's; left out is what is in no pot.

        Raises NotEnoughCredits and Invalid.
        """
        body = given(micro=micro, source=source, target=target)
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


class Transfers(Resource[M]):
    """What changed the credits."""

    def list(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> Pages[M, Transfer]:
        """Return every change, newest first; of a span of time (`until` left out of it)."""
        return self._pages("Transfer", "transfers", since=since, until=until, limit=limit)


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


class Quotes(Resource[M]):
    """Prices of credits."""

    @act
    async def create(self, *, currency: str, net_minor: int, idempotency_key: str | None = None) -> Quote:
        """Lock rate, VAT and credits for an amount before VAT."""
        body = {"currency": currency, "net_minor": net_minor}
        return await self._post("Quote", "quotes", body, idempotency_key)


class TopUps(Resource[M]):
    """Card payments that become credits."""

    def list(
        self,
        *,
        state: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Pages[M, TopUp]:
        """Return them, newest first; of one state, or begun in a span of time (`until` left out of it)."""
        return self._pages("TopUp", "top-ups", state=state, since=since, until=until, limit=limit)

    @act
    async def get(self, topup_id: str) -> TopUp:
        """Return one. Raises NotFound."""
        return await self._get("TopUp", part("top-ups", topup_id))

    @act
    async def create(
        self, *, currency: str, amount_minor: int, keep_card: bool = False, idempotency_key: str | None = None
    ) -> TopUp:
        """Lock a price for an amount before VAT; a person pays it at `checkout_url`."""
        body = {"currency": currency, "amount_minor": amount_minor, "keep_card": keep_card}
        return await self._post("TopUp", "top-ups", body, idempotency_key)

    @act
    async def refund(self, topup_id: str, *, reason: str, idempotency_key: str | None = None) -> Asked:
        """Ask for all that is unspent of it, at the price it was bought at; it is decided within 14 days."""
        path = part("top-ups", topup_id, "refund")
        return await self._post("Asked", path, {"reason": reason}, idempotency_key)

    @act
    async def wait(self, topup_id: str, *, timeout: float | None = 1800) -> TopUp:
        """Return the top-up once it is paid, or can no longer be. Raises WaitTimeout after `timeout` seconds."""
        path = part("top-ups", topup_id)
        found = await until(
            self._core,
            lambda: self._get(None, path),
            lambda topup: topup["state"] in ("paid", "failed", "expired", "cancelled"),
            timeout=timeout,
            sentence=lambda topup: f"Top-up {topup_id} is {topup['state']}; it can still be paid.",
        )
        return self._core.read("TopUp", found)


class Refunds(Resource[M]):
    """Money of top-ups that goes back."""

    def list(
        self,
        *,
        state: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Pages[M, Refund]:
        """Return them, newest first; of one state, or begun in a span of time (`until` left out of it)."""
        return self._pages("Refund", "refunds", state=state, since=since, until=until, limit=limit)


class VatChecks(Resource[M]):
    """What VIES says of the organisation's VAT id."""

    @act
    async def get(self) -> VatCheck:
        """Return the newest question and its answer; `state` is "none" where nothing was asked."""
        return await self._get("VatCheck", "vat-check")

    @act
    async def ask(self, *, idempotency_key: str | None = None) -> VatCheck:
        """Ask again; the answer comes later. `state` is "none" without a VAT id of an EU country."""
        return await self._post("VatCheck", "vat-check", None, idempotency_key)


class Cards(Resource[M]):
    """The cards the organisation keeps."""

    def list(self, *, limit: int | None = None) -> Pages[M, Card]:
        """Return them, newest first."""
        return self._pages("Card", "cards", limit=limit)

    @act
    async def make_default(self, card_id: str) -> Card:
        """Make it the default; a repeat changes nothing."""
        return await self._post("Card", part("cards", card_id, "default"))

    @act
    async def remove(self, card_id: str) -> None:
        """Charge nothing to it any more; a repeat changes nothing."""
        await self._post(None, part("cards", card_id, "remove"))


class AutomaticTopUps(Resource[M]):
    """The rule for automatic top-ups."""

    @act
    async def get(self) -> AutomaticTopUp:
        """Return it, with what it charged this month. Raises NotFound while it was never set."""
        return await self._get("AutomaticTopUp", "automatic-top-up")

    @act
    async def set(
        self,
        *,
        on: bool,
        mode: str,
        currency: str,
        month_cap_minor: int,
        below_micro: int | None = None,
        amount_minor: int | None = None,
        days: int | None = None,
        card: str | None = None,
    ) -> AutomaticTopUp:
        """Make it say this. Mode threshold takes `below_micro` and `amount_minor`, mode forecast takes `days`."""
        body = given(on=on, mode=mode, currency=currency, month_cap_minor=month_cap_minor, card=card)
        body |= given(below_micro=below_micro, amount_minor=amount_minor, days=days)
        return await self._send("AutomaticTopUp", "PUT", "automatic-top-up", body)


class Invoices(Resource[M]):
    """The VAT documents of top-ups."""

    def list(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> Pages[M, Invoice]:
        """Return them, newest first; of a span of time (`until` left out of it)."""
        return self._pages("Invoice", "invoices", since=since, until=until, limit=limit)

    @act
    async def get(self, number: str) -> dict[str, Any]:
        """Return all that is printed on one. Raises NotFound."""
        return await self._get(None, part("invoices", number))

    @act
    async def pdf(self, number: str) -> bytes:
        """Return its PDF. Raises Conflict while it is being printed."""
        return await self._core.content(part("invoices", number) + ".pdf")

    @act
    async def xml(self, number: str) -> bytes:
        """Return it as UBL, for accounting programs."""
        return await self._core.content(part("invoices", number) + ".xml")

    @act
    async def send(self, number: str, *, idempotency_key: str | None = None) -> str:
        """Mail it to the finance address, three times a day at most; return that address. Raises Conflict."""
        answer = await self._post(None, part("invoices", number, "send"), None, idempotency_key)
        return str(answer["to"])


class CreditNotes(Resource[M]):
    """What corrects invoices."""

    def list(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> Pages[M, CreditNote]:
        """Return them, newest first; of a span of time (`until` left out of it)."""
        return self._pages("CreditNote", "credit-notes", since=since, until=until, limit=limit)

    @act
    async def get(self, number: str) -> dict[str, Any]:
        """Return all that is printed on one. Raises NotFound."""
        return await self._get(None, part("credit-notes", number))

    @act
    async def pdf(self, number: str) -> bytes:
        """Return its PDF. Raises Conflict while it is being printed."""
        return await self._core.content(part("credit-notes", number) + ".pdf")

    @act
    async def xml(self, number: str) -> bytes:
        """Return it as UBL, for accounting programs."""
        return await self._core.content(part("credit-notes", number) + ".xml")


class Statements(Resource[M]):
    """The months that are closed, named like "2026-10"."""

    def list(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int | None = None
    ) -> Pages[M, Statement]:
        """Return them, newest first; of a span of time (`until` left out of it)."""
        return self._pages("Statement", "statements", since=since, until=until, limit=limit)

    @act
    async def get(self, month: str) -> Statement:
        """Return one with its figures and sums. Raises NotFound."""
        return await self._get("Statement", part("statements", month))

    @act
    async def pdf(self, month: str) -> bytes:
        """Return its PDF."""
        return await self._core.content(part("statements", month) + ".pdf")

    @act
    async def csv(self, month: str) -> bytes:
        """Return all its lines as CSV."""
        return await self._core.content(part("statements", month) + ".csv")
