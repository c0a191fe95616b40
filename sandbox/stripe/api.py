"""The way of a request: who asks, which endpoint, which parameters, which idempotency key, then the act."""

import asyncio
import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.errors import ApiError, IdempotencyError, InvalidRequest, StripeError
from sandbox.stripe.files import upload_read
from sandbox.stripe.listing import expand
from sandbox.stripe.params import check, parse
from sandbox.stripe.routes import ENDPOINTS
from sandbox.stripe.store import Json, new_id
from sandbox.stripe.world import VERSION, Sandbox

KEY_SECONDS = 24 * 3600
KEY_LENGTH = 255


@dataclass
class Answer:
    """What goes back: status, JSON text, and the request whose answer a replay repeats."""

    status: int
    body: str
    original: str = ""


class Api:
    """The HTTP face of the sandbox's account."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.keys_in_use: set[str] = set()

    async def serve(self, request: Request) -> Response:
        """Answer one API request; whatever goes wrong has Stripe's JSON shape."""
        request_id = new_id("req", 14)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        version = request.headers.get("stripe-version") or VERSION
        try:
            answer = await self._answer(request, request_id, key, version)
        except StripeError as error:
            answer = Answer(error.status, _dump(error.body(request_id)))
        headers = {"Request-Id": request_id, "Stripe-Version": version, "Cache-Control": "no-cache, no-store"}
        if key:
            headers["Idempotency-Key"] = key.encode("latin-1", "replace").decode("latin-1")
        if answer.original:
            headers |= {"Idempotent-Replayed": "true", "Original-Request": answer.original}
        return Response(answer.body, answer.status, headers, media_type="application/json")

    async def _answer(self, request: Request, request_id: str, key: str | None, version: str) -> Answer:
        authenticate(request.headers.get("authorization", ""))
        if version != VERSION:
            raise InvalidRequest(
                f"Invalid Stripe API version: {version}. The Stripe sandbox speaks {VERSION} alone."
            )
        endpoint, object_id = find(request.method, request.url.path)
        if self.sandbox.faults.strike("fail_api"):
            raise ApiError("An unknown error occurred (sandbox fault switch fail_api).")
        sent = await _sent(request)
        if not key:
            await asyncio.sleep(self.sandbox.faults.api_seconds)
            return self._act(endpoint, object_id, request, sent, request_id, None)
        return await self._keyed(endpoint, object_id, request, sent, request_id, key)

    async def _keyed(
        self, endpoint: Endpoint, object_id: str, request: Request, sent: Json, request_id: str, key: str
    ) -> Answer:
        """Do the act once for its idempotency key; later requests with the key get the first answer."""
        if len(key) > KEY_LENGTH:
            raise InvalidRequest(f"Idempotency keys have at most {KEY_LENGTH} characters.")
        if key in self.keys_in_use:
            raise IdempotencyError(
                "There is currently another in-progress request using this Idempotent Key (that probably "
                "means you "
                f"submitted twice, and the other request is still going through): {key}.",
                code="idempotency_key_in_use",
                status=409,
            )
        meant = json.dumps(sent, sort_keys=True)  # the order in which parameters came means nothing
        fingerprint = hashlib.sha256(f"{request.method} {request.url.path}\n{meant}".encode()).hexdigest()
        first = self.sandbox.store.answer_get(key, self.sandbox.now() - KEY_SECONDS)
        if first is not None:
            if first[0] != fingerprint:
                raise IdempotencyError(
                    "Keys for idempotent requests can only be used with the same parameters they were first "
                    "used with. "
                    f"Try using a key other than '{key}' if you meant to execute a different request."
                )
            return Answer(first[1], first[2], original=first[3])
        self.keys_in_use.add(key)
        try:
            await asyncio.sleep(self.sandbox.faults.api_seconds)
            return self._act(endpoint, object_id, request, sent, request_id, (key, fingerprint))
        finally:
            self.keys_in_use.discard(key)

    def _act(
        self,
        endpoint: Endpoint,
        object_id: str,
        request: Request,
        sent: Json,
        request_id: str,
        key: tuple[str, str] | None,
    ) -> Answer:
        """Check, act and remember the answer, in one transaction."""
        given = check(sent, endpoint.spec)
        sandbox = self.sandbox
        with sandbox.acting(request_id, key[0] if key else None):
            answer = self._outcome(Call(sandbox, request.url.path, given, object_id), endpoint, request_id)
            if key:
                sandbox.store.answer_put(*key, answer.status, answer.body, request_id, sandbox.now())
        if sandbox.faults.strike("lose_answers"):
            raise ApiError("The answer was lost on its way (sandbox fault switch lose_answers).")
        return answer

    def _outcome(self, call: Call, endpoint: Endpoint, request_id: str) -> Answer:
        """Return the act's answer; an error after the act began is one too, and keeps what was written."""
        try:
            shown = json.loads(json.dumps(endpoint.act(call)))
            return Answer(200, _dump(expand(self.sandbox, shown, call.given.get("expand") or [])))
        except StripeError as error:
            if not error.began:
                raise
            return Answer(error.status, _dump(error.body(request_id)))


async def _sent(request: Request) -> Json:
    """Return the request's parameters as nested text. Raises InvalidRequest for names that make no sense."""
    if request.method != "POST":
        return parse(request.url.query)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await upload_read(await request.form(max_part_size=6_000_000))
    return parse((await request.body()).decode("utf-8", "replace"))


def _dump(body: Json | Any) -> str:
    return json.dumps(body, indent=2)


def authenticate(header: str) -> None:
    """Raises InvalidRequest with status 401 unless a secret test key came as bearer or as basic user name."""
    scheme, _, rest = header.partition(" ")
    key = rest.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(rest).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise InvalidRequest(
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer "
            "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=401,
        )
    if not re.fullmatch(r"sk_test_\w+", key):
        hidden = key[:8] + "*" * max(0, len(key) - 12) + key[-4:]
        raise InvalidRequest(
            f"Invalid API Key provided: {hidden}. The Stripe sandbox takes any key that begins with sk_test_.",
            status=401,
        )


def find(method: str, path: str) -> tuple[Endpoint, str]:
    """Return the endpoint and the id in its address. Raises InvalidRequest with status 404."""
    for endpoint in ENDPOINTS:
        object_id = endpoint.match(path) if endpoint.method == method else None
        if object_id is not None:
            return endpoint, object_id
    raise InvalidRequest(
        f"Unrecognized request URL ({method}: {path}). The Stripe sandbox speaks only what the platform uses.",
        status=404,
    )
