"""The catalogues of translations: `python -m apps.core.catalogues extract | compile`. Needs no gettext on the machine.

Texts of templates stand in locale/<language>/LC_MESSAGES/django.po, texts of an app's Python in
apps/<app>/locale/<language>/LC_MESSAGES/django.po. `extract` brings them to what the sources say; `compile` makes the
.mo files that Django reads, where they are older than their .po.
"""

import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_now": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
OPTIONS = {"encoding": "utf-8"}


@dataclass(frozen=True)
class Place:
    """One catalogue of one language, and the sources whose texts it holds."""

    po: Path
    language: str
    sources: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The catalogue's path in the repository."""
        return str(self.po.relative_to(ROOT))


def languages() -> list[str]:
    """Return the languages that need a catalogue: all but the one the sources are written in."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def places() -> Iterator[Place]:
    """Yield every catalogue there is or should be."""
    folders = [(ROOT, sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt")))]
    folders += [
        (path.parent, sorted(path.parent.rglob("*.py"))) for path in sorted(ROOT.glob("apps/*/__init__.py"))
    ]
    for code in languages():
        for folder, sources in folders:
            yield Place(folder / "locale" / code / "LC_MESSAGES" / "django.po", code, tuple(sources))


def texts_of(source: Path) -> Iterator[tuple[str | tuple[str, ...], str | None, list[str]]]:
    """Yield each text of a Python file or a template: its message id (two for a plural), context and remarks."""
    content = source.read_text()
    if source.suffix != ".py":
        lines = templatize(content, origin=str(source)).splitlines()
        content = "\n".join(line.strip() for line in lines)  # what is no Python must at least not be indented
    found = extract_python(io.BytesIO(content.encode()), KEYWORDS, ("Translators:",), OPTIONS)  # type: ignore[arg-type]
    for _line, function, words, remarks in found:
        if words is None:
            continue  # a name, whose text stands where it is given
        parts = [words] if isinstance(words, str) else list(words)
        spec: tuple[Any, ...] = KEYWORDS.get(str(function)) or (1,)  # type: ignore[assignment]
        context = next((parts[one[0] - 1] for one in spec if isinstance(one, tuple)), None)
        ids = [parts[one - 1] for one in spec if isinstance(one, int)]
        if all(isinstance(one, str) and one for one in ids):
            yield (ids[0] if len(ids) == 1 else tuple(ids)), context, [str(one) for one in remarks or ()]


def template_of(place: Place) -> Catalog:
    """Return what the sources of a catalogue say today, without translations."""
    catalogue = Catalog(locale=place.language)
    for source in place.sources:
        where = [(str(source.relative_to(ROOT)), None)]
        for ids, context, remarks in texts_of(source):
            catalogue.add(ids, None, where, auto_comments=remarks, context=context)  # type: ignore[arg-type]
    return catalogue


def catalogue_read(place: Place) -> Catalog:
    """Return the catalogue as it is kept, an empty one if there is none."""
    if not place.po.exists():
        return Catalog(locale=place.language, fuzzy=False, header_comment="# German.\n")
    with place.po.open("rb") as file:
        return read_po(file, locale=place.language)


def extract() -> None:
    """Bring every catalogue to what its sources say: new texts are empty, texts that are gone go."""
    for place in places():
        kept, found = catalogue_read(place), template_of(place)
        if not len(found) and not place.po.exists():
            continue
        fresh = Catalog(locale=place.language)
        for message in found:
            if message.id:
                known = kept.get(message.id, message.context)
                text = known.string if known is not None else None
                fresh.add(
                    message.id,
                    text,
                    message.locations,
                    auto_comments=message.auto_comments,
                    context=message.context,
                )
        place.po.parent.mkdir(parents=True, exist_ok=True)
        place.po.write_bytes(_written(fresh))


def _written(catalogue: Catalog) -> bytes:
    """Return the catalogue as a file whose lines change only where a text does."""
    body = io.BytesIO()
    write_po(body, catalogue, width=110, omit_header=True, sort_output=True, include_lineno=False)
    plural = f"nplurals={catalogue.num_plurals}; plural={catalogue.plural_expr};"
    head = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Language: {catalogue.locale}\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    )
    return head.encode() + body.getvalue().strip() + b"\n"


def compile_stale() -> None:
    """Make the .mo file of every catalogue that has none, or one older than itself; safe to run at once and twice."""
    for place in places():
        made = place.po.with_suffix(".mo")
        if not place.po.exists() or (made.exists() and made.stat().st_mtime_ns >= place.po.stat().st_mtime_ns):
            continue
        part = made.with_suffix(f".{os.getpid()}")
        with part.open("wb") as file:
            write_mo(file, catalogue_read(place))
        part.replace(made)


def main(act: str) -> None:
    """Do what the command line says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
    {"extract": extract, "compile": compile_stale}[act]()


if __name__ == "__main__":
    main(sys.argv[1])
