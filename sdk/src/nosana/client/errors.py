"""What can go wrong, as classes: every refusal of the platform with its code, sentence and field paths."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


class NosanaError(Exception):
    """Anything this library raises on purpose."""


class ConfigurationError(NosanaError):
    """No key, no organisation, an address that is none, or a profile that does not exist."""


class NoKey(ConfigurationError):
    """Nobody is signed in: no key is given, and the profile holds none."""


class NameMissing(NosanaError, ValueError):
    """What was to be named (a job, a project) has an empty name, or one that is none."""


class NoAnswer(NosanaError):
    """The platform could not be reached, or broke off: nobody knows whether the request was carried out.

    `idempotency_key` is what a POST was sent with: sending it again with this key is safe, and does it once.
    """

    def __init__(self, message: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key


class AnswerTimeout(NoAnswer):
    """The platform took longer than the time limit of the request."""


class AnswerUnreadable(NosanaError):
    """What came is not an answer of the platform: not JSON, or another shape than this version knows."""


class WaitTimeout(NosanaError):
    """What was waited for did not happen within the time given; it may still happen."""


class JobFailed(NosanaError):
    """A job that was to succeed did not (`wait(check=True)`): `job` as it ended, `result` what it gave back."""

    def __init__(self, message: str, *, job: Any, result: Any) -> None:
        super().__init__(message)
        self.job, self.result = job, result


class ApprovalNeeded(NosanaError):
    """A second person must agree first; `approval` is the id of the request, and nothing is to be sent again."""

    def __init__(self, approval: str) -> None:
        super().__init__(f"A second person must approve it first; follow request {approval} under approvals.")
        self.approval = approval


@dataclass(frozen=True)
class NextStep:
    """Where a person can mend what was refused, such as the page of a top-up."""

    label: str
    url: str


class ApiError(NosanaError):
    """A refusal of the platform (problem+json).

    `status` is the HTTP status, `code` is for programs and stable, `detail` is a sentence for people, `fields` has the
    sentences by the path of a field ("definition.ops.0.args"), `next` is where to mend it, `retry_after` the
    seconds until it makes sense to try again, `problem` the whole document.
    """

    def __init__(self, status: int, problem: dict[str, Any], *, retry_after: float | None = None) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code") or "error")
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP status {status}")
        self.fields: dict[str, list[str]] = {
            str(path): [str(one) for one in (found if isinstance(found, list) else [found])]
            for path, found in dict(problem.get("fields") or {}).items()
        }
        step = problem.get("next")
        self.next = NextStep(str(step["label"]), str(step["url"])) if isinstance(step, dict) and step else None
        self.retry_after = retry_after
        super().__init__(self.detail)

    def __str__(self) -> str:
        return f"{self.detail} [{self.status} {self.code}]"


class Invalid(ApiError):
    """The request is not as it should be (400, 415, 422): see `fields`."""


class Unauthenticated(ApiError):
    """The key is missing, unknown, expired, revoked or of another environment (401)."""


class NotEnoughCredits(ApiError):
    """The balance does not cover the hold (402); `missing_micro` is what lacks, `next` is where to top up."""

    @property
    def missing_micro(self) -> int | None:
        """How many micro-NOS lack, where the platform says so."""
        found = self.problem.get("missing_micro")
        return found if isinstance(found, int) else None


class Denied(ApiError):
    """The role or the scopes do not allow it (403)."""


class NotFound(ApiError):
    """It does not exist, or belongs to somebody else (404)."""


class Conflict(ApiError):
    """It no longer fits the state of the thing (409), or would pass a cap."""


class IdempotencyKeyReused(Conflict):
    """The Idempotency-Key was used for something else before (409)."""


class Changed(ApiError):
    """Somebody changed the thing since it was read (412)."""


class TooLarge(ApiError):
    """The body is over the platform's limit (413)."""


class RateLimited(ApiError):
    """Too many requests with this key (429); `retry_after` says how long to wait, in seconds."""


class ServerError(ApiError):
    """The platform failed (5xx); nothing is half done."""


BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthenticated,
    402: NotEnoughCredits,
    403: Denied,
    404: NotFound,
    409: Conflict,
    412: Changed,
    413: TooLarge,
    415: Invalid,
    422: Invalid,
    428: Changed,
    429: RateLimited,
}
BY_CODE: dict[str, type[ApiError]] = {"key_reused": IdempotencyKeyReused}


def error_of(status: int, body: bytes, *, retry_after: float | None = None) -> ApiError:
    """Return the refusal that an answer tells of, also where a proxy in between wrote it."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        sentence = f"The platform answered with HTTP status {status} and no explanation"
        doubt = "; is this the address of the platform?" if 300 <= status < 500 else "."
        problem = {"detail": sentence + doubt}
    kind = BY_CODE.get(str(problem.get("code")))
    if kind is None or status < 400:
        kind = BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    return kind(status, problem, retry_after=retry_after)
