"""API keys: listed, made, rotated and ended; the text of one is answered once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import page_answer
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import KeyNew, KeyRotation, KeyShape, KeyShown, KeysQuestion, Nothing
from apps.organisations.models import ApiKey, Grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import api_key_get, api_keys_of, project_get
from apps.organisations.services import NewKey, api_key_create, api_key_revoke, api_key_rotate


class Keys(Endpoint):
    """The keys of an organisation."""

    @described(KeyShape, page=True, question=KeysQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the API keys the caller may see, newest first."""
        rows = api_keys_of(self.grant(Permission.KEYS_MANAGE))
        return page_answer(
            request,
            rows,
            lambda row: KeyShape(row).data,
            newest_first=True,
            question=KeysQuestion,
            narrow=_narrowed,
        )

    @described(KeyShown, body=KeyNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Make an API key; `key` is its text, which no other answer shows."""
        grant = self.grant(Permission.KEYS_MANAGE)
        wanted = KeyNew(data=request.data).read()
        project = wanted.pop("project", None)

        def act() -> NewKey:
            found = project_get(grant, project) if project else None
            return api_key_create(grant=grant, project=found, **wanted, actor=self.actor, now=timezone.now())

        return _shown_once(self, grant, act)


def _shown_once(endpoint: Endpoint, grant: Grant, act: Any) -> Response:
    """Answer a new key with its text; a repeat by Idempotency-Key gets the key with `key` null.

    What is kept for repeats must not hold the text: only its digest is ever stored.
    """
    made: list[NewKey] = []

    def shown() -> Any:
        made.append(act())
        return KeyShape(made[0].key).data

    answer = endpoint.once(grant, shown, forgets=True)
    answer.data = {"key": made[0].token if made else None, **answer.data}
    answer["Cache-Control"] = "no-store"
    return answer


class OneKey(Endpoint):
    """One key."""

    @described(KeyShape)
    def get(self, request: Request, slug: str, key_id: UUID) -> Response:
        """Read an API key, without its text."""
        return Response(KeyShape(api_key_get(self.grant(Permission.KEYS_MANAGE), key_id)).data)


class KeyRotate(Endpoint):
    """The rotation of a key."""

    @described(KeyShown, body=KeyRotation, status=201)
    def post(self, request: Request, slug: str, key_id: UUID) -> Response:
        """Rotate an API key: make one that takes its place; the old one goes on for `overlap_hours`."""
        grant = self.grant(Permission.KEYS_MANAGE)
        overlap = timedelta(hours=KeyRotation(data=request.data).read()["overlap_hours"])

        def act() -> NewKey:
            return api_key_rotate(
                grant=grant, key_id=key_id, overlap=overlap, actor=self.actor, now=timezone.now()
            )

        return _shown_once(self, grant, act)


class KeyRevoke(Endpoint):
    """The end of a key."""

    @described(KeyShape, body=Nothing)
    def post(self, request: Request, slug: str, key_id: UUID) -> Response:
        """End an API key; its next request is refused."""
        grant = self.grant(Permission.KEYS_MANAGE)
        Nothing(data=request.data).read()

        def act() -> Any:
            return KeyShape(api_key_revoke(grant=grant, key_id=key_id, actor=self.actor, now=timezone.now())).data

        return self.once(grant, act, status=200, forgets=True)


def _narrowed(rows: QuerySet[ApiKey], asked: dict[str, Any]) -> QuerySet[ApiKey]:
    if "kind" in asked:
        rows = rows.filter(kind=asked["kind"])
    if "live" not in asked:
        return rows
    ended = Q(revoked_at__isnull=False) | Q(expires_at__lte=timezone.now())
    return rows.exclude(ended) if asked["live"] == "true" else rows.filter(ended)
