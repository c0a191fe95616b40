"""GET /whoami: what a key or a session is good for."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.moments import moment_sent
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import KeyShape, WhoAmIShape, place
from apps.organisations.models import ApiKey, Grant
from apps.organisations.selectors import memberships_of
from apps.organisations.sign_ins import SignIn


class WhoAmI(Endpoint):
    """Who the platform takes the caller for."""

    @described(WhoAmIShape)
    def get(self, request: Request) -> Response:
        """Read who asks: the person, the key, and each organisation with what may be done there."""
        key = request.auth if isinstance(request.auth, ApiKey) else None
        user = request.user if request.user.is_authenticated else None
        if key is not None:
            grants = [Grant.of_key(key)]
        else:
            assert user is not None
            scopes = request.auth.scopes if isinstance(request.auth, SignIn) else None
            members = memberships_of(user)
            grants = [Grant.of_member(m) if scopes is None else Grant.of_sign_in(m, scopes) for m in members]
        return Response(
            {
                "environment": settings.API_KEY_ENVIRONMENT,
                "user": {"name": user.name, "email": user.email} if user else None,
                "key": KeyShape(key).data if key else None,
                "sign_in": _sign_in(request.auth) if isinstance(request.auth, SignIn) else None,
                "organisations": [place(grant) for grant in grants],
            }
        )


def _sign_in(sign_in: SignIn) -> dict[str, Any]:
    ends = moment_sent(sign_in.expires_at)
    return {"program": sign_in.program, "scopes": sorted(sign_in.scopes), "expires_at": ends}
