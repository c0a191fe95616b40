"""Files: evidence of a dispute, uploaded as multipart form data, kept whole."""

import base64

from starlette.datastructures import FormData, UploadFile

from sandbox.stripe.endpoints import Call
from sandbox.stripe.errors import InvalidRequest
from sandbox.stripe.objects import base
from sandbox.stripe.store import Json
from sandbox.stripe.world import public

MOST_BYTES = 4_500_000
BEGINNINGS = {b"%PDF-": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}


async def upload_read(form: FormData) -> Json:
    """Return the form's parameters; the file is its name, a line break, and its bytes in base64."""
    given: Json = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = base64.b64encode(await value.read()).decode()
            given[name] = f"{value.filename or 'file'}\n{content}"
        else:
            given[name] = value
    return given


def file_create(call: Call) -> Json:
    """Keep a file. Raises InvalidRequest for one that is empty, too large, or no PDF, PNG or JPEG."""
    name, _, encoded = call.given["file"].partition("\n")
    content = base64.b64decode(encoded)
    kind = next((kind for beginning, kind in BEGINNINGS.items() if content.startswith(beginning)), None)
    if kind is None:
        raise InvalidRequest("Evidence must be a PDF, a PNG or a JPEG file.", param="file")
    if len(content) > MOST_BYTES:
        raise InvalidRequest(f"The file is too large: at most {MOST_BYTES} bytes are allowed.", param="file")
    thing = base("file", "file", call.sandbox.now())
    del thing["livemode"]
    thing |= {
        "expires_at": None,
        "filename": name,
        "links": None,
        "purpose": call.given["purpose"],
        "size": len(content),
        "title": None,
        "type": kind,
        "url": None,
        "_content": encoded,
    }
    return public(call.sandbox.store.put(thing))
