"""Refusals of requests that do not say, or not rightly, who asks."""

from apps.core.errors import AppError


class Unauthenticated(AppError):
    """Nobody known asks: the key is missing, unknown, expired, revoked or of another environment."""

    code = "unauthenticated"
    status = 401
