"""Credits, limits, payments and documents. Credits are whole micro-NOS, money is whole minor units (cents)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from nosana.client.models.base import Model


class Balance(Model):
    """The credits of an organisation, micro-NOS: to spend, held for jobs, frozen by a dispute."""

    available_micro: int
    held_micro: int
    frozen_micro: int


class BalanceAlert(Model):
    """When low-balance mails go: below so many micro-NOS, or when the balance lasts for less than `hours`."""

    below_micro: int | None
    hours: int | None
    addresses: list[str]


class Refund(Model):
    """Money of a top-up that goes back, minor units with VAT; `failure` says why it did not."""

    id: str
    topup: str
    kind: str
    state: str
    gross_minor: int
    currency: str
    created_at: datetime
    ended_at: datetime | None
    failure: str


class BillingDetails(Model):
    """What new invoices say of the organisation."""

    legal_name: str
    address: str
    country: str
    vat_id: str
    finance_email: str
    po_number: str
    cost_centre: str


class VatCheck(Model):
    """What VIES says of a VAT id: waiting, valid, invalid or none; `name` is as the tax office has it."""

    vat_id: str | None
    state: str
    name: str | None


class Lot(Model):
    """Credits that came together, micro-NOS; `net_minor` and `vat_minor` are what was paid for them, in `currency`."""

    id: str
    kind: str
    project: str | None
    project_slug: str | None = None
    granted_micro: int
    remaining_micro: int
    currency: str
    net_minor: int | None
    vat_minor: int | None
    topup_id: str | None
    expires_at: datetime | None
    created_at: datetime


class Hold(Model):
    """Credits reserved for a try of a job, micro-NOS: `amount_micro` is the most it can cost."""

    id: str
    source: str
    label: str
    project: str | None
    project_slug: str | None = None
    api_key: str | None
    network_micro: int
    network_fee_micro: int
    platform_fee_micro: int
    amount_micro: int
    state: str
    placed_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None


class Transfer(Model):
    """A change of the credits to spend, micro-NOS, with the sentence that says why."""

    id: int
    at: datetime
    kind: str
    sentence: str
    amount_micro: int
    source: str


class UsageRow(Model):
    """What one day, project, person, market … used: records, seconds, micro-NOS."""

    name: str
    records: int
    seconds: int
    amount_micro: int


class Usage(Model):
    """What was settled in [`since`, `until`), added up by `by`; `cut` says that only the first 1,000 rows are here."""

    by: str
    since: datetime
    until: datetime
    items: list[UsageRow]
    cut: bool


class Limit(Model):
    """A cap or a budget with its present window, micro-NOS; None where it counts nothing."""

    id: str
    level: str
    subject: str | None
    name: str
    period: str
    limit_micro: int
    used_micro: int | None
    left_micro: int | None
    resets_at: datetime | None


class Cap(Limit):
    """A limit that is never passed."""


class Budget(Limit):
    """A limit that warns `people` at `marks` percent, and when the `forecast` passes it."""

    marks: list[int]
    forecast: bool
    people: list[str]


class LimitSet(Model):
    """A limit that was set, or the `approval` that it waits for."""

    id: str | None = None
    limit_micro: int | None = None
    approval: str | None = None


class Quote(Model):
    """A price that stands until `expires_at`. Rates are micro-units of the currency for one credit; `_bp` are
    hundredths of a percent.
    """

    id: str
    currency: str
    net_minor: int
    vat_minor: int
    vat_bp: int
    vat_rule: str
    vat_note: str
    total_minor: int
    credits_micro: int
    rate_micro: int
    spread_bp: int
    rate_charged_micro: int
    rate_source: str
    rate_at: datetime
    created_at: datetime
    expires_at: datetime


class TopUp(Model):
    """A card payment that becomes credits; `checkout_url` is where a person pays it, while it waits for that."""

    id: str
    state: str
    reason: str | None
    automatic: bool
    card: str | None
    currency: str
    net_minor: int
    vat_minor: int
    total_minor: int
    credits_micro: int | None
    rate_charged_micro: int | None
    expires_at: datetime | None
    checkout_url: str | None
    created_at: datetime
    paid_at: datetime | None


class Card(Model):
    """A card that is kept at Stripe."""

    id: str
    brand: str
    last4: str
    expires_month: int
    expires_year: int
    country: str
    default: bool
    created_at: datetime


class AutomaticTopUp(Model):
    """The rule for automatic top-ups; `off_reason` says why it was switched off by itself. Money before VAT."""

    on: bool
    mode: str
    below_micro: int | None
    amount_minor: int | None
    days: int | None
    currency: str
    card: str | None
    month_cap_minor: int
    declines: int
    paused_until: datetime | None
    off_reason: str
    updated_at: datetime
    month_charged_minor: int
    month_left_minor: int


class Invoice(Model):
    """An invoice's own figures; `invoices.get` has all that is printed on it."""

    number: str
    issued_at: datetime
    currency: str
    net_minor: int
    vat_minor: int
    total_minor: int


class CreditNote(Invoice):
    """A credit note, and the number of the invoice it corrects."""

    invoice: str


class Statement(Model):
    """A month that is closed, micro-NOS; `data` has its figures and sums where one statement was asked for."""

    month: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    opening_micro: int
    change_micro: int
    closing_micro: int
    lines: int
    closed_at: datetime
    data: dict[str, Any] = Field(default_factory=dict)
