"""Questions that cross all floors: do money, credits and chain tell the same story, and what did one job cost why."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing.audit import mismatches
from apps.billing.models import Invoice
from apps.bridge.selectors import position
from apps.core.errors import NotFound
from apps.core.models import Mail
from apps.core.money import CURRENCIES
from apps.jobs.models import Job
from apps.ledger.selectors import balances, imbalances
from apps.organisations.models import Organisation
from apps.payments.gateway import balance_net
from apps.payments.models import TopUp
from apps.payments.selectors import held_minor
from apps.support.models import Visit
from apps.users.models import User


@dataclass(frozen=True)
class Reconciliation:
    """Three stories side by side; every figure is 0 when they agree."""

    imbalances: int  # lines the ledger's own audit complains about
    mismatches: int  # lots, holds, refunds and vouchers that tell another story than the ledger
    stripe_vs_ledger: int  # minor units, the absolute differences of all currencies added up
    chain_vs_ledger_micro: int  # micro-NOS

    @property
    def agrees(self) -> bool:
        """Return whether all three tell the same story."""
        return not any(asdict(self).values())


def reconcile() -> Reconciliation:
    """Ask Stripe, the ledger and the chain. Speaks to Stripe and the chain: never call it inside a transaction."""
    net, chain, held = balance_net(), position(), held_minor()
    books = balances([chart.TREASURY, chart.NETWORK_SPEND, *(chart.stripe(currency) for currency in CURRENCIES)])
    expected = books[chart.TREASURY] - books[chart.NETWORK_SPEND]
    return Reconciliation(
        imbalances=len(imbalances()),
        mismatches=len(mismatches()),
        stripe_vs_ledger=sum(abs(net.get(c, 0) - held.get(c, 0) - books[chart.stripe(c)]) for c in CURRENCIES),
        chain_vs_ledger_micro=chain.treasury_micro + chain.deposits_micro - expected,
    )


def job_trace(job_id: str) -> dict[str, Any]:
    """Return one job's whole money trail: last top-up, hold, cost, invoice, books.

    Raises Job.DoesNotExist. Fiat is in minor units, credits in micro-NOS, the rate in fiat for one NOS.
    """
    job = Job.objects.select_related("attempt", "organisation").get(id=job_id)
    paid = TopUp.objects.filter(
        organisation=job.organisation, state=TopUp.State.PAID, created_at__lte=job.created_at
    )
    topup = paid.select_related("quote", "settled_quote").order_by("-created_at").first()
    return {
        "topup": _topup(topup) if topup else None,
        "job": _job(job),
        "invoice": _invoice(topup) if topup else None,
        "books": asdict(reconcile()),
    }


def _topup(topup: TopUp) -> dict[str, Any]:
    quote = topup.price
    return {
        "id": str(topup.id),
        "currency": quote.currency,
        "net": quote.net_minor,
        "vat": quote.vat_minor,
        "total": quote.total_minor,
        "rate": str(Decimal(quote.rate_charged_micro) / 1_000_000),
        "credits_micro": quote.credits_micro,
    }


def _job(job: Job) -> dict[str, Any]:
    attempt = job.attempt
    if attempt is None:
        return {"id": str(job.id), "state": job.state}
    return {
        "id": str(job.id),
        "address": attempt.address,
        "state": job.state,
        "seconds": attempt.seconds,
        "hold_micro": attempt.held_micro,
        "cost_micro": (attempt.cost_micro or 0) + (attempt.fee_micro or 0),
        "released_micro": attempt.released_micro,
    }


def _invoice(topup: TopUp) -> dict[str, Any] | None:
    invoice = Invoice.objects.filter(due__topup_id=str(topup.id)).first()
    if invoice is None:
        return None
    mail = Mail.objects.filter(key=f"invoice:{invoice.number}").exclude(sent_at=None).first()
    return {
        "number": invoice.number,
        "pdf_bytes": len(bytes(invoice.pdf or b"")),
        "emailed_to": mail.to if mail else None,
    }


def visits_of(organisation: Organisation) -> list[Visit]:
    """Return the newest visits of staff to the organisation, also those that were only asked for."""
    return list(_visits(organisation).order_by("-id")[:50])


def visit_get(organisation: Organisation, visit_id: UUID) -> Visit:
    """Return a visit to the organisation, with how many pages were seen. Raises NotFound."""
    found = _visits(organisation).filter(pk=visit_id).first()
    if found is None:
        raise NotFound(_("There is no such visit in this organisation."))
    return found


def _visits(organisation: Organisation) -> QuerySet[Visit]:
    return organisation.visits.select_related("staff", "member", "approval").annotate(seen=Count("looks"))


def visits_of_staff(staff: User) -> list[Visit]:
    """Return the newest visits of a member of staff."""
    rows = staff.visits_made.select_related("organisation", "member", "approval")
    return list(rows.order_by("-id")[:50])
