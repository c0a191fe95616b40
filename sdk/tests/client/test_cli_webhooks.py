"""Endpoints from a terminal: tried, looked at, sent again, turned on."""

import json
from typing import Any

import pytest

from sdk.tests.client.told import Platform, Run

ID = "0199aaaa-0000-7000-8000-000000000001"
EVENT = {
    "id": "e1",
    "type": "webhook.test",
    "subject": "test:1",
    "sequence": 1,
    "data": {},
    "at": "2026-11-23T12:00:00Z",
}


def delivery(state: str, *, tries: int, behind: bool = False, **log: Any) -> dict[str, Any]:
    sent = {"at": "2026-11-23T12:00:01Z", "status": None, "milliseconds": 12, "error": "", "answer": ""}
    return {
        "id": ID, "event": EVENT, "state": state, "behind": behind, "tries": tries, "delivered_at": None,
        "next_try_at": "2026-11-23T12:00:00Z", "log": [{**sent, **log}] if tries else [],
    }  # fmt: skip


def page(*items: Any) -> dict[str, Any]:
    return {"items": [*items], "next_cursor": None}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nosana.cli.hooks.time.sleep", lambda _: None)


def test_a_test_tells_what_the_endpoint_answered(nosana: Run, platform: Platform) -> None:
    taken = delivery("delivered", tries=1, status=204)
    platform.says(EVENT, page(delivery("waiting", tries=0)), page(taken), taken)
    assert nosana("webhook", "test", ID).stdout == "It arrived: 204 after 12 ms\n"
    refused = delivery("dead", tries=1, status=500, answer="boom\n  at line 3")
    platform.says(EVENT, page(refused), refused)
    assert nosana("webhook", "test", ID, code=1).stdout == "It was not taken: 500 after 12 ms: boom at line 3\n"


def test_deliveries_say_what_they_wait_for_and_can_be_sent_again(nosana: Run, platform: Platform) -> None:
    platform.says(page(delivery("waiting", tries=0, behind=True), delivery("waiting", tries=2)))
    behind, waits = nosana("webhook", "deliveries", ID).stdout.splitlines()[1:]
    assert "behind an earlier one" in behind
    assert "2026-11-23" in waits
    dead = delivery("dead", tries=1, error="No answer within 15 seconds.")
    platform.says(dead, {**dead, "state": "waiting"})
    assert "No answer within 15 seconds." in nosana("webhook", "resend", ID, ID).stdout
    assert platform.asked[-2].url.path.endswith(f"/deliveries/{ID}/resend")


def test_an_endpoint_is_turned_on_and_told_of_everything(nosana: Run, platform: Platform) -> None:
    one = {"id": ID, "url": "https://x", "types": [], "description": "", "failing_since": None, "off_at": None,
           "off_reason": "", "old_secret_until": None}  # fmt: skip
    platform.says(one, one)
    assert "all" in nosana("webhook", "update", ID, "--on", "--all-events").stdout
    assert json.loads(platform.asked[0].content) == {"types": [], "on": True}
    assert "either" in nosana("webhook", "update", ID, "--event", "job.failed", "--all-events", code=2).stderr
