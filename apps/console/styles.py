"""Keeps of a style sheet only what our pages can use: rules whose classes occur somewhere in templates and code."""

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

CLASS = re.compile(r"\.((?:[A-Za-z_-]|\\.)(?:[\w-]|\\.)*)")
CHOICE = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
WORD = re.compile(r"[A-Za-z_][\w-]*")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
GROUPS = ("@media", "@supports", "@layer", "@container")


def words_of(files: Iterable[Path]) -> set[str]:
    """Return every word of the files that could be the name of a class."""
    found: set[str] = set()
    for file in files:
        found.update(WORD.findall(file.read_text()))
    return found


def css_kept(css: str, words: Set[str]) -> str:
    """Return the style sheet without the rules that need a class which is not among the words.

    Rules without classes, at-rules and what stands in :not() or :is() never need any.
    """
    return "".join(_kept(COMMENT.sub("", css), words))


def _kept(css: str, words: Set[str]) -> Iterator[str]:
    for head, body in _rules(css):
        if body is None:
            yield f"{head};"
        elif head.startswith(GROUPS):
            inner = css_kept(body, words)
            if inner:
                yield f"{head}{{{inner}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        else:
            selectors = [one for one in _selectors(head) if _usable(one, words)]
            if selectors:
                yield f"{','.join(selectors)}{{{body}}}"


def _usable(selector: str, words: Set[str]) -> bool:
    return all(name.replace("\\", "") in words for name in CLASS.findall(CHOICE.sub("", selector)))


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Yield (head, body) of each rule, (statement, None) of what ends with a semicolon, such as @import."""
    at = 0
    while at < len(css):
        opening, end = css.find("{", at), css.find(";", at)
        if opening < 0 and end < 0:
            return
        if opening < 0 or 0 <= end < opening:
            yield css[at:end].strip(), None
            at = end + 1
            continue
        closing = _closing(css, opening)
        yield css[at:opening].strip(), css[opening + 1 : closing]
        at = closing + 1


def _closing(css: str, opening: int) -> int:
    """Return where the brace that opens there is closed; braces in quotes do not count."""
    depth, quote = 0, ""
    for place in range(opening, len(css)):
        letter = css[place]
        if quote:
            if letter == quote and css[place - 1] != "\\":
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                return place
    return len(css)


def _selectors(head: str) -> Iterator[str]:
    """Yield the selectors of a list; commas within parentheses part none."""
    depth, start = 0, 0
    for place, letter in enumerate(head):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            yield head[start:place].strip()
            start = place + 1
    yield head[start:].strip()
