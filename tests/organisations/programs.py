"""Programs with keys, for tests of the API."""

import json
import uuid
from datetime import timedelta
from typing import Any

from allauth.idp.oidc.models import Client as Known
from allauth.idp.oidc.models import Token
from django.test import Client
from django.utils import timezone

from apps.organisations.services.keys import SCOPES
from apps.organisations.sign_ins import CLIENT_ID, client_ready
from apps.users.models import User

ACME = "/api/v1/organisations/acme"


class Program:
    """A program with a key."""

    def __init__(self, token: str, **headers: str) -> None:
        self.client = Client(
            headers={"Authorization": f"Bearer {token}", **headers}, raise_request_exception=False
        )

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(path, query)

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        raw = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(method, path, raw, content_type="application/json", headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


def signed_in(user: User, *scopes: str) -> Program:
    """Return a program that the person signed in; without scopes, for everything a program may."""
    client_ready()
    text, ends = uuid.uuid4().hex * 3, timezone.now() + timedelta(hours=1)
    token = Token(type=Token.Type.ACCESS_TOKEN, client=Known.objects.get(pk=CLIENT_ID), user=user, expires_at=ends)
    token.set_value(text)
    token.set_scopes([str(scope) for scope in scopes or SCOPES])
    token.save()
    return Program(text)


def refused(answer: Any, status: int, code: str, sentence: str = "") -> None:
    """Hold an answer to be a problem with this status, code and part of a sentence."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert sentence in body["detail"]
