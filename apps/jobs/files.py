"""The results of a job as files: texts to download, images to look at, and never a page of somebody else's."""

import base64
import binascii
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

FILES_MOST = 500
DATA_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/=\s]+)\Z")
SIGNS = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}
ENDINGS = {"png": "png", "jpeg": "jpg", "gif": "gif", "webp": "webp"}


@dataclass(frozen=True)
class ResultFile:
    """One value of an operation's results; `number` is its place among all of the job's."""

    number: int
    operation: str
    key: str
    name: str
    content_type: str
    content: bytes

    @property
    def image(self) -> bool:
        """Whether it is an image, by its own first bytes."""
        return self.content_type.startswith("image/")

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.content)

    @property
    def preview(self) -> str:
        """Its first 500 characters, of a text."""
        return "" if self.image else self.content[:2_000].decode("utf-8", "ignore")[:500]

    @property
    def cut(self) -> bool:
        """Whether the preview leaves something out."""
        return not self.image and len(self.preview.encode()) < len(self.content)


def result_files(result: Any) -> list[ResultFile]:
    """Return every value of a flow state's results in order; unknown shapes give nothing."""
    states = result.get("opStates") if isinstance(result, dict) else None
    files: list[ResultFile] = []
    for state in states if isinstance(states, list) else []:
        results = state.get("results") if isinstance(state, dict) else None
        for key, values in results.items() if isinstance(results, dict) else []:
            for count, value in enumerate(values if isinstance(values, list) else [values], start=1):
                if len(files) == FILES_MOST:
                    return files
                files.append(_file(len(files), str(state.get("operationId", "?")), str(key), count, str(value)))
    return files


def files_zip(files: list[ResultFile]) -> bytes:
    """Return all files in one archive; equal names are numbered."""
    packed, taken = io.BytesIO(), set()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in files:
            name = one.name if one.name not in taken else f"{one.number}-{one.name}"
            taken.add(name)
            archive.writestr(name, one.content)
    return packed.getvalue()


def _file(number: int, operation: str, key: str, count: int, value: str) -> ResultFile:
    found = DATA_IMAGE.match(value)
    if found:
        try:
            content = base64.b64decode(re.sub(r"\s", "", found[2]), validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if content.startswith(SIGNS[found[1]]):
            name = f"{_plain(operation)}-{_plain(key)}-{count}.{ENDINGS[found[1]]}"
            return ResultFile(number, operation, key, name, f"image/{found[1]}", content)
    name = f"{_plain(operation)}-{_plain(key)}-{count}.txt"
    return ResultFile(number, operation, key, name, "text/plain; charset=utf-8", value.encode("utf-8", "replace"))


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:60] or "result"
