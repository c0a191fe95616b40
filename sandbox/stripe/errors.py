"""Stripe's errors: their status, their JSON shape, and whether an idempotency key remembers them."""

from typing import Any


class StripeError(Exception):
    """An error answer in Stripe's shape.

    `began` tells that the act had started: what it wrote stays, and its idempotency key replays the error.
    """

    status = 400
    type = "invalid_request_error"
    began = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.status = status or self.status
        self.more = more

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON that Stripe would answer with."""
        error: dict[str, Any] = {"message": self.message, "type": self.type}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        error |= self.more
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


class InvalidRequest(StripeError):
    """The request cannot be understood or names what does not exist; nothing has happened."""


class InvalidState(StripeError):
    """The object is not in a state that allows the act."""

    began = True


class CardError(StripeError):
    """The bank said no."""

    status = 402
    type = "card_error"
    began = True


class IdempotencyError(StripeError):
    """The idempotency key cannot be used for this request."""

    type = "idempotency_error"


class ApiError(StripeError):
    """Stripe itself failed; only a fault switch causes this."""

    status = 500
    type = "api_error"


def missing(kind: str, object_id: str, param: str = "id") -> InvalidRequest:
    """Return the error for an object that does not exist: 404 when the address names it, else 400."""
    return InvalidRequest(
        f"No such {kind}: '{object_id}'",
        code="resource_missing",
        param=param,
        status=404 if param == "id" else 400,
    )
