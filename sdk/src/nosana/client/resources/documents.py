"""Invoices, credit notes, statements, and the VAT id they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nosana.client.modes import M, act
from nosana.client.resources.base import Resource, Spanned
from nosana.client.waiting import part

if TYPE_CHECKING:
    from nosana.client.models import BillingDetails as Details
    from nosana.client.models import CreditNote, Invoice, Statement, VatCheck  # noqa: F401 - named in quotes below, where the class is made


class BillingDetails(Resource[M]):
    """What new invoices say of the organisation; issued ones stay as they are."""

    @act
    async def get(self) -> Details:
        """Return them."""
        return await self._get("BillingDetails", "billing-details")

    @act
    async def update(self, **changes: str) -> Details:
        """Change legal_name, address, country, vat_id, finance_email, po_number or cost_centre. Raises Invalid."""
        return await self._send("BillingDetails", "PATCH", "billing-details", changes)


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


class Printed(Resource[M]):
    """Documents with a number of their own."""

    place: ClassVar[str]

    @act
    async def get(self, number: str) -> dict[str, Any]:
        """Return all that is printed on one. Raises NotFound."""
        return await self._get(None, part(self.place, number))

    @act
    async def pdf(self, number: str) -> bytes:
        """Return its PDF. Raises Conflict while it is being printed."""
        return await self._core.content(part(self.place, number) + ".pdf")

    @act
    async def xml(self, number: str) -> bytes:
        """Return it as UBL, for accounting programs."""
        return await self._core.content(part(self.place, number) + ".xml")


class Invoices(Printed[M], Spanned[M, "Invoice"]):
    """The VAT documents of top-ups."""

    place, model = "invoices", "Invoice"

    @act
    async def send(self, number: str, *, idempotency_key: str | None = None) -> str:
        """Mail it to the finance address, three times a day at most; return that address. Raises Conflict."""
        answer = await self._post(None, part(self.place, number, "send"), None, idempotency_key)
        return str(answer["to"])


class CreditNotes(Printed[M], Spanned[M, "CreditNote"]):
    """What corrects invoices."""

    place, model = "credit-notes", "CreditNote"


class Statements(Spanned[M, "Statement"]):
    """The months that are closed, named like "2026-10"."""

    place, model = "statements", "Statement"

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
