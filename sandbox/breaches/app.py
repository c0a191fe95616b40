"""`/range/<five characters>` as the public register answers it, and `/_sandbox/asked` to see what it was asked.

It knows a handful of passwords that everybody knows; a range that holds none of them is padded with made-up digests of
count 0, as the register does on request.
"""

import hashlib

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

KNOWN = ("correcthorsebatterystaple", "password123456", "iloveyou2024!", "letmein-please")


def application(known: tuple[str, ...] = KNOWN) -> Starlette:
    """Return the register, which knows these passwords."""
    counts = {_digest(password): 3_000 + number for number, password in enumerate(known)}
    asked: list[str] = []

    async def of_range(request: Request) -> Response:
        prefix = request.path_params["prefix"].upper()
        asked.append(prefix)
        if len(prefix) != 5 or set(prefix) - set("0123456789ABCDEF"):
            return PlainTextResponse("The hash prefix was not in a valid format", 400)
        lines = [f"{digest[5:]}:{count}" for digest, count in counts.items() if digest.startswith(prefix)]
        padding = [f"{_digest(f'{prefix}{number}')[5:]}:0" for number in range(800)]
        return PlainTextResponse("\r\n".join(sorted(lines + padding)))

    async def told(_request: Request) -> Response:
        return JSONResponse(asked)

    return Starlette(routes=[Route("/range/{prefix}", of_range), Route("/_sandbox/asked", told)])


def _digest(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
