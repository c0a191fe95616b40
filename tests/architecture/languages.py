"""Checks that every text can be translated and is: `python -m tests.architecture.languages`. One line per offence.

Three questions, two of them switched on folder by folder until the lists at the top are empty: has a template text
outside `{% translate %}`; has an app's Python a sentence outside `_()`; has a text of the sources no German.
`python -m tests.architecture.languages PATH…` asks the first two of the named files alone, whatever the lists say.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import django
from babel.messages.catalog import Message
from django.template.base import Lexer, Token, TokenType

from apps.core.catalogues import ROOT, Place, catalogue_read, places, template_of

TEMPLATES = ROOT / "templates"
# Not wrapped yet: folders of templates/, and catalogues that have no German of everything yet.
OPEN_TEMPLATES: tuple[str, ...] = ()
OPEN_CATALOGUES: tuple[str, ...] = ()
STAFF_TEMPLATES = ("desk",)  # pages of the platform's own people, who read English
# Python that speaks English to whom it is for: staff, operators, banks, accountants and readers of the reference.
ENGLISH = re.compile(
    r"^apps/core/environment\.py$|/(admin|management|migrations|documents|sources)/|/admin\.py$|proofs?\.py$"
    r"|^apps/support/|^apps/console/(access|assets|examples|example_values|openapi)\.py$|^apps/jobs/(evidence|vault)\.py$"
    r"|^apps/billing/(audit|vat)\.py$|^apps/billing/(models|selectors|services)/rates\.py$"
    r"|^apps/billing/(services/(invoice_facts|statement_lines)|selectors/usage)\.py$"
    r"|^apps/payments/(evidence|inbox|sweeps)\.py$|^apps/payments/services/(answers|endpoints|reversals)\.py$"
    r"|^apps/organisations/selectors/(audit_days|key_row)\.py$"
    r"|^apps/bridge/(keys\.py|services/(markets|pushing)\.py)$"
)

# What is the same in every language: names, formats, units, code.
SAME = ("Nosana Web", "Nosana", "NOS", "SOL", "UTC", "PDF", "CSV", "JSON", "YAML", "XML", "UBL", "Stripe", "Slack")
SAME += (
    "Discord",
    "Microsoft Teams",
    "API",
    "OAuth",
    "IPFS",
    "GPU",
    "VRAM",
    "GB",
    "MB",
    "kB",
    "IBAN",
    "VIES",
    "NL",
)
SAME += (
    "TXT",
    "Ctrl",
    "Esc",
    "min",
    "OpenAPI",
    "Markdown",
    "v",
    "h",
    "s",
    "x",
    "KvK",
    "REST",
    "SDK",
    "CLI",
    "ms",
    "URL",
)
WORDS = re.compile(r"\b(" + "|".join(sorted(map(re.escape, SAME), key=len, reverse=True)) + r")\b")
LETTER = re.compile(r"[^\W\d_]")
ENTITY = re.compile(r"&[#\w]+;")
SILENT = ("code", "kbd", "pre", "script", "style", "svg", "samp")  # elements whose text is no language
SPOKEN = ("title", "placeholder", "aria-label", "alt", "data-confirm", "data-label", "label", "summary")
SPOKEN += ("aria-description", "aria-roledescription", "data-said", "data-empty")
LITERAL = re.compile(r"""(_\()?(?<![\w/])("[^"]*"|'[^']*')""")
TOLD = re.compile(r"""\b(text|hint|label|title|what|action|sentence|name|empty|say|help)=("[^"]*"|'[^']*')""")
CODE = re.compile(r"btn .*|[a-z.,]*\.html")  # what a tag says to another tag
KEY = re.compile(r"[a-z0-9_.:,/-]*")
DATES = re.compile(r"""\|date:("[^"]*"|'[^']*')""")  # for people there are |day, |moment and |clock
DEFAULTS = re.compile(r"""\|(default|default_if_none|yesno|pluralize):?("[^"]*"|'[^']*')?""")


