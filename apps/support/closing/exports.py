"""What the accountant takes away: postings, chart of accounts, invoices, and VAT by country and rate, as CSV.

Both go by the books' own time (UTC): a posting's, and of an invoice or credit note that of the posting it came with,
so that the VAT of the report is what the books put on the VAT accounts. Amounts are decimals, as accountants read them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection

from apps.billing import chart
from apps.billing.models import CreditNote, Invoice
from apps.billing.pricing import converted
from apps.billing.selectors.rates import home_rate
from apps.billing.vat import vat_country
from apps.core.csv import csv_lines
from apps.core.money import CURRENCIES
from apps.ledger.models import Entry
from apps.support.closing.steps import bounds

MICRO = 1_000_000
POSTINGS = ("posting", "time_utc", "key", "reason", "account", "currency", "amount", "top_up", "reference")
CHART = ("account", "currency", "what_stands_there", "opening", "change", "closing")
VAT = (
    "country", "rule", "rate_percent", "currency", "documents", "net", "vat",
    "seller_currency", "net_in_seller_currency", "vat_in_seller_currency",
)  # fmt: skip
DOCUMENTS = (
    "number", "document", "credits_invoice", "issued_utc", "supplied_utc", "customer", "country", "vat_id", "rule",
    "rate_percent", "currency", "net", "vat", "total",
    "seller_currency", "net_in_seller_currency", "vat_in_seller_currency", "payment", "top_up",
)  # fmt: skip
# The accounts of organisations come together, by kind: who they are stands in the postings.
ACCOUNTS = """
    SELECT kind, currency, coalesce(sum(amount) FILTER (WHERE at < %(start)s), 0),
        coalesce(sum(amount) FILTER (WHERE at >= %(start)s), 0)
    FROM (
        SELECT regexp_replace(account.code, '^org:[^:]+:([a-z]+)(:.*)?$', 'org:*:\\1') AS kind, account.currency,
            entry.amount, transfer.at
        FROM ledger_account AS account
        JOIN ledger_entry AS entry ON entry.account_id = account.id
        JOIN ledger_transfer AS transfer ON transfer.id = entry.transfer_id
        WHERE transfer.at < %(end)s
    ) AS lines GROUP BY 1, 2 ORDER BY 2, 1
"""
WHAT = {
    "org:*:available": "credits that customers may spend",
    "org:*:held": "credits reserved for jobs",
    "org:*:pot": "credits set aside for projects",
    "org:*:frozen": "credits frozen while a refund or dispute is open",
    "org:*:owed": "debts of customers, in credits",
    chart.FX_NOS: "credits sold",
    chart.PROMOTIONS: "credits given away",
    chart.NETWORK_SPEND: "NOS that left for the network",
    chart.FEES: "what the platform earned, in credits",
    chart.LOSSES: "what the platform bore for its customers",
    chart.EXPIRED: "credits that were paid for and expired",
    chart.TREASURY: "NOS the owner put into the treasury",
    chart.FUNDING: "the owner",
} | {
    code(currency): what
    for currency in CURRENCIES
    for code, what in (
        (chart.stripe, "money at Stripe"),
        (chart.stripe_fees, "fees of Stripe"),
        (chart.disputed, "withdrawn by Stripe for open disputes"),
        (chart.refunds_due, "owed to customers"),
        (chart.losses_of, "paid twice to customers"),
        (chart.bank, "paid out to the bank"),
        (chart.vat, "VAT owed"),
        (chart.fx, "turnover from credits"),
    )
}


def postings_csv(month: date) -> Iterator[str]:
    """Yield every posting of the month, a line for each account it touched, in constant memory."""
    start, end = bounds(month)
    entries = Entry.objects.filter(transfer__at__gte=start, transfer__at__lt=end).order_by("transfer_id", "id")
    fields = ("transfer_id", "transfer__at", "transfer__key", "transfer__reason", "account__code")
    rows = entries.values_list(*fields, "account__currency", "amount", "transfer__details")
    return csv_lines(POSTINGS, (_posting(row) for row in rows.iterator(chunk_size=2_000)))


def _posting(row: Sequence[object]) -> list[object]:
    id, at, key, reason, code, currency, amount, details = row
    assert isinstance(at, datetime)
    assert isinstance(details, dict)
    assert isinstance(amount, int)
    more = [details.get("topup_id", ""), details.get("reference", "")]
    return [id, at.isoformat(), key, reason, code, currency, plain(amount, str(currency)), *more]


def chart_csv(month: date) -> Iterator[str]:
    """Yield the chart of accounts with each balance before the month, its change and its balance after."""
    start, end = bounds(month)
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, {"start": start, "end": end})
        found = [
            (code, currency, int(opening), int(change)) for code, currency, opening, change in cursor.fetchall()
        ]
    lines = (
        [
            code,
            currency,
            WHAT.get(code, ""),
            *(plain(sum, currency) for sum in (opening, change, opening + change)),
        ]
        for code, currency, opening, change in found
    )
    return csv_lines(CHART, lines)


@dataclass
class VatLine:
    """What invoices less credit notes of one kind come to, in minor units."""

    documents: int = 0
    net: int = 0
    vat: int = 0
    net_home: int = 0
    vat_home: int = 0
    home_known: bool = True


@dataclass(frozen=True)
class Told:
    """A document as the VAT report counts it: minor units, of a credit note below 0; None: nobody knows any more."""

    document: Invoice | CreditNote
    invoice: Invoice
    country: str
    rule: str
    rate_bp: int
    net: int
    vat: int
    home: tuple[int, int] | None

    @property
    def kind(self) -> tuple[str, str, int, str]:
        """By what the report adds documents up."""
        return self.country, self.rule, self.rate_bp, self.document.currency


def documents(month: date) -> Iterator[Told]:
    """Yield the month's invoices, then its credit notes, in the order of their numbers."""
    start, end = bounds(month)
    invoices = Invoice.objects.filter(due__created_at__gte=start, due__created_at__lt=end).defer("pdf")
    for invoice in invoices.select_related("due").order_by("id").iterator(chunk_size=500):
        yield _told(invoice, invoice, 1)
    notes = CreditNote.objects.filter(due__created_at__gte=start, due__created_at__lt=end).defer(
        "pdf", "invoice__pdf"
    )
    for note in notes.select_related("invoice__due").order_by("id").iterator(chunk_size=500):
        yield _told(note, note.invoice, -1)


