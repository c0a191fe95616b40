"""The banner on each page of the console, and the act that puts it away."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.support.announcements.services import announcement_put_away, announcements_shown
from apps.users.models import User


def banners(request: HttpRequest) -> dict[str, Any]:
    """Return what base.html shows above each page, looked up only where it is shown."""
    user = getattr(request, "user", None)
    person = user if isinstance(user, User) and user.is_authenticated else None
    return {"announcements": SimpleLazyObject(lambda: announcements_shown(user=person, now=timezone.now()))}


@login_required
@require_POST
def put_away(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """Put an announcement away, and show the page again on which that was done."""
    announcement_put_away(user=cast(User, request.user), announcement_id=announcement_id)
    back = request.META.get("HTTP_REFERER", "")
    known = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(back if known else "/")