class _Texts(HTMLParser):
    """Collects text between tags and in the attributes that people read or hear."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        for name, value in attrs:
            if name in SPOKEN and value:
                self.found.append((self.getpos()[0], value))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._silent -= tag in SILENT

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append((self.getpos()[0], data))


def speaks(text: str) -> bool:
    """Return whether the text holds a word of some language."""
    return bool(LETTER.search(WORDS.sub("", ENTITY.sub("", text))))


def bare_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each text of a template that cannot be translated: line and text."""
    kept, within = [], ""
    for token in Lexer(path.read_text()).tokenize():
        lines = "\n" * token.contents.count("\n")
        word = token.contents.split(" ", 1)[0] if token.token_type == TokenType.BLOCK else ""
        if within:
            within = "" if word == f"end{within}" else within
            kept.append(lines)
        elif word in ("blocktranslate", "blocktrans", "comment", "verbatim"):
            within = word
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
        else:
            yield from ((token.lineno, text) for text in _literals(token, word))
            kept.append(lines)
    text = "".join(kept)
    if path.suffix != ".html":
        yield from (
            (number, line) for number, line in enumerate(text.splitlines(), 1) if speaks(_no_address(line))
        )
        return
    parser = _Texts()
    parser.feed(text)
    yield from ((line, words.strip()) for line, words in parser.found if speaks(words))


def _no_address(line: str) -> str:
    return re.sub(r"https?://\S*", "", line)


def _literals(token: Token, word: str) -> Iterator[str]:
    """Yield what a tag says by itself: texts given to an included template, and defaults of filters."""
    if token.token_type == TokenType.COMMENT or word in ("translate", "trans", "if", "elif"):
        return
    yield from (f"|date:{form}" for form in DATES.findall(token.contents) if form[1:-1] not in ("c", "Y-m-d"))
    for name, words in DEFAULTS.findall(token.contents):
        if name == "pluralize" or (speaks(words) and not CODE.fullmatch(words[1:-1])):
            yield f"|{name}:{words}"
    if word in ("include", "element"):
        for _name, words in TOLD.findall(token.contents):
            if speaks(words) and not KEY.fullmatch(words[1:-1]):
                yield words


