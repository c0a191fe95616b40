"""Signing in by browser: a code here, a yes there (OAuth 2.0 device authorisation, RFC 8628)."""

from __future__ import annotations

import contextlib
import time
import webbrowser
from typing import Any

import httpx
import typer

from nosana.cli.frame import NO_ANSWER, SIGN_IN, USAGE, stop
from nosana.client.renewal import CLIENT_ID, DEVICE, REVOKE, TOKEN
from nosana.client.settings import is_local

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# What the commands take; a person sees each in words before they let the command line in.
SCOPE = (
    "organisation.view organisation.edit projects.manage keys.manage webhooks.manage balance.view billing.view "
    "billing.manage jobs.view jobs.launch jobs.stop"
)


def sign_in(url: str, *, http: httpx.Client | None = None) -> dict[str, Any]:
    """Return the tokens that a person grants in the browser; ends the command where that fails."""
    with http or httpx.Client(timeout=20, trust_env=not is_local(url)) as asked:
        try:
            found = _granted(asked, url)
        except httpx.TransportError as error:
            stop(f"{url} does not answer: {error}.", NO_ANSWER)
    if found is None:
        stop("the code has expired; run `nosana login` again.", SIGN_IN)
    return found


def sign_out(url: str, *tokens: str) -> None:
    """End a sign-in at the platform: each of its tokens; a platform that does not answer is left alone."""
    with httpx.Client(timeout=20, trust_env=not is_local(url)) as http, contextlib.suppress(httpx.TransportError):
        for token in tokens:
            http.post(url + REVOKE, data={"client_id": CLIENT_ID, "token": token})


def _granted(http: httpx.Client, url: str) -> dict[str, Any] | None:
    answer = http.post(url + DEVICE, data={"client_id": CLIENT_ID, "scope": SCOPE})
    if answer.status_code in (404, 405):
        stop("this platform has no sign-in by browser; give an API key with --key.", USAGE)
    found = _json(answer)
    if answer.status_code != 200 or "device_code" not in found:
        stop(
            f"the sign-in was refused: {found.get('error_description') or found.get('error') or answer.status_code}."
        )
    place = found.get("verification_uri_complete") or found["verification_uri"]
    typer.echo(f"Open {found['verification_uri']} and enter the code {found['user_code']}", err=True)
    webbrowser.open(place)
    pause, end = float(found.get("interval", 5)), time.monotonic() + float(found.get("expires_in", 600))
    form = {"grant_type": GRANT, "device_code": found["device_code"], "client_id": CLIENT_ID}
    while time.monotonic() < end:
        time.sleep(pause)
        answer = http.post(url + TOKEN, data=form)
        said = _json(answer)
        if answer.status_code == 200 and "access_token" in said:
            return said
        error = said.get("error")
        if error == "slow_down":
            pause += 5
        elif error == "access_denied":
            stop("the sign-in was refused in the browser.", SIGN_IN)
        elif error != "authorization_pending":
            break
    return None


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
