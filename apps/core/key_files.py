"""Files of numbered keys, {"1": "<64 hex digits>", …}: a new key is added, and old ones go when nothing needs them."""

import json
import os
import secrets
import stat
from pathlib import Path

KEY_BYTES = 32


def key_add(path: Path) -> int:
    """Add a new key to the file (made if need be, readable by its owner only) and return its number.

    Raises OSError, and ValueError for a file that is no such map.
    """
    keys = json.loads(path.read_text()) if path.exists() else {}
    if not isinstance(keys, dict):
        raise ValueError("it is no map of numbers to keys")
    number = max((int(one) for one in keys), default=0) + 1
    keys[str(number)] = secrets.token_hex(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "w") as out:
        json.dump(keys, out, indent=2)
    making.replace(path)
    return number