SENTENCE = re.compile(r"^[A-Z“].*\s.*[.?!:]$|^[A-Z“].*\s\S+\s.*[a-z”]$", re.S)
MARKED = {"_", "_now", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
MARKED |= {"pgettext", "pgettext_lazy"}
UNSAID = {"help_text", "described", "ValueError", "TypeError", "RuntimeError", "KeyError", "AssertionError"}
UNSAID |= {
    "ImproperlyConfigured",
    "NotImplementedError",
    "debug",
    "info",
    "warning",
    "error",
    "exception",
    "RunPython",
}
UNSAID |= {"RunSQL", "compile", "CommandError", "execute", "write", "style", "SystemExit", "IndexError"}
UNSAID |= {"Parked", "VaultLocked", "TransactionManagementError"}  # read by staff and programmers
# Names and examples, and what is said to Stripe, banks and accountants.
UNSAID_WORDS = (
    "HF owner/name /models",
    "No such customer",
    "Nosana command line",
    "Automatic top-up: {…} Nosana credits",
)
UNSAID_WORDS += ("Refunded at Stripe", "VIES has confirmed the VAT id {…}; a new invoice follows")
UNSAID_WORDS += ("Stripe settled in {…}: book its fee of {…} by hand.",)
UNSAID_WORDS += ("Stripe was asked a day ago and has no such refund: give it up, and make a new one.",)


def bare_sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each sentence in an app's Python that cannot be translated: line and words.

    Left out: what no customer reads, such as docstrings, SQL, logs, help texts of models and errors of programmers.
    """
    yield from _walk(ast.parse(path.read_text()))


def _walk(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Call) and (_called(node) in MARKED or _called(node) in UNSAID):
        return
    if isinstance(node, ast.keyword) and node.arg in UNSAID:
        return
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLE":
        return
    if isinstance(node, ast.Call) and _called(node) == "EventType":  # its example is data
        for part in (*node.args[:2], *node.args[3:]):
            yield from _walk(part)
        return
    words = _words(node)
    if words is not None:
        if SENTENCE.match(words) and words not in UNSAID_WORDS and not words.endswith(" | None"):
            yield node.lineno, words  # type: ignore[attr-defined]
        return
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _words(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{…}" for one in node.values)
    return None


PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
MARK = re.compile(r"<[^>]+>")


def holes(text: str) -> set[str]:
    """Return what is put into a text, %(name)s and {name} alike, and its tags."""
    try:
        named = {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        named = set()
    return named | set(PLACEHOLDER.findall(text)) | set(MARK.findall(text))


def untold(place: Place, whole: bool = True) -> Iterator[str]:
    """Yield what a catalogue lacks: texts without a translation, if it is to be `whole`, and such with other holes."""
    kept = catalogue_read(place)
    for message in template_of(place):
        if not message.id:
            continue
        known = kept.get(message.id, message.context)  # type: ignore[arg-type]
        shown = str(message.id if isinstance(message.id, str) else message.id[0])
        if known is None or not _told(known):
            if whole:
                yield f"{place.name}: no translation of “{shown[:80]}” ({message.locations[0][0]})"
        elif known.fuzzy:
            yield f"{place.name}: “{shown[:80]}” is marked fuzzy; look at it and take the mark away"
        elif wrong := _other_holes(known):
            yield f"{place.name}: “{shown[:80]}” and its translation hold different things: {', '.join(wrong)}"


def _told(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _other_holes(message: Message) -> list[str]:
    """Return the holes in which a translation differs; the form for one thing may leave its number out."""
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    wanted = set().union(*map(holes, ids))
    extra = set().union(*map(holes, strings)) - wanted
    return sorted(extra | (wanted - holes(strings[-1])))


SCRIPT_SENTENCE = re.compile(r"""["`][A-Z][a-z]+ [^"`\n]*[a-z.:…]["`]""")


def bare_scripts() -> Iterator[str]:
    """Yield each sentence that one of our scripts says by itself, instead of one that the page hands over."""
    for path in sorted((ROOT / "static" / "js").rglob("*.js")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for words in SCRIPT_SENTENCE.findall(line):
                yield f"{path.relative_to(ROOT)}:{number} bare sentence: {words}"


def offences(named: list[Path]) -> list[str]:
    """Return one line per offence: file, line and what is wrong."""
    found = [] if named else list(bare_scripts())
    for path in named or [*sorted(TEMPLATES.rglob("*.html")), *sorted(TEMPLATES.rglob("*.txt"))]:
        if path.suffix != ".py" and (
            named or path.relative_to(TEMPLATES).parts[:-1][:1] not in _open(OPEN_TEMPLATES + STAFF_TEMPLATES)
        ):
            found += [f"{path.relative_to(ROOT)}:{n} bare text: {text[:100]!r}" for n, text in bare_texts(path)]
    for path in named or sorted(ROOT.glob("apps/*/**/*.py")):
        if path.suffix == ".py" and not ENGLISH.search(path.relative_to(ROOT).as_posix()):
            found += [
                f"{path.relative_to(ROOT)}:{n} bare sentence: {text[:100]!r}" for n, text in bare_sentences(path)
            ]
    for place in [] if named else places():
        app = place.po.relative_to(ROOT).parts[1] if place.name.startswith("apps") else "."
        found += list(untold(place, whole=app not in OPEN_CATALOGUES))
    return found


def _open(folders: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {() if name == "." else (name,) for name in folders}


def main() -> None:
    """Print what is wrong and end with 1, or say nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
    django.setup()
    found = offences([Path(name).resolve() for name in sys.argv[1:]])
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
