"""Endpoints for channels of chats: set up, change, turn, try, remove."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import page_answer
from apps.core.rest.schema import described
from apps.notifications.api.notice_shapes import ChatNew, ChatShape, ChatTurn
from apps.notifications.api.notices import quiet_taken
from apps.notifications.api.shapes import EventShape
from apps.notifications.selectors import chat_get, endpoints_of
from apps.notifications.services import chat_change, chat_create, endpoint_remove, endpoint_test
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import Nothing
from apps.organisations.roles import Permission

P = Permission.WEBHOOKS_MANAGE


class Chats(Endpoint):
    """The channels of an organisation's chats that hear of notices."""

    @described(ChatShape, page=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the channels, oldest first."""
        rows = endpoints_of(self.grant(P)).exclude(kind="webhook")
        return page_answer(request, rows, lambda row: ChatShape(row).data)

    @described(ChatShape, body=ChatNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Set up a channel; its address is never shown again."""
        grant = self.grant(P)
        wanted = ChatNew(data=request.data).read()
        quiet = (wanted.pop("quiet_from", None), wanted.pop("quiet_until", None))

        def act() -> Any:
            made = chat_create(grant=grant, **wanted, quiet=quiet, actor=self.actor, now=timezone.now())
            return ChatShape(made).data

        return self.once(grant, act, forgets=True)


class OneChat(Endpoint):
    """One channel."""

    @described(ChatShape)
    def get(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Read a channel, without its address."""
        return Response(ChatShape(chat_get(self.grant(P), webhook_id)).data)

    @described(ChatShape, body=ChatTurn)
    def patch(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Change a channel, or turn it on or off."""
        grant = self.grant(P)
        found = chat_get(grant, webhook_id)
        wanted = ChatTurn(data=request.data).read()
        changes = quiet_taken(wanted, found)
        changed = chat_change(grant=grant, endpoint_id=webhook_id, **changes, actor=self.actor, now=timezone.now())
        return Response(ChatShape(changed).data)

    @described(status=204)
    def delete(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Remove a channel and what waits for it; its address is wiped."""
        grant = self.grant(P)
        chat_get(grant, webhook_id)
        endpoint_remove(grant=grant, endpoint_id=webhook_id, actor=self.actor, now=timezone.now())
        return Response(status=204)


class ChatTest(Endpoint):
    """A try of a channel."""

    @described(EventShape, body=Nothing, status=201)
    def post(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Send a channel a test message."""
        grant = self.grant(P)
        chat_get(grant, webhook_id)
        Nothing(data=request.data).read()
        return self.once(
            grant,
            lambda: EventShape(endpoint_test(grant=grant, endpoint_id=webhook_id, now=timezone.now())).data,
            forgets=True,
        )
