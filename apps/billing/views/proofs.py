"""What lets anyone check the books: the published digests, and the proof of one organisation's entries."""

from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.billing import chart
from apps.billing.views.frame import enter
from apps.core.csv import streamed
from apps.core.errors import AppError
from apps.ledger.selectors import digest_proof, digests_known
from apps.organisations.models import Organisation
from apps.organisations.services import Actor, audit_download_record
from apps.organisations.views.frame import actor_of


@require_GET
def digests(request: HttpRequest) -> HttpResponse:
    """Publish the digest of every closed day, to everyone."""
    return JsonResponse({"digests": digests_known()})


@login_required
@require_GET
def proof(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Download the proof of the organisation's entries, of all closed days or of `from` to `to`."""
    organisation = enter(request, slug).organisation
    first, last = _day(request, "from"), _day(request, "to")
    return proof_answer(organisation, first=first, last=last, actor=actor_of(request), now=timezone.now())


def proof_answer(
    organisation: Organisation, *, first: date | None, last: date | None, actor: Actor, now: datetime
) -> StreamingHttpResponse:
    """Answer the proof of the organisation's entries of these days as a file, and note who took it."""
    codes = [spec.code for spec in chart.accounts_of(organisation.id)]
    days = {"from": first, "to": last}
    audit_download_record(
        organisation_id=organisation.id,
        actor=actor,
        act="ledger.proof_downloaded",
        subject=f"organisation:{organisation.id}",
        facts={name: day.isoformat() for name, day in days.items() if day},
        now=now,
    )
    pieces = digest_proof(codes=codes, first=first or date.min, last=last or date.max, now=now)
    return streamed(f"{organisation.slug}-ledger-proof.json", pieces, "application/json")


def _day(request: HttpRequest, name: str) -> date | None:
    text = request.GET.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise AppError(
            _("“%(text)s” is no day; write %(name)s=2026-11-02.") % {"text": text[:40], "name": name},
            fields={name: [_("Write a day as 2026-11-02.")]},
            code="day_invalid",
        ) from error
