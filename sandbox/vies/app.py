"""`/rest-api/check-vat-number` in the register's shape, and `/_sandbox/vies` to set what it says.

A VAT id whose check digits are right is registered to a made-up company, unless it is set otherwise; `trouble` makes
every question fail with one of the register's own words, such as MS_UNAVAILABLE.
"""

import json
import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from stdnum.eu import vat as eu_vat

NOT_TOLD = "---"
TROUBLES = {
    "",
    "MS_UNAVAILABLE",
    "MS_MAX_CONCURRENT_REQ",
    "GLOBAL_MAX_CONCURRENT_REQ",
    "SERVICE_UNAVAILABLE",
    "TIMEOUT",
    "INVALID_REQUESTER_INFO",
}


class Register:
    """Which VAT ids are registered, whose they are, and what is wrong with the register; kept in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ids: dict[str, dict[str, Any]] = {}
        self.trouble = ""
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            kept = json.loads(file.read_text())
            self.ids, self.trouble = kept["ids"], kept["trouble"]

    def shown(self) -> dict[str, Any]:
        """Return what can be set."""
        return {"ids": self.ids, "trouble": self.trouble}

    def set(self, wanted: dict[str, Any]) -> None:
        """Take `ids` and `trouble` over and keep them. Raises ValueError with a sentence."""
        ids, trouble = wanted.get("ids", {}), wanted.get("trouble", self.trouble)
        if trouble not in TROUBLES:
            raise ValueError(f"There is no trouble “{trouble}”; choose from {', '.join(sorted(TROUBLES - {''}))}.")
        if not isinstance(ids, dict) or any(type(facts.get("valid")) is not bool for facts in ids.values()):
            raise ValueError('ids are facts by VAT id: send {"ids": {"DE136695976": {"valid": false}}}.')
        self.ids |= ids
        self.trouble = trouble
        making = self.file.with_suffix(".new")
        making.write_text(json.dumps(self.shown()))
        os.replace(making, self.file)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to one question, or the error that the register gives."""
        country, number = str(question.get("countryCode", "")), str(question.get("vatNumber", ""))
        if country.lower().replace("el", "gr") not in eu_vat.MEMBER_STATES or not number.isalnum():
            return error("INVALID_INPUT")
        requester = str(question.get("requesterMemberStateCode", "")) + str(question.get("requesterNumber", ""))
        if self.trouble and (self.trouble != "INVALID_REQUESTER_INFO" or requester):
            return error(self.trouble)
        vat_id = country + number
        facts = self.ids.get(vat_id, {"valid": eu_vat.is_valid(vat_id)})
        known = facts["valid"]
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        consultation = sha256(f"{requester}{vat_id}{now}".encode()).hexdigest()[:12].upper()
        return {
            "countryCode": country,
            "vatNumber": number,
            "requestDate": now,
            "valid": known,
            "requestIdentifier": f"WAPI{consultation}" if requester else "",
            "name": facts.get("name", f"Company {vat_id}") if known else NOT_TOLD,
            "address": facts.get("address", f"Main Street 1\n{country}-1000 Sandbox") if known else NOT_TOLD,
            "traderName": NOT_TOLD,
            "traderStreet": NOT_TOLD,
            "traderPostalCode": NOT_TOLD,
            "traderCity": NOT_TOLD,
            "traderCompanyType": NOT_TOLD,
        }


def error(word: str) -> dict[str, Any]:
    """Return an error as the register words it."""
    return {"actionSucceed": False, "errorWrappers": [{"error": word}]}


def application(data: Path) -> Starlette:
    """Return the service; what was set is kept in the folder `data`."""
    register = Register(data / "vies.json")

    async def check(request: Request) -> Response:
        try:
            question = await request.json()
        except ValueError:
            question = None
        if not isinstance(question, dict):
            return JSONResponse(error("INVALID_INPUT"), 400)
        answer = register.answer(question)
        return JSONResponse(answer, 400 if answer.get("errorWrappers") == [{"error": "INVALID_INPUT"}] else 200)

    async def settings(request: Request) -> Response:
        if request.method == "POST":
            try:
                register.set(dict(await request.json()))
            except (ValueError, TypeError, AttributeError) as wrong:
                return JSONResponse({"error": str(wrong)}, 400)
        return JSONResponse(register.shown())

    return Starlette(
        routes=[
            Route("/rest-api/check-vat-number", check, methods=["POST"]),
            Route("/_sandbox/vies", settings, methods=["GET", "POST"]),
        ]
    )
