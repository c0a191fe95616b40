"""The guides for users: written as docs/guides/<name>.md, in each language that has one, and shown as pages."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

GUIDES = ("start", "top-up", "launch", "bill")
FOLDER = settings.BASE_DIR / "docs" / "guides"


@dataclass(frozen=True)
class Guide:
    """A guide: its name in the address, its title, its first sentence as text, and the rest as HTML of our own."""

    name: str
    title: str
    lead: str
    html: str

    @property
    def url(self) -> str:
        """Where it is read."""
        return guide_url(self.name)


def guide_url(name: str) -> str:
    """Return where a guide is read."""
    return reverse(f"console:guide_{name.replace('-', '_')}")


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """List the guides."""
    return render(request, "console/guides.html", {"guides": [guide_get(name, _language()) for name in GUIDES]})


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    """Show one guide, in the reader's language."""
    place, language = GUIDES.index(name), _language()
    after = guide_get(GUIDES[place + 1], language) if place + 1 < len(GUIDES) else None
    return render(request, "console/guide.html", {"guide": guide_get(name, language), "after": after})


@cache
def guide_get(name: str, language: str) -> Guide:
    """Return a guide in a language, in English where it is not written in it."""
    translated = FOLDER / f"{name}.{language}.md"
    text = (translated if translated.exists() else FOLDER / f"{name}.md").read_text()
    head, lead, rest = text.split("\n\n", 2)
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(rest)
    for token in tokens:
        for one in token.children or ():
            _led(one)
    return Guide(
        name, head.removeprefix("# "), lead.replace("\n", " "), reader.renderer.render(tokens, reader.options, {})
    )


def _led(token: Token) -> None:
    """Let links between the files lead to the pages."""
    href = token.attrGet("href")
    name = str(href or "").removesuffix(".md").removesuffix(".de")
    if name in GUIDES:
        token.attrSet("href", guide_url(name))


def _language() -> str:
    return (get_language() or "en").partition("-")[0]
