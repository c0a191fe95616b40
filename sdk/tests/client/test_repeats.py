"""When a request is sent again, and when not."""

import httpx
import pytest
from nosana.client import (
    AnswerTimeout,
    ApiError,
    ConfigurationError,
    IdempotencyKeyReused,
    Invalid,
    NoAnswer,
    NotEnoughCredits,
    NotFound,
    Patience,
    RateLimited,
    ServerError,
    TooLarge,
    Unauthenticated,
)
from nosana.client.retries import retry_after

from sdk.tests.client.told import JOB, connected, connected_async, problem

BALANCE = {"available_micro": 1, "held_micro": 2, "frozen_micro": 3}


@pytest.mark.parametrize(
    "broken",
    [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"),
     problem(503), problem(429), problem(502), problem(504), problem(500)],
)  # fmt: skip
def test_a_question_is_asked_again_after(broken, platform, client):
    platform.says(broken, BALANCE)
    assert client.balance.get().held_micro == 2
    assert len(platform.asked) == 2


@pytest.mark.parametrize(
    "broken", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), problem(503), problem(502), problem(429)]
)
def test_a_post_is_sent_again_with_the_same_key(broken, platform, client):
    platform.says(broken, JOB)
    client.jobs.stop(JOB["id"])
    first, second = platform.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.content == second.content


def test_each_post_has_a_key_of_its_own_and_takes_one_that_is_given(platform, client):
    platform.says(JOB, JOB, JOB)
    for key in (None, None, "mine"):
        client.jobs.stop(JOB["id"], idempotency_key=key)
    one, two, three = (request.headers["Idempotency-Key"] for request in platform.asked)
    assert one != two
    assert three == "mine"


def test_a_post_that_failed_inside_the_platform_is_not_sent_again(platform, client):
    platform.says(problem(500, "server_error"))
    with pytest.raises(ServerError):
        client.jobs.stop(JOB["id"])
    assert len(platform.asked) == 1


def test_a_patch_goes_again_only_when_the_first_one_certainly_was_not_done(platform, client):
    platform.says(httpx.ConnectError("refused"), problem(503), httpx.ReadTimeout("slow"))
    with pytest.raises(AnswerTimeout):
        client.members.update(1, role="viewer")
    assert len(platform.asked) == 3


@pytest.mark.parametrize("key", ["", " ", "é", "two\nlines"])
def test_a_key_that_no_header_takes_is_refused_before_anything_is_sent(platform, client, key):
    with pytest.raises(ConfigurationError, match="visible ASCII"):
        client.jobs.run("ubuntu", [1, 2], market="gpu", idempotency_key=key)
    assert platform.asked == []


def test_a_refusal_is_not_asked_again(platform, client):
    platform.says(problem(404, "not_found"))
    with pytest.raises(NotFound):
        client.jobs.get("x")
    assert len(platform.asked) == 1


def test_it_gives_up_after_some_tries_and_says_with_which_key(platform, client):
    platform.says(*[httpx.ConnectError("refused")] * 4)
    with pytest.raises(NoAnswer) as caught:
        client.jobs.stop(JOB["id"])
    assert len(platform.asked) == 4
    assert caught.value.idempotency_key == platform.asked[0].headers["Idempotency-Key"]


def test_it_waits_as_long_as_it_is_told_but_not_for_ever(platform, client):
    platform.says(problem(429, "too_many", headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as caught:
        client.balance.get()
    assert caught.value.retry_after == 3600
    assert len(platform.asked) == 1


def test_the_pause_is_what_is_asked_for_or_grows_by_itself():
    patience = Patience(retries=3, first=1, most=3, longest=10)
    assert patience.pause(1, 5) == 5
    assert patience.pause(1, 11) is None
    assert patience.pause(4, None) is None
    for tries, most in ((1, 1), (2, 2), (3, 3)):
        assert all(most / 2 <= patience.pause(tries, None) <= most for _ in range(50))
    assert len({patience.pause(1, None) for _ in range(20)}) > 1  # chance has its part


@pytest.mark.parametrize(
    ("text", "wanted"), [("7", 7.0), ("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)]
)
def test_retry_after_is_read(text, wanted):
    assert retry_after(httpx.Response(503, headers={"Retry-After": text})) == wanted


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid", Invalid), (422, "period_unknown", Invalid), (401, "key_expired", Unauthenticated),
        (402, "insufficient_credits", NotEnoughCredits), (409, "key_reused", IdempotencyKeyReused),
        (413, "body_too_large", TooLarge), (418, "teapot", ApiError),
    ],
)  # fmt: skip
def test_refusals_are_classes_with_the_codes_of_the_platform(status, code, kind, platform, client):
    platform.says(
        problem(status, code, fields={"a.0.b": ["Wrong."]}, next={"label": "Top up", "url": "https://x/"})
    )
    with pytest.raises(kind) as caught:
        client.balance.get()
    error = caught.value
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert error.fields == {"a.0.b": ["Wrong."]}
    assert error.next.url == "https://x/"
    assert str(error) == f"Refused: {code}. [{status} {code}]"


def test_what_lacks_is_told(platform, client):
    platform.says(problem(402, "insufficient_credits", missing_micro=12))
    with pytest.raises(NotEnoughCredits) as caught:
        client.balance.get()
    assert caught.value.missing_micro == 12


def test_a_refusal_that_somebody_else_wrote_is_told_too(platform):
    platform.says(*[httpx.Response(502, text="<h1>Bad gateway</h1>")] * 2)
    with pytest.raises(ServerError, match="HTTP status 502"):
        connected(platform, retries=1).balance.get()


@pytest.mark.anyio
async def test_the_asynchronous_client_does_the_same(platform):
    platform.says(problem(503), httpx.ReadTimeout("slow"), JOB)
    async with connected_async(platform) as client:
        job = await client.jobs.stop(JOB["id"])
    assert job.state == "running"
    assert len({request.headers["Idempotency-Key"] for request in platform.asked}) == 1


@pytest.mark.anyio
async def test_the_blocking_client_works_inside_a_running_loop(platform, client):
    platform.says(BALANCE)
    assert client.balance.get().available_micro == 1
