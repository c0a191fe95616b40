"""The stand-in for the European Union's register of VAT ids."""

from pathlib import Path

import httpx

from tests.sandbox.processes import started

ASK = "/rest-api/check-vat-number"
DE = {"countryCode": "DE", "vatNumber": "136695976"}
US = {"requesterMemberStateCode": "NL", "requesterNumber": "000099998B57"}


def test_answers_have_the_registers_shape_and_can_be_set_for_good(tmp_path: Path) -> None:
    command = ("sandbox.vies", "--port", "0", "--data", str(tmp_path))
    with started(*command) as part, httpx.Client(base_url=part.url, trust_env=False) as client:
        first = client.post(ASK, json=DE | US).json()
        assert (first["valid"], first["name"], first["traderName"]) == (True, "Company DE136695976", "---")
        assert first["requestIdentifier"].startswith("WAPI")
        assert client.post(ASK, json=DE).json()["requestIdentifier"] == ""
        wrong = client.post(ASK, json=DE | {"vatNumber": "136695977"}).json()
        assert (wrong["valid"], wrong["name"]) == (False, "---")
        for question in ({"countryCode": "XX", "vatNumber": "1"}, {}, []):
            refused = client.post(ASK, json=question)
            assert refused.json() == {"actionSucceed": False, "errorWrappers": [{"error": "INVALID_INPUT"}]}
        assert client.post("/_sandbox/vies", json={"trouble": "BAD_MOOD"}).status_code == 400
        assert client.post("/_sandbox/vies", json={"ids": {"DE136695976": {}}}).status_code == 400
        assert client.post("/_sandbox/vies", json={"ids": {"DE136695976": {"valid": False}}}).status_code == 200
    with started(*command) as part, httpx.Client(base_url=part.url, trust_env=False) as client:
        assert client.post(ASK, json=DE).json()["valid"] is False
        client.post("/_sandbox/vies", json={"trouble": "MS_UNAVAILABLE"})
        assert client.post(ASK, json=DE).json()["errorWrappers"] == [{"error": "MS_UNAVAILABLE"}]
        client.post("/_sandbox/vies", json={"trouble": "INVALID_REQUESTER_INFO"})
        assert client.post(ASK, json=DE | US).json()["errorWrappers"] == [{"error": "INVALID_REQUESTER_INFO"}]
        assert "valid" in client.post(ASK, json=DE).json()
