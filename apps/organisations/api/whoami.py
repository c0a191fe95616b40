"""GET /whoami: what a key or a session is good for."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import KeyShape, place
from apps.organisations.models import ApiKey, Grant
from apps.organisations.selectors import memberships_of


class WhoAmI(Endpoint):
    """Who the platform takes the caller for."""

    def get(self, request: Request) -> Response:
        """Answer the caller, the key, and each organisation with what may be done there."""
        key = request.auth if isinstance(request.auth, ApiKey) else None
        user = request.user if request.user.is_authenticated else None
        if key is not None:
            grants = [Grant.of_key(key)]
        else:
            assert user is not None
            grants = [Grant.of_member(membership) for membership in memberships_of(user)]
        return Response(
            {
                "environment": settings.API_KEY_ENVIRONMENT,
                "user": {"name": user.name, "email": user.email} if user else None,
                "key": KeyShape(key).data if key else None,
                "organisations": [place(grant) for grant in grants],
            }
        )
