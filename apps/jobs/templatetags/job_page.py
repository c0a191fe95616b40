"""Tags of the job pages: links to the chain, amounts in money, words marked where they were found."""

import re

from django import template
from django.conf import settings
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()
ESCAPES = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\x00-\x08\x0b-\x1f\x7f]")


@register.simple_tag
def explorer(kind: str, name: str) -> SafeString:
    """Link to a transaction ("tx") or an address ("address") on the explorer of this cluster; nothing without one."""
    if not settings.CHAIN_EXPLORER or not name:
        return mark_safe("")
    url = settings.CHAIN_EXPLORER.format(kind=kind, name=name)
    words = _("explorer") if kind == "address" else _("transaction")
    return format_html(
        '<a class="explorer" href="{}" rel="noopener noreferrer" target="_blank">{}</a>', url, words
    )


@register.filter
def plain(text: str) -> str:
    """Return a log line without the colours and controls of a terminal; of what was written over, the last."""
    if "\r" in text:
        text = text.rstrip("\r").rpartition("\r")[2]
    return ESCAPES.sub("", text) if "\x1b" in text or not text.isprintable() else text


@register.filter
def found(text: str, words: str) -> SafeString:
    """Mark the words in the text, in any case of letters."""
    if not words:
        return conditional_escape(text)
    pieces = re.split(f"({re.escape(words)})", text, flags=re.IGNORECASE)
    marked = ((format_html("<mark>{}</mark>", piece) if n % 2 else piece,) for n, piece in enumerate(pieces))
    return format_html_join("", "{}", marked)


@register.filter
def context_start(seq: int) -> int:
    """Return the line at which a page begins that shows this one with what came before it."""
    return max(seq - 20, 1)
