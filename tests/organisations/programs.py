"""Programs with keys, for tests of the API."""

import json
from typing import Any

from django.test import Client

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


def refused(answer: Any, status: int, code: str, sentence: str = "") -> None:
    """Hold an answer to be a problem with this status, code and part of a sentence."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert sentence in body["detail"]
