"""Logs as they are written, over connections that break."""

import json
from dataclasses import replace

import httpx
import pytest
from nosana.client import Denied, NoAnswer
from nosana.client.streams import Event, Parser

from sdk.tests.client.told import QUICK, connected, connected_async


def line(number):
    return {
        "seq": number,
        "op": "main",
        "stream": "container",
        "at": "2026-11-23T12:00:00Z",
        "text": f"line {number}",
    }


def log(*numbers):
    data = "\n".join(f"data: {json.dumps(line(number))}" for number in numbers)
    return f"id: {numbers[-1]}\nevent: log\n{data}\n\n"


END = "event: end\ndata: {}\n\n"


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, *pieces):
        self.pieces = pieces

    def __iter__(self):
        for piece in self.pieces:
            yield piece.encode()
        raise httpx.ReadError("cut")

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece.encode()
        raise httpx.ReadError("cut")


def told(*pieces):
    return httpx.Response(200, text="".join(pieces), headers={"Content-Type": "text/event-stream"})


def test_a_log_ends_when_it_is_whole_and_a_job_that_is_followed_when_its_cost_is_final(platform, client):
    state = 'event: state\ndata: {"state": "completed", "seen": "b"}\n\n'
    platform.says(*[told(log(1), "event: whole\ndata: {}\n\n", state, log(2), END)] * 2)
    assert [one.text for one in client.jobs.logs("x")] == ["line 1"]
    assert [getattr(one, "state", "log") for one in client.jobs.follow("x")] == ["log", "completed", "log"]


def test_a_log_is_told_to_its_end(platform, client):
    platform.says(
        told("retry: 1\n\n", log(1, 2), ": still here\n\n", 'event: state\ndata: {"state": "x"}\n\n', log(3), END)
    )
    assert [one.text for one in client.jobs.logs("x", tail=5)] == ["line 1", "line 2", "line 3"]
    assert dict(platform.asked[0].url.params) == {"tail": "5"}
    assert platform.asked[0].headers["Accept"] == "text/event-stream"


def test_a_broken_log_goes_on_after_the_last_line_nothing_twice(platform, client):
    half = log(4)[:30]
    platform.says(
        httpx.Response(200, stream=Cut(log(1, 2), half)), httpx.ConnectError("away"), told(log(3), log(4), END)
    )
    assert [one.seq for one in client.jobs.logs("x", tail=2)] == [1, 2, 3, 4]
    assert [request.headers.get("Last-Event-ID") for request in platform.asked] == [None, "2", "2"]
    assert [dict(request.url.params) for request in platform.asked] == [{"tail": "2"}, {}, {}]


def test_a_platform_that_stays_away_is_told(platform, client):
    platform.says(told(log(1)), *[httpx.ConnectError("away")] * 400)
    walk = iter(client.jobs.logs("x"))
    assert next(walk).seq == 1
    with pytest.raises(NoAnswer):
        next(walk)


def test_a_log_bears_a_restart_that_takes_longer_than_its_repeats(platform):
    away = [httpx.ConnectError("away")] * 9 + [httpx.Response(502, text="<h1>Bad gateway</h1>")] * 5
    with connected(platform, patience=replace(QUICK, away=60)) as client:
        platform.says(told(log(1)), *away, told(log(2), END))
        assert [one.seq for one in client.jobs.logs("x")] == [1, 2]
        platform.says(*away)
        with pytest.raises(NoAnswer):  # what was never there is not waited for
            next(iter(client.jobs.logs("x")))


def test_whoever_may_not_follow_any_more_is_told_why(platform, client):
    refused = {"status": 403, "code": "denied", "detail": "Your role changed."}
    platform.says(told(log(1), f"event: refused\ndata: {json.dumps(refused)}\n\n"))
    walk = iter(client.jobs.logs("x"))
    next(walk)
    with pytest.raises(Denied, match="Your role changed"):
        next(walk)


@pytest.mark.anyio
async def test_a_log_is_followed_asynchronously(platform):
    platform.says(httpx.Response(200, stream=Cut(log(1))), told(log(2), END))
    async with connected_async(platform) as client:
        assert [one.seq async for one in client.jobs.logs("x")] == [1, 2]


def test_a_log_that_is_left_hangs_up(platform, client):
    platform.says(told(log(1), log(2), END))
    for _ in client.jobs.logs("x"):
        break


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["data: a", "data:b", ""], Event("message", "a\nb")),
        (["event: log", "id: 7", "data", ""], Event("log", "", "7")),
        ([": comment", "event: lonely", ""], None),
        (["id: a\0b", "data: x", ""], Event("message", "x")),
    ],
)
def test_events_are_read_as_the_standard_says(lines, wanted):
    parser = Parser()
    assert [parser.line(one) for one in lines][-1] == wanted
