"""Content in a folder, each file named by its CIDv0."""

import os
import tempfile
from pathlib import Path

from nosana.ipfs import cid_of, digest_of


class Store:
    """Keeps content for ever; the same content is kept once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Keep content, whole or not at all, and return its CIDv0."""
        cid = cid_of(data)
        if not (self.folder / cid).exists():
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".new-")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.folder / cid)
        return cid

    def get(self, cid: str) -> bytes | None:
        """Return the content, or None when it is not here or `cid` is not a CIDv0."""
        try:
            digest_of(cid)
            return (self.folder / cid).read_bytes()
        except (ValueError, FileNotFoundError):
            return None
