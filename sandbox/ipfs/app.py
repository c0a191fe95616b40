"""The pinning endpoints of Pinata and a gateway. Source: network facts, 2."""

import json
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.ipfs.store import Store

LIMIT = 100_000_000


def application(data: Path) -> Starlette:
    """Return the service over the folder `data`."""
    store = Store(data)

    def pinned(content: bytes) -> JSONResponse:
        cid = store.put(content)
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return JSONResponse({"IpfsHash": cid, "PinSize": len(content), "Timestamp": moment})

    async def pin_json(request: Request) -> Response:
        body = await request.body()
        if len(body) > LIMIT:
            return refused(413, f"The JSON is larger than {LIMIT:,} bytes.")
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return refused(400, "The body is not JSON: send the value to pin.")
        if isinstance(value, dict) and "pinataContent" in value:
            value = value["pinataContent"]
        return pinned(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"))

    async def pin_file(request: Request) -> Response:
        form = await request.form()
        file = form.get("file")
        if not isinstance(file, UploadFile):
            return refused(400, 'There is no file: send it as the form field "file".')
        content = await file.read()
        return (
            refused(413, f"The file is larger than {LIMIT:,} bytes.") if len(content) > LIMIT else pinned(content)
        )

    async def gateway(request: Request) -> Response:
        cid = request.path_params["cid"]
        content = store.get(cid)
        if content is None:
            return refused(404, "There is no such content here: pin it first.")
        kind = "application/json" if content[:1] in (b"{", b"[") else "application/octet-stream"
        headers = {
            "Cache-Control": "public, max-age=29030400, immutable",
            "ETag": f'"{cid}"',
            "X-Ipfs-Path": f"/ipfs/{cid}",
        }
        return Response(content, media_type=kind, headers=headers)

    routes = [
        Route("/pinning/pinJSONToIPFS", pin_json, methods=["POST"]),
        Route("/pinning/pinFileToIPFS", pin_file, methods=["POST"]),
        Route("/ipfs/{cid}", gateway),
    ]
    cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    return Starlette(routes=routes, middleware=[cors])


def refused(status: int, sentence: str) -> JSONResponse:
    """Return an error in Pinata's shape."""
    return JSONResponse({"error": {"reason": "REFUSED", "details": sentence}}, status)
