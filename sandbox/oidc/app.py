"""OpenID Connect: discovery, authorisation code with PKCE, tokens, user info, keys; `/_sandbox/oidc` sets what it says.

Whoever comes to its page types any address and is that person. `lies` replaces claims of the id token, such as another
audience or issuer, and of the user info under "userinfo"; nothing else is out of the ordinary.
"""

import base64
import hashlib
import html
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "nosana-web", "sandbox-client-secret"  # noqa: S105 - the sandbox's own
KEY_ID = "sandbox"
PAGE = """<!doctype html><html lang="en"><title>Sign in at work</title><h1>Sign in at work</h1>
<form method="post"><label for="email">Address</label> <input id="email" name="email" type="email" required>
<button type="submit">Sign in</button></form>"""


@dataclass
class Desk:
    """What is remembered between the steps: codes and tokens, each good once or for a while."""

    base: str
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def discovery(self) -> dict[str, Any]:
        """Return the well-known document."""
        return {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "userinfo_endpoint": f"{self.base}/userinfo",
            "jwks_uri": f"{self.base}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorised(self, asked: dict[str, str], email: str) -> str:
        """Return where the browser goes with its code."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = {**asked, "email": email}
        return asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked.get("state", "")})

    def exchanged(self, told: dict[str, str]) -> dict[str, Any] | None:
        """Return the tokens of a code, once, for the client that proves itself and the browser's verifier."""
        kept = self.codes.pop(told.get("code", ""), None)
        if kept is None or (told.get("client_id"), told.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return None
        digest = hashlib.sha256(told.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != kept.get("code_challenge"):
            return None
        if told.get("redirect_uri") != kept["redirect_uri"]:
            return None
        access = secrets.token_urlsafe(24)
        self.tokens[access] = kept["email"]
        now = int(time.time())
        claims = {"iss": self.base, "aud": CLIENT_ID, "sub": subject(kept["email"]), "iat": now, "exp": now + 300}
        if kept.get("nonce"):
            claims["nonce"] = kept["nonce"]
        claims |= {name: value for name, value in self.lies.items() if name != "userinfo"}
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": KEY_ID})
        return {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": token}

    def userinfo(self, access: str) -> dict[str, Any] | None:
        """Return who the token is about."""
        email = self.tokens.get(access)
        if email is None:
            return None
        name = email.partition("@")[0].capitalize()
        return {"sub": subject(email), "email": email, "email_verified": True, "name": name} | self.lies.get(
            "userinfo", {}
        )

    def keys(self) -> dict[str, Any]:
        """Return the public key that tokens are signed with."""
        made = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [made | {"kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def subject(email: str) -> str:
    """Return the id of a person here."""
    return hashlib.sha256(email.encode()).hexdigest()[:16]


def application(base: str) -> Starlette:
    """Return the sign-in, which says that its address is `base`."""
    desk = Desk(base)

    async def discovery(_request: Request) -> Response:
        return JSONResponse(desk.discovery())

    async def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("client_id") != CLIENT_ID or asked.get("code_challenge_method") != "S256":
            return HTMLResponse(f"<p>Not for {html.escape(asked.get('client_id', '?'))}</p>", 400)
        if request.method == "GET":
            return HTMLResponse(PAGE)
        email = str((await request.form()).get("email", ""))
        return RedirectResponse(desk.authorised(asked, email), 303)

    async def token(request: Request) -> Response:
        made = desk.exchanged({name: str(value) for name, value in (await request.form()).items()})
        return JSONResponse(made or {"error": "invalid_grant"}, 200 if made else 400)

    async def userinfo(request: Request) -> Response:
        found = desk.userinfo(request.headers.get("authorization", "").removeprefix("Bearer "))
        return JSONResponse(found or {"error": "invalid_token"}, 200 if found else 401)

    async def keys(_request: Request) -> Response:
        return JSONResponse(desk.keys())

    async def control(request: Request) -> Response:
        desk.lies = await request.json()
        return JSONResponse(desk.lies)

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/authorize", authorize, methods=["GET", "POST"]),
            Route("/token", token, methods=["POST"]),
            Route("/userinfo", userinfo),
            Route("/keys", keys),
            Route("/_sandbox/oidc", control, methods=["POST"]),
        ]
    )
