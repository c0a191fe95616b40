"""A browser without a window: keeps cookies, follows redirects, fills in and sends the forms that pages show."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    """A form as the page shows it: where it goes and what is filled in already."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.select: str | None = None
        self.textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(action=at.get("action", ""), method=at.get("method", "get").lower()))
        elif self.forms and tag == "input" and "name" in at:
            self._input(at)
        elif self.forms and tag == "select" and "name" in at:
            self.select = at["name"]
        elif self.forms and tag == "option" and self.select:
            if "selected" in at or self.select not in self.forms[-1].fields:
                self.forms[-1].fields[self.select] = at.get("value", "")
        elif self.forms and tag == "textarea" and "name" in at:
            self.textarea = at["name"]
            self.forms[-1].fields[self.textarea] = ""

    def _input(self, at: dict[str, str]) -> None:
        kind = at.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in at:
            return
        if kind not in ("submit", "button", "image"):
            self.forms[-1].fields[at["name"]] = at.get("value", "on" if kind == "checkbox" else "")

    def handle_data(self, data: str) -> None:
        if self.forms and self.textarea:
            self.forms[-1].fields[self.textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None
        elif tag == "textarea":
            self.textarea = None


class Browser:
    """One person's browser; `page` is the last answer."""

    def __init__(self, base: str) -> None:
        # Proxies are for the world outside; the sandbox is all on this machine.
        self.http = httpx.Client(base_url=base, follow_redirects=True, trust_env=False, timeout=30)
        self.page: httpx.Response | None = None

    def open(self, url: str) -> httpx.Response:
        """Go to an address. Raises httpx.HTTPStatusError when the page is an error."""
        self.page = self.http.get(url, headers={"Accept": "text/html"})
        return self.page.raise_for_status()

    @property
    def text(self) -> str:
        """The page as it came."""
        return self.page.text if self.page is not None else ""

    @property
    def url(self) -> str:
        """Where the browser is now, after redirects."""
        return str(self.page.url) if self.page is not None else ""

    def form_with(self, *names: str) -> Form:
        """Return the page's form that has all these fields. Raises LookupError, with what the page has."""
        parser = _Forms()
        parser.feed(self.text)
        for form in parser.forms:
            if all(name in form.fields for name in names):
                return form
        seen = [sorted(form.fields) for form in parser.forms]
        raise LookupError(f"{self.url} has no form with {', '.join(names)}; its forms have {seen}")

    def send(self, form: Form, **values: str) -> httpx.Response:
        """Send the form with these values on top of what it holds, as a click on its button would."""
        fields = {**form.fields, **values}
        target = urljoin(self.url, form.action)
        headers = {"Accept": "text/html", "Referer": self.url}
        if form.method == "post":
            self.page = self.http.post(target, data=fields, headers=headers)
        else:
            self.page = self.http.get(target, params=fields, headers=headers)
        return self.page.raise_for_status()
