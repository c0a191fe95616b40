"""Words of our own inside sentences, in the language spoken now."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise  # what the stubs of Django call it
else:
    from django.utils.functional import Promise

Words = str | Promise  # a sentence, or one that is translated when somebody reads it


def in_sentence(label: Words) -> str:
    """Return a label as it stands inside a sentence: small in English, as it is where nouns are written large."""
    text = str(label)
    return text.lower() if (get_language() or "en").startswith("en") else text


def either(words: Sequence[Words]) -> str:
    """Return words of which one is to be chosen: "a", "a or b", "a, b or c"."""
    if len(words) < 2:
        return "".join(map(str, words))
    return _("%(some)s or %(last)s") % {"some": ", ".join(map(str, words[:-1])), "last": words[-1]}
