"""What lets anyone check the books: the published digests, and the proof of one organisation's entries."""

from datetime import date

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
from apps.organisations.services import audit_download_record
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
    codes = [spec.code for spec in chart.accounts_of(organisation.id)]
    first, last = _day(request, "from", date.min), _day(request, "to", date.max)
    audit_download_record(
        organisation_id=organisation.id,
        actor=actor_of(request),
        act="ledger.proof_downloaded",
        subject=f"organisation:{organisation.id}",
        facts={name: request.GET[name] for name in ("from", "to") if request.GET.get(name)},
        now=timezone.now(),
    )
    pieces = digest_proof(codes=codes, first=first, last=last, now=timezone.now())
    return streamed(f"{organisation.slug}-ledger-proof.json", pieces, "application/json")


def _day(request: HttpRequest, name: str, default: date) -> date:
    text = request.GET.get(name, "")
    try:
        return date.fromisoformat(text) if text else default
    except ValueError as error:
        raise AppError(
            _("“%(text)s” is no day; write %(name)s=2026-11-02.") % {"text": text[:40], "name": name},
            fields={name: [_("Write a day as 2026-11-02.")]},
            code="day_invalid",
        ) from error
