"""What every endpoint of every app begins with: what its caller may do, how often, and of which version."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, cast

from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.errors import AppError, Denied
from apps.core.rest import JSONBodyParser, once_by_header
from apps.core.rest.bodies import JSONAlways
from apps.core.rest.limits import Budget, TooManyRequests, budget_take
from apps.core.rest.pages import fields_chosen, questions_check
from apps.core.rest.repeats import key_of
from apps.core.rest.versions import tag_among, tag_of, unchanged
from apps.organisations.access import grant_of
from apps.organisations.api.authentication import KeyAuthentication, SomebodyKnown
from apps.organisations.models import ApiKey, Grant
from apps.organisations.roles import Permission
from apps.organisations.services import Actor
from apps.organisations.sign_ins import SignIn
from apps.organisations.views.frame import actor_of
from apps.users.models import User


class Endpoint(APIView):
    """An address for programs. Its methods parse, make one call of a service or selector, and answer.

    `volatile` names members of its answer that change by themselves, and so are no part of its version. An address
    that will go says since when it is deprecated, when it ends, and what takes its place.
    """

    authentication_classes = (KeyAuthentication, SessionAuthentication)
    permission_classes = (SomebodyKnown,)
    parser_classes = (JSONBodyParser,)
    content_negotiation_class = JSONAlways
    http_method_names = [
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
    ]  # no OPTIONS: other origins may not call us
    volatile: frozenset[str] = frozenset()
    deprecated_at: datetime | None = None
    ends_at: datetime | None = None
    successor = ""
    budget: Budget | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Know the caller, count the request, and where it has an If-Match, let it change only what that names."""
        super().initial(request, *args, **kwargs)
        self.budget, allowed = budget_take(_name(request))
        if not allowed:
            raise TooManyRequests(self.budget)
        seen, method = request.headers.get("If-Match"), str(request.method).lower()
        if seen is not None and method in ("put", "patch", "delete") and hasattr(self, "get"):
            setattr(self, method, partial(self._unchanged, seen, getattr(self, method)))

    def _unchanged(self, seen: str, act: Callable[..., Response], request: Request, **kwargs: Any) -> Response:
        def tag() -> str:
            return tag_of(self.get(request, **kwargs).data, without=self.volatile)  # type: ignore[attr-defined]

        return unchanged(seen, tag, lambda: act(request, **kwargs))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Say what is left of the budget and when the address ends, and answer only the `fields` asked for."""
        if response.status_code == HTTPStatus.OK and request.method == "GET":
            response = self._read(request, response)
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.budget.headers if self.budget else {}).items():
            answer[name] = value
        if self.deprecated_at is not None:
            answer["Deprecation"] = f"@{int(self.deprecated_at.timestamp())}"
            if self.ends_at is not None:
                answer["Sunset"] = self.ends_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
            if self.successor:
                answer["Link"] = f'<{self.successor}>; rel="successor-version"'
        return answer

    def _read(self, request: Request, response: Response) -> Response:
        """Return the answer to a GET, with its version unless it is a list, and with the fields asked for alone."""
        try:
            questions_check(request.query_params, {"fields", *getattr(getattr(self, "get", None), "asks", ())})
        except AppError as refusal:
            return self.handle_exception(refusal)
        if not isinstance(response, Response):
            return response
        if isinstance(response.data, Mapping) and "items" not in response.data:
            response["ETag"] = tag_of(response.data, without=self.volatile)
            if tag_among(response["ETag"], request.headers.get("If-None-Match", "")):
                return Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": response["ETag"]})
        asked = request.query_params.get("fields")
        if asked is None:
            return response
        try:
            response.data = fields_chosen(response.data, asked)
        except AppError as refusal:
            return self.handle_exception(refusal)
        return response

    def grant(self, permission: Permission) -> Grant:
        """Return what the caller may do in the organisation of the address. Raises NotFound and Denied."""
        return grant_of(self.request._request, self.kwargs["slug"], permission)

    def person(self, scope: Permission) -> User:
        """Return the person who asks, for what belongs to no organisation.

        Raises Denied for keys, which belong to one organisation, and for sign-ins without the scope.
        """
        if isinstance(self.request.auth, ApiKey):
            raise Denied(
                _("An API key belongs to one organisation; this takes a person: sign in (`nosana login`)."),
                code="person_needed",
            )
        if isinstance(self.request.auth, SignIn) and scope not in self.request.auth.scopes:
            raise Denied(
                _("This sign-in lacks the scope %(scope)s, which this takes; sign in again and ask for it.")
                % {"scope": scope.value}
            )
        return cast(User, self.request.user)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return actor_of(self.request._request)

    def once(
        self, who: Grant | User, act: Callable[[], Any], *, status: int = 201, forgets: bool = False
    ) -> Response:
        """Answer the act's result; a repeat with the same Idempotency-Key by the same caller gets the first one.

        The key is remembered for good, or for 30 days where it `forgets`: where a repeat costs nobody anything.
        Raises KeyReused for the same key with another body.
        """
        answer = once_by_header(self.request, scope=f"api:{_caller(who)}", act=act, forgets=forgets)
        return Response(answer, status=status)

    def once_key(self, grant: Grant) -> str | None:
        """Return a key of this caller's Idempotency-Key, for acts that are keyed themselves; None without one."""
        key = key_of(self.request)
        return key and f"api:{_caller(grant)}:{key}"


def _name(request: Request) -> str:
    """Return whose requests are counted together: a key's, or a person's."""
    return f"key:{request.auth.pk.hex}" if isinstance(request.auth, ApiKey) else f"person:{request.user.pk}"


def _caller(grant: Grant | User) -> str:
    if isinstance(grant, User):
        return f"person:{grant.pk}"
    if grant.api_key is not None:
        return f"key:{grant.api_key.pk.hex}"
    assert grant.membership is not None
    return f"member:{grant.membership.pk}"
