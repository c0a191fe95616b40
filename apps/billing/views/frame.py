"""What every page about money begins with."""

from django.http import HttpRequest, HttpResponse

from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.views.frame import enter as enter_organisation


def enter(request: HttpRequest, slug: str, permission: Permission = Permission.BILLING_VIEW) -> Membership:
    """Return the membership of the person who asks. Raises NotFound for outsiders, Denied without the role."""
    return enter_organisation(request, slug, permission)


def download(content: bytes, name: str, media_type: str) -> HttpResponse:
    """Answer a file under its name."""
    return HttpResponse(
        content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
