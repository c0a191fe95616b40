"""Words of our own inside sentences, in the language spoken now."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from babel.lists import format_list

from apps.core.languages import locale_now

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise  # what the stubs of Django call it
else:
    from django.utils.functional import Promise

Words = str | Promise  # a sentence, or one that is translated when somebody reads it


def in_sentence(label: Words) -> str:
    """Return a label as it stands inside a sentence: small in English, as it is where nouns are written large."""
    text = str(label)
    return text.lower() if locale_now().startswith("en") else text


def either(words: Iterable[object]) -> str:
    """Return words of which one will do: "a", "a or b", "a, b or c"."""
    return format_list([str(word) for word in words], style="or", locale=locale_now())
