"""CSV and JSON that are streamed; CSV is safe to open: no cell can become a formula of a spreadsheet."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.http import StreamingHttpResponse

# What a spreadsheet takes for the beginning of one; some read the wide letters of East Asian keyboards likewise.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)  # an amount that is less than nothing is no formula
LINES_AT_ONCE = 500


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def cell(value: object) -> str:
    """Return the value as a cell; text that a spreadsheet would run as a formula starts with an apostrophe."""
    if value is None or isinstance(value, bool):
        return "" if value is None else "yes" if value else "no"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    harmless = isinstance(value, int | float | Decimal) or not text.lstrip().startswith(FORMULA)
    return text if harmless or NUMBER.fullmatch(text) else f"'{text}"


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the header and the rows as lines of CSV (RFC 4180)."""
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def streamed(filename: str, pieces: Iterable[str | bytes], media_type: str) -> StreamingHttpResponse:
    """Answer with a file to keep, whose pieces are sent as they are made."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(pieces, content_type=media_type, headers=headers)


def csv_response(filename: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """Answer with the lines as a file to keep, some hundreds at once, in constant memory."""
    return streamed(filename, _blocks(lines), "text/csv; charset=utf-8")


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    block: list[str] = []
    for line in lines:
        block.append(line)
        if len(block) == LINES_AT_ONCE:
            yield "".join(block)
            block.clear()
    yield "".join(block)


def json_lines(rows: Iterable[object]) -> Iterator[str]:
    """Yield the rows as one JSON array, a row a line."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"
