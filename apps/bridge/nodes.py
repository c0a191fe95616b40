"""Where nodes answer, and what their log stream says (network facts §4.3, §4.4)."""

import ipaddress
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from apps.bridge.services.results import log_time


@dataclass(frozen=True)
class Frame:
    """One line of a node's log stream; `timed` tells whether the node said when."""

    op_id: str
    stream: str
    at: datetime
    timed: bool
    text: str


def node_url(node: str) -> str:
    """Return the HTTP address of a node: from the directory file if it is listed there, else by its own domain."""
    if settings.NODE_DIRECTORY_FILE:
        try:
            directory = json.loads(Path(settings.NODE_DIRECTORY_FILE).read_text())
        except (OSError, ValueError):
            directory = {}
        if node in directory:
            return str(directory[node])
    return str(settings.NODE_URL_TEMPLATE).format(node=node)


def websocket_url(url: str) -> str:
    """Return the WebSocket address on the same host and port as an http(s) address."""
    scheme, _, rest = url.partition("://")
    return {"http": "ws", "https": "wss"}.get(scheme, scheme) + "://" + rest


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine, where no proxy belongs in between."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def log_request(job_address: str) -> str:
    """Return the first message that asks a node for the log of a job, history first."""
    return json.dumps({"path": "/flog", "header": "", "body": {"jobAddress": job_address}})


def frame_read(message: str | bytes, *, now: datetime) -> Frame | None:
    """Return the log line in a message of a node, or None for anything else it may say."""
    try:
        outer: Any = json.loads(message)
        if not isinstance(outer, dict) or outer.get("path") != "flog":
            return None
        data = outer.get("data")
        line: Any = json.loads(data) if isinstance(data, str) else data
    except ValueError:
        return None
    if not isinstance(line, dict) or not isinstance(line.get("message"), str):
        return None
    kind = str(line.get("type") or "container")
    stamp = line.get("timestamp")
    return Frame(
        op_id=str(line.get("opId") or "")[:200],
        stream=kind if kind in ("info", "error") else "container",
        at=log_time(stamp, default=now),
        timed=bool(stamp),
        text=line["message"].rstrip("\r\n"),
    )
