"""What a ticket may be about: a job or an invoice of the organisation that its author may see."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing.models import Invoice
from apps.billing.selectors import document_get, invoices_of
from apps.core.errors import NotFound
from apps.core.words import Words
from apps.jobs.models import Job
from apps.jobs.selectors import job_get, jobs_of
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

JOBS_OFFERED, INVOICES_OFFERED = 15, 12
JOB, INVOICE = "job", "invoice"


@dataclass(frozen=True)
class About:
    """The job or the invoice, or neither."""

    job: Job | None = None
    invoice: Invoice | None = None

    @property
    def choice(self) -> tuple[str, str]:
        """As the form offers it: its value and its words."""
        if self.job is not None:
            return f"{JOB}:{self.job.pk}", _("Job “%(name)s”") % {"name": self.job.name}
        if self.invoice is not None:
            return f"{INVOICE}:{self.invoice.number}", _("Invoice %(number)s") % {"number": self.invoice.number}
        return "", _("Nothing in particular")


def about_get(grant: Grant, value: str) -> About:
    """Return what `job:<id>` or `invoice:<number>` names; "" names nothing. Raises NotFound for what is not seen."""
    kind, _colon, name = value.partition(":")
    if not value:
        return About()
    if kind == JOB:
        return About(job=job_get(grant, name))
    if kind == INVOICE and grant.may(Permission.BILLING_VIEW):
        return About(invoice=document_get(Invoice, grant.organisation, name))
    raise NotFound(_("There is no such job or invoice here that you may see; choose one from the list."))


def about_choices(grant: Grant, chosen: About) -> list[tuple[Words, object]]:
    """Return what the form offers, the newest first: nothing, what is chosen already, jobs, and invoices if seen."""
    jobs = [About(job=job).choice for job in jobs_of(grant).order_by("-id")[:JOBS_OFFERED]]
    invoices: list[tuple[str, str]] = []
    if grant.may(Permission.BILLING_VIEW):
        rows = invoices_of(grant.organisation).only("number")[:INVOICES_OFFERED]
        invoices = [About(invoice=invoice).choice for invoice in rows]
    known = {value for value, _words in (*jobs, *invoices)}
    first: list[tuple[Words, object]] = [About().choice]
    if chosen.choice[0] and chosen.choice[0] not in known:
        first.append(chosen.choice)
    groups = [(gettext_lazy("Jobs"), jobs), (gettext_lazy("Invoices"), invoices)]
    return first + [(label, group) for label, group in groups if group]
