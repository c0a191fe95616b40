"""Mails as Django's file backend keeps them: several to a file, a line of dashes after each."""

import email
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

BETWEEN = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class Letter:
    """One mail; `key` stays the same as long as its file does."""

    key: str
    message: EmailMessage

    @property
    def sent(self) -> str:
        """When it was sent, by the clock of this machine."""
        return f"{parsedate_to_datetime(self.message['Date']).astimezone():%d %b %Y, %H:%M:%S %Z}"

    def body(self, kind: str) -> str:
        """Return its text ("plain" or "html"), or ""."""
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""

    def files(self) -> list[EmailMessage]:
        """Return what is attached."""
        return [part for part in self.message.iter_attachments() if isinstance(part, EmailMessage)]


def letters(folder: Path) -> list[Letter]:
    """Return every mail in the folder, the newest first."""
    found = []
    for file in sorted(folder.glob("*.log"), key=lambda one: one.stat().st_mtime):
        for number, raw in enumerate(file.read_bytes().split(BETWEEN)):
            message = email.message_from_bytes(raw.lstrip(b"\n"), policy=default)
            if isinstance(message, EmailMessage) and message["Date"]:
                key = sha256(f"{file.name} {number}".encode()).hexdigest()[:12]
                found.append(Letter(key, message))
    return sorted(found, key=lambda one: parsedate_to_datetime(one.message["Date"]), reverse=True)
