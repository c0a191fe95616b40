"""CSV: streamed piece by piece, and safe to open in a spreadsheet."""

import asyncio
import csv
import io
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.http import FileResponse, StreamingHttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from apps.core.csv import LINES_AT_ONCE, cell, csv_lines, csv_response, json_lines, streamed
from apps.core.middleware import StreamMiddleware

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "-1\n", "@x", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1"])
def test_no_cell_can_become_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_what_is_no_formula_stays_as_it_is() -> None:
    cells = ["Acme", -5, "-0.027090", None, True, {"a": "é"}, "", "a=1"]
    assert [cell(one) for one in cells] == ["Acme", "-5", "-0.027090", "", "yes", '{"a": "é"}', "", "a=1"]
    assert "".join(json_lines([])) == "[]\n"


def test_lines_read_back_as_they_were() -> None:
    rows = [["a,b", 'say "x"', "two\nlines"]]
    assert list(csv.reader(io.StringIO("".join(csv_lines(["1", "2", "3"], rows)))))[1:] == rows


def counted(number: int, made: list[int]) -> Iterator[str]:
    """Yield lines and note how many were made."""
    for n in range(number):
        made.append(n)
        yield f"{n}\n"


def test_lines_are_made_as_they_are_sent() -> None:
    made: list[int] = []
    answer = csv_response("x.csv", counted(5 * LINES_AT_ONCE, made))
    first = next(iter(answer.streaming_content))
    assert (first.count(b"\n"), len(made)) == (LINES_AT_ONCE, LINES_AT_ONCE)


@pytest.mark.parametrize("kind", ["csv", "json", "file"])
def test_an_asynchronous_server_gets_a_stream_piece_by_piece_and_from_the_requests_own_thread(kind: str) -> None:
    made: list[int] = []
    threads: set[int] = set()

    def lines() -> Iterator[str]:
        for line in counted(40_000, made):
            threads.add(threading.get_ident())
            yield line

    answers: dict[str, Callable[[], StreamingHttpResponse]] = {
        "csv": lambda: csv_response("x.csv", lines()),
        "json": lambda: streamed("x.json", lines(), "application/json"),
        "file": lambda: FileResponse(io.BytesIO("".join(lines()).encode())),
    }

    async def read() -> tuple[list[bytes], list[int]]:
        async with ThreadSensitiveContext():
            request = AsyncRequestFactory().get("/")
            answer = await sync_to_async(StreamMiddleware(lambda _: answers[kind]()))(request)
            threads.add(await sync_to_async(threading.get_ident)())
            pieces, counts = [], []
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                async for piece in answer:
                    pieces.append(piece)
                    counts.append(len(made))
            return pieces, counts

    pieces, counts = asyncio.run(read())
    assert b"".join(pieces) == b"".join(f"{n}\n".encode() for n in range(40_000))
    assert len(threads) == 1
    assert kind == "file" or (len(counts) > 3 and counts[0] < 15_000 and counts == sorted(set(counts)))


def test_what_streams_by_itself_and_other_servers_are_left_alone() -> None:
    async def events() -> AsyncIterator[str]:
        yield "a"

    live = StreamingHttpResponse(events())
    assert StreamMiddleware(lambda _: live)(AsyncRequestFactory().get("/")) is live
    plain = csv_response("x.csv", ["a\n"])
    assert list(StreamMiddleware(lambda _: plain)(RequestFactory().get("/"))) == [b"a\n"]
