"""The door Stripe knocks on."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.core.errors import AppError
from apps.core.rest import problem
from apps.payments import inbox


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Keep what Stripe signed and answer at once; the work follows in a worker."""
    try:
        inbox.event_receive(
            raw_body=request.body,
            signature=request.headers.get("Stripe-Signature", ""),
            now=timezone.now(),
        )
    except AppError as refusal:
        return JsonResponse(problem(refusal), status=refusal.status, content_type="application/problem+json")
    return HttpResponse("received", content_type="text/plain")
