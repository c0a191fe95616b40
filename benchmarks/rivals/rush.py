"""A load of requests over kept connections, from a process of its own: `rush URL TOKEN CONNECTIONS SECONDS`."""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit


async def ask(host: str, port: int, request: bytes, until: float, taken: list[float]) -> None:
    """Ask again and again over one connection; note how long each answer took, in milliseconds."""
    reader, writer = await asyncio.open_connection(host, port)
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode() + (await reader.read(2000)).decode(errors="replace"))
        lines = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if lines:
            await reader.readexactly(int(lines[0][15:]))
        else:  # in pieces, for nothing counted them
            await reader.readuntil(b"\r\n0\r\n\r\n")
        taken.append((time.perf_counter() - began) * 1000)
    writer.close()


async def rush(url: str, token: str, connections: int, seconds: float) -> dict[str, float]:
    """Return requests a second and the 95th percentile in milliseconds."""
    parts = urlsplit(url)
    host, port = str(parts.hostname), int(parts.port or 80)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    await asyncio.gather(*(ask(host, port, request, time.perf_counter() + 1, []) for _ in range(connections)))
    taken: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(ask(host, port, request, until, taken) for _ in range(connections)))
    ordered = sorted(taken)
    return {"rate": len(ordered) / seconds, "p95": ordered[int(len(ordered) * 0.95) - 1]}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(rush(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))))
