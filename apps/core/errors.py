"""Errors people may see: a code for programs, a status, and one clear sentence."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from apps.core.words import Words


class AppError(Exception):
    """A refusal with a code, an HTTP status and one sentence that says what, where and how to mend it.

    `fields` maps a field path to its own sentence; `step` is the next step as (label, URL), where there is one;
    `facts` are figures that a program reads besides the sentence.
    """

    code = "error"
    status = 400

    def __init__(
        self,
        message: Words,
        *,
        code: str | None = None,
        status: int | None = None,
        fields: Mapping[str, Sequence[str]] | None = None,
        step: tuple[str, str] | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.message = str(message)  # in the language that is spoken where it is refused
        super().__init__(self.message)
        self.code = code or self.code
        self.status = status or self.status
        self.fields = {path: [str(one) for one in sentences] for path, sentences in (fields or {}).items()}
        self.step = step
        self.facts = dict(facts or {})


class NotFound(AppError):
    """The thing does not exist, or not for this person: outsiders must not learn which."""

    code = "not_found"
    status = 404

    def __init__(
        self, message: Words = _("This page does not exist, or it belongs to an organisation you are not in.")
    ) -> None:
        super().__init__(message)


class Denied(AppError):
    """The person is a member, but the role does not allow the act."""

    code = "denied"
    status = 403


class Conflict(AppError):
    """The act no longer fits the state of the thing."""

    code = "conflict"
    status = 409


class KeyReused(Conflict):
    """An idempotency key came back with other content than it first had."""

    code = "key_reused"
