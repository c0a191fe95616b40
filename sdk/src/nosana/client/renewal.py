"""Tokens of a sign-in by browser (OAuth 2): short-lived, renewed with the refresh token that the profile keeps."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nosana.client.settings import Renewal, Settings, profile_write

if TYPE_CHECKING:
    from nosana.client.lines import Line

CLIENT_ID = "nosana-cli"
DEVICE, TOKEN, REVOKE = (f"/identity/o/api/{what}" for what in ("device/code", "token", "revoke"))


def tokens_keep(path: Path, profile: str, answer: Mapping[str, Any], *, before: str | None = None) -> str:
    """Write the tokens of an answer into a profile and return the access token."""
    token = str(answer["access_token"])
    expires = str(int(time.time() + float(answer.get("expires_in", 3600))))
    refresh = str(answer.get("refresh_token") or before or "")
    profile_write(path, profile, {"key": token, "refresh": refresh or None, "expires": expires})
    return token


async def renew(line: Line, settings: Settings, renewal: Renewal) -> str | None:
    """Return a new access token, kept in the profile; None when the sign-in has ended."""
    form = {"grant_type": "refresh_token", "refresh_token": renewal.refresh, "client_id": CLIENT_ID}
    request = line.build("POST", settings.url + TOKEN, data=form)
    answer = await line.send(request)
    if answer.status_code != 200:
        return None
    return tokens_keep(renewal.path, renewal.profile, answer.json(), before=renewal.refresh)