def vat_lines(month: date) -> dict[tuple[str, str, int, str], VatLine]:
    """Return net and VAT of the month by country, rule, rate (basis points) and currency, less credit notes."""
    lines: dict[tuple[str, str, int, str], VatLine] = defaultdict(VatLine)
    for told in documents(month):
        line = lines[told.kind]
        line.documents += 1
        line.net += told.net
        line.vat += told.vat
        if told.home is None:
            line.home_known = False
            continue
        line.net_home += told.home[0]
        line.vat_home += told.home[1]
    return dict(sorted(lines.items()))


def _told(document: Invoice | CreditNote, invoice: Invoice, sign: int) -> Told:
    facts = invoice.data
    (rate,) = {one["bp"] for one in facts["vat_by_rate"]} or {0}
    at_home, printed, home = _home_rate(invoice), document.data.get("vat_home"), None
    if at_home is not None:
        as_printed = printed and printed["currency"] == settings.SELLER["currency"]
        vat_home = printed["vat_minor"] if as_printed else converted(document.vat_minor, at_home)
        home = sign * converted(document.net_minor, at_home), sign * vat_home
    country = vat_country(facts["buyer"]["country"])
    net, vat = sign * document.net_minor, sign * document.vat_minor
    return Told(document, invoice, country, facts["vat_rule"], rate, net, vat, home)


def _home_rate(invoice: Invoice) -> int | None:
    """Return what one of the invoice's currency is in the seller's, millionths: as it says, else as rates were then.

    None where nobody knows any more: rates are forgotten after a while.
    """
    home = settings.SELLER["currency"]
    if invoice.currency == home:
        return MICRO
    told = invoice.data.get("home") or invoice.data.get("vat_home")
    if not told or told["currency"] != home:
        told = home_rate(invoice.currency, now=datetime.fromisoformat(invoice.data["supplied_at"]))
    return int(told["rate_micro"]) if told else None


def documents_csv(month: date) -> Iterator[str]:
    """Yield every invoice and credit note of the month, whose sums are the VAT report's lines."""
    return csv_lines(DOCUMENTS, (_document(told) for told in documents(month)))


def _document(told: Told) -> list[object]:
    document, facts, home = told.document, told.invoice.data, settings.SELLER["currency"]
    credited = told.invoice.number if isinstance(document, CreditNote) else ""
    return [
        document.number, "credit note" if credited else "invoice", credited,
        document.issued_at.astimezone(UTC).isoformat(timespec="seconds"),
        document.data["supplied_at"], facts["buyer"]["name"], told.country, facts["buyer"]["vat_id"],
        told.rule, f"{Decimal(told.rate_bp) / 100:.2f}", document.currency,
        *(plain(minor, document.currency) for minor in (told.net, told.vat, told.net + told.vat)),
        home, *(("", "") if told.home is None else (plain(minor, home) for minor in told.home)),
        facts["payment"]["reference"], told.invoice.due.topup_id,
    ]  # fmt: skip


def vat_csv(month: date) -> Iterator[str]:
    """Yield the VAT report: invoices less credit notes by country, rule, rate and currency."""
    home = settings.SELLER["currency"]
    return csv_lines(VAT, (
        [
            country, rule, f"{Decimal(bp) / 100:.2f}", currency, line.documents,
            plain(line.net, currency), plain(line.vat, currency),
            home, *((plain(line.net_home, home), plain(line.vat_home, home)) if line.home_known else ("", "")),
        ]
        for (country, rule, bp, currency), line in vat_lines(month).items()
    ))  # fmt: skip


def plain(amount: int, currency: str) -> Decimal:
    """Return minor units, or micro-NOS, as a decimal for programs."""
    return Decimal(amount).scaleb(-6 if currency == chart.NOS else -2)


EXPORTS = {"postings": postings_csv, "chart": chart_csv, "documents": documents_csv, "vat": vat_csv}
