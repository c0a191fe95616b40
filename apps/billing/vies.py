"""VIES, the European Union's register of VAT ids, over its REST interface. Calls the network."""

from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from apps.billing.errors import ViesUnreachable

TIMEOUT = 10  # seconds
NOTHING = "---"  # what VIES says where a member state tells no name or address


@dataclass(frozen=True)
class Answer:
    """What VIES said: whether the id is valid now, whose it is where the member state tells, and the proof."""

    valid: bool
    name: str
    address: str
    consultation: str
    raw: dict[str, Any]


def vies_ask(vat_id: str, *, requester: str) -> Answer:
    """Ask whether a VAT id is valid now, in the name of `requester`'s VAT id. Raises ViesUnreachable.

    With a requester VIES gives a consultation number, which proves that it was asked; a requester that VIES does
    not know costs the number, not the answer.
    """
    question = {"countryCode": vat_id[:2], "vatNumber": vat_id[2:]}
    asked_by = {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]} if requester else {}
    try:
        body = _post(question | asked_by)
        trouble = _trouble(body)
        if asked_by and trouble == "INVALID_REQUESTER_INFO":
            body = _post(question)
            trouble = _trouble(body)
    except (httpx.HTTPError, ValueError) as error:
        raise ViesUnreachable(
            _("VIES cannot be reached (%(name)s); it is asked again.") % {"name": type(error).__name__}
        ) from error
    if trouble == "INVALID_INPUT":
        return Answer(valid=False, name="", address="", consultation="", raw=body)
    if trouble or type(body.get("valid")) is not bool:
        raise ViesUnreachable(
            _("VIES gives no answer at the moment (%(trouble)s); it is asked again.")
            % {"trouble": trouble or "unknown shape"}
        )
    return Answer(
        valid=body["valid"],
        name=_told(body, "name", 300),
        address=_told(body, "address", 500),
        consultation=_told(body, "requestIdentifier", 40),
        raw=body,
    )


def _post(question: dict[str, str]) -> dict[str, Any]:
    answer = httpx.post(f"{settings.VIES_URL}/check-vat-number", json=question, timeout=TIMEOUT)
    body = answer.json()
    if not isinstance(body, dict):
        raise ValueError("not an object")
    return body


def _trouble(body: dict[str, Any]) -> str:
    """Return VIES's own word for why it gives no answer, or "" if it gave one."""
    wrappers = body.get("errorWrappers")
    if isinstance(wrappers, list) and wrappers and isinstance(wrappers[0], dict):
        return str(wrappers[0].get("error", "unknown"))[:60]
    return ""


def _told(body: dict[str, Any], field: str, length: int) -> str:
    value = str(body.get(field) or "").replace("\0", "").strip()
    return "" if value == NOTHING else value[:length]
