"""What attackers write into fields, and how to put it everywhere."""

import re
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

MARK = "x55x"
TEXTS = (
    "\x00",
    "a\x00b",
    "🦄" * 50,
    "\u202e\u0000\ufeff",
    "x" * 70_000,
    "'; DROP TABLE users_user; --",
    f"<script>{MARK}()</script>",
    "{{7*7}}{% load x %}",
    "%s%n%(x)s",
    "../../etc/passwd",
    "\r\nBcc: eve@evil.example",
    "-999999999999999999999999",
    "NaN",
    "1e400",
)
VALUES: tuple[Any, ...] = (*TEXTS, "\ud800", None, True, -(2**70), 1.5, [], {}, [["\x00"]], {"\x00": "\ud800"})
# One text that is a formula, closes an attribute of either kind, and is an element with a script.
POISON = f"={MARK}\"'><svg onload={MARK}()>"
ADDRESS = f"javascript:{MARK}()"
# Columns whose values have a shape that the program itself gives them, and reads again.
SHAPED = {
    "password",
    "digest",
    "fingerprint",
    "hash",
    "key",
    "code",
    "secret",
    "salt",
    "tail",
    "prefix",
    "signature",
}
SHAPED |= {
    "task",
    "cursor",
    "seal",
    "sealed",
    "place",
    "query",
    "timezone",
    "token",
    "permissions",
    "sha256",
    "root",
}
SHAPED |= {"type", "version", "id", "kind", "state", "act", "currency", "currencies", "language", "zone", "at"}
SHAPED |= {"app", "model", "slug"}
NO_WORD = re.compile(r"[0-9.,:TZ+ -]*|[A-Z]{2,5}")  # numbers, moments, codes of countries and currencies
LEADING = frozenset({"href", "src", "action", "formaction", "data", "xlink:href", "hx-get", "hx-post", "content"})


class Page(HTMLParser):
    """Reads a page once: its forms that are sent by POST, its addresses of files, and what of the poison is alive."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.links: set[str] = set()
        self.alive: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag is for."""
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            led = name in LEADING and value.strip().lower().startswith("javascript:")
            if MARK in name or (MARK in value and (led or name.startswith("on") or name == "srcdoc")):
                self.alive.append(f"<{tag} {name}={value[:40]}>")
        self.links.add(given.get("href", ""))
        if tag == "form":
            self.forms.append(
                {"action": given.get("action", ""), "post": given.get("method", "") == "post", "fields": {}}
            )
        elif tag in ("input", "textarea", "select") and self.forms and given.get("name"):
            self.forms[-1]["fields"][given["name"]] = (given.get("type", tag), given.get("value", ""))

    def filled(self, form: dict[str, Any], text: str) -> dict[str, str]:
        """Return the form with the text in every field, its hidden ones as they are."""
        return {name: value if kind == "hidden" else text for name, (kind, value) in form["fields"].items()}


def poison() -> int:
    """Write the poison into every text of every table of ours, as far as checks let it; count the columns.

    Triggers rest meanwhile, so that also what is never changed again holds it. For use inside a test's transaction.
    """
    count = 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model in apps.get_models():
            if model.__module__.startswith("apps."):
                count += sum(_poisoned(cursor, model, field) for field in model._meta.concrete_fields)
    return count


def _poisoned(cursor: Any, model: type[models.Model], field: Any) -> bool:
    """Write the poison into one column; return whether it took."""
    names = set(field.name.split("_"))
    if field.choices or names & SHAPED:
        return False
    table, column = model._meta.db_table, field.column
    text = ADDRESS if "url" in names else POISON
    value: str | None = None
    if isinstance(field, models.EmailField):
        value = f"'{POISON.replace(chr(39), chr(39) * 2)}' || {model._meta.pk.column} || '@evil.example'"  # type: ignore[union-attr]
    elif isinstance(field, models.CharField | models.TextField) and not field.unique:
        value = "'" + text.replace("'", "''") + "'" if (field.max_length or 999) >= len(text) else None
    elif isinstance(field, models.JSONField):
        return _json_poisoned(model, field)
    if value is None:
        return False
    try:
        with transaction.atomic():
            cursor.execute(f'UPDATE "{table}" SET "{column}" = {value} WHERE "{column}" <> %s', [""])  # noqa: S608
            return bool(cursor.rowcount)
    except DatabaseError:  # a check keeps it
        return False


def _json_poisoned(model: type[models.Model], field: Any) -> bool:
    rows = list(model._default_manager.exclude(**{f"{field.name}__isnull": True}))
    for row in rows:
        told = _leaves(getattr(row, field.attname))
        try:
            with transaction.atomic():
                model._default_manager.filter(pk=row.pk).update(**{field.name: told})
        except DatabaseError:
            return False
    return bool(rows)


def _leaves(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _leaves(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_leaves(part, name) for part in value]
    shaped = not isinstance(value, str) or NO_WORD.fullmatch(value) or set(name.split("_")) & SHAPED
    return value if shaped else POISON
