"""What comes from a gateway comes within its time."""

import asyncio

import pytest
from nosana.ipfs import IpfsClient, IpfsError, cid_of

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


def test_a_gateway_that_sends_a_byte_now_and_then_is_given_up() -> None:
    async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        while not writer.is_closing():
            writer.write(b".")
            await asyncio.sleep(0.02)

    async def fetched() -> bytes:
        server = await asyncio.start_server(trickle, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            return await asyncio.wait_for(IpfsClient(url, url, whole_seconds=0.3).fetch(cid_of(b"any")), 20)

    with pytest.raises(IpfsError, match=r"did not come within 0\.3 s"):
        asyncio.run(fetched())
