"""The platform from a program: `Nosana` blocks, `AsyncNosana` is awaited, both with the same names."""

from nosana.client.clients import AsyncNosana, Nosana
from nosana.client.definitions import NoMarket, definition_of
from nosana.client.errors import (
    AnswerTimeout,
    AnswerUnreadable,
    ApiError,
    ApprovalNeeded,
    Changed,
    ConfigurationError,
    Conflict,
    Denied,
    IdempotencyKeyReused,
    Invalid,
    JobFailed,
    NameMissing,
    NextStep,
    NoAnswer,
    NoKey,
    NosanaError,
    NotEnoughCredits,
    NotFound,
    RateLimited,
    ServerError,
    TooLarge,
    Unauthenticated,
    WaitTimeout,
)
from nosana.client.modes import Async, Sync
from nosana.client.pages import Pages
from nosana.client.resources.base import NOTHING
from nosana.client.retries import Patience
from nosana.client.streams import Stream

__all__ = [
    "NOTHING", "AnswerTimeout", "AnswerUnreadable", "ApiError", "ApprovalNeeded", "Async", "AsyncNosana", "Changed",
    "ConfigurationError", "Conflict", "Denied", "IdempotencyKeyReused", "Invalid", "JobFailed", "NameMissing",
    "NextStep", "NoAnswer", "NoKey",
    "NoMarket", "Nosana", "NosanaError", "NotEnoughCredits", "NotFound", "Pages", "Patience", "RateLimited",
    "ServerError", "Stream", "Sync", "TooLarge", "Unauthenticated", "WaitTimeout", "definition_of",
]  # fmt: skip
