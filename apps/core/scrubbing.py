"""Keeps secrets out of logs: keys, tokens, passwords, and whatever could be the number of a card.

Every line passes, also those of libraries and the traces of exceptions. What is masked keeps its kind and its last four
letters, so that a line still says which key it was about.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "•••"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
LENGTHS = {2: (16,), 3: (14, 15, 16), 4: (13, 16, 19), 5: (16,), 6: (16, 17, 18, 19)}  # of cards, by first digit
_SECRETS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Of Stripe, of ours, and of the usual neighbours; the prefix says whose it is.
        r"\b(?P<kept>[sr]k_(?:live|test)_|whsec_|nos_[a-z]+_|gh[pousr]_|xox[abprs]-|AKIA)(?P<secret>[\w/+=-]{8,})",
        r"(?P<kept>\beyJ)(?P<secret>[\w-]{4,}\.[\w-]{4,}\.[\w-]*)",
        r"(?P<kept>\b(?:proxy-)?authorization[\"']?\s*[:=,]\s*(?:b(?=[\"']))?[\"']?(?:(?:bearer|basic|token)\s+)?)(?P<secret>[^\s\"',;)}]{4,})",
        r"(?P<kept>\b(?:bearer|basic)\s+)(?P<secret>[\w.~+/=-]{12,})",
        r"(?P<kept>\b(?:set-)?cookie[\"']?\s*[:=]\s*(?:b(?=[\"']))?[\"']?)(?P<secret>[^\r\n\"']{4,})",
        r"(?P<kept>\b[\w-]*(?:password|passwd|secret|api[_-]?key|token|signature|sessionid|csrftoken)[\"']?\s*[:=]\s*(?:b(?=[\"']))?[\"']?)"
        r"(?P<secret>[^\s\"'&,;)}]{4,})",
        r"(?P<kept>://[^\s:/@]+:)(?P<secret>[^\s/@]+)(?=@)",
        r"(?P<kept>hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/)(?P<secret>[\w/-]{4,})",
    )
)
# Names of fields whose value is a secret, whatever it looks like.
_TELLING = re.compile(
    r"(?:password|passwd|secret|api[_-]?key|token|authorization|cookie|sessionid|csrf|seed|private[_-]?key|dsn)s?$",
    re.IGNORECASE,
)


class ScrubbingFormatter(logging.Formatter):
    """Writes a record as its format says, with every secret in it masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the whole text of the record, its exception's trace included."""
        return scrub(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line, in which no value can begin another line or speak to a terminal."""
        return line_kept(super().formatMessage(record))


def line_kept(text: str) -> str:
    """Return the text as one line, in which what would begin another or speak to a terminal is spelled out."""
    return _CONTROL.sub(lambda found: repr(found.group())[1:-1], text)


def scrub(text: str) -> str:
    """Return the text with secrets and numbers of cards masked."""
    for pattern in _SECRETS:
        text = pattern.sub(_masked, text)
    return CARD.sub(lambda found: _card_masked(found.group()), text)


def scrub_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with every text in them scrubbed, however deep; what a telling name holds goes altogether."""
    return {
        scrub(str(name)): MASK if _TELLING.search(str(name)) and value else _scrubbed(value)
        for name, value in fields.items()
    }


def _scrubbed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return scrub_fields(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrubbed(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return scrub(str(value)) if list(card_numbers(str(value))) else value
    return scrub(value if isinstance(value, str) else str(value))


def card_numbers(text: str) -> Iterator[str]:
    """Yield whatever in the text could be a card's number: 13 to 19 digits whose check digit is right."""
    for found in CARD.finditer(text):
        if _card_like(found.group()):
            yield found.group()


def _masked(found: re.Match[str]) -> str:
    secret = found["secret"]
    if secret.startswith(MASK):
        return found.group()
    return f"{found['kept']}{MASK}{secret[-4:] if len(secret) >= 16 else ''}"


def _card_masked(number: str) -> str:
    return f"{MASK}{number[-4:]}" if _card_like(number) else number


def _card_like(number: str) -> bool:
    digits = [int(letter) for letter in number if letter.isdigit()]
    if len(digits) not in LENGTHS.get(digits[0], ()) or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
