"""`python -m benchmarks.rivals.viewers URL COOKIE COUNT LINES`: many browsers at one stream.

Prints `ready` when all are connected; when each has seen LINES lines, one JSON object: the milliseconds from a line's
making (its text is `at:<ns>`) to each viewer, as percentiles.
"""

import asyncio
import json
import re
import sys
import time
from urllib.parse import urlsplit

STAMP = re.compile(rb"at:(\d+)")


async def view(url: str, cookie: str, lines: int, connected: asyncio.Semaphore) -> list[float]:
    """Return the milliseconds of each line seen."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n"
    writer.write(head.encode())
    status = await reader.readline()
    assert b" 200 " in status, status
    connected.release()
    seen: list[float] = []
    while len(seen) < lines:
        piece = await reader.readline()
        now = time.time_ns()
        seen += [(now - int(stamp)) / 1e6 for stamp in STAMP.findall(piece)]
    writer.close()
    return seen


async def main() -> None:
    """Connect all, say so, and measure."""
    url, cookie, count, lines = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    connected = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(view(url, cookie, lines, connected)) for _ in range(count)]
    for _ in tasks:
        await connected.acquire()
    print("ready", flush=True)
    found = sorted(ms for seen in await asyncio.gather(*tasks) for ms in seen)
    percent = {f"p{share}": found[int(len(found) * share / 100) - 1] for share in (50, 95, 99)}
    print(json.dumps({**percent, "seen": len(found)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
