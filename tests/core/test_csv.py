"""CSV: streamed piece by piece, and safe to open in a spreadsheet."""

import asyncio
import csv
import io
from collections.abc import Iterator

import pytest
from django.test import AsyncRequestFactory, RequestFactory

from apps.core.csv import LINES_AT_ONCE, cell, csv_lines, csv_response, json_lines

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1"])
def test_no_cell_can_become_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_what_is_no_formula_stays_as_it_is() -> None:
    cells = ["Acme", -5, None, True, {"a": "é"}, "", "a=1"]
    assert [cell(one) for one in cells] == ["Acme", "-5", "", "yes", '{"a": "é"}', "", "a=1"]
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
    answer = csv_response(RequestFactory().get("/"), "x.csv", counted(5 * LINES_AT_ONCE, made))
    first = next(iter(answer.streaming_content))
    assert (first.count(b"\n"), len(made)) == (LINES_AT_ONCE, LINES_AT_ONCE)


def test_an_asynchronous_server_gets_them_piece_by_piece_too() -> None:
    made: list[int] = []
    answer = csv_response(AsyncRequestFactory().get("/"), "x.csv", counted(5 * LINES_AT_ONCE, made))

    async def read() -> list[int]:
        return [len(made) async for _ in answer.streaming_content]

    assert asyncio.run(read())[:2] == [LINES_AT_ONCE, 2 * LINES_AT_ONCE]
