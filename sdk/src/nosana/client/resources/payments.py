"""Prices, top-ups, what goes back of them, and cards. Money is whole minor units (cents), before VAT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nosana.client.modes import M, act
from nosana.client.resources.base import Resource, Stated, given
from nosana.client.waiting import part, until

if TYPE_CHECKING:
    from nosana.client.models import (
        Asked,
        AutomaticTopUp,
        Card,
        Quote,
        Refund,  # noqa: F401 - named in quotes below, where the class is made
        TopUp,
    )
    from nosana.client.pages import Pages


class Quotes(Resource[M]):
    """Prices of credits."""

    @act
    async def create(self, *, currency: str, net_minor: int, idempotency_key: str | None = None) -> Quote:
        """Lock rate, VAT and credits for an amount before VAT."""
        body = {"currency": currency, "net_minor": net_minor}
        return await self._post("Quote", "quotes", body, idempotency_key)


class TopUps(Stated[M, "TopUp"]):
    """Card payments that become credits."""

    place, model = "top-ups", "TopUp"

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


class Refunds(Stated[M, "Refund"]):
    """Money of top-ups that goes back."""

    place, model = "refunds", "Refund"


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
