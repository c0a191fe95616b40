"""The whole story, played as a person would: by pages, forms and the mail that arrives."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.browser import Browser

PASSWORD = "sandbox-olga-2026"
CARD = {"card_number": "4242424242424242", "card_expiry": "12/34", "card_cvc": "123", "card_name": "Olga Sandbox"}
TERMINAL = {"completed", "stopped", "failed"}


class StoryFailed(RuntimeError):
    """The story did not go as it must; the message says where it stopped and what the page said."""


@dataclass
class Story:
    """Olga of Acme, from sign-up to a paid, run and invoiced job. `say` gets one line per step."""

    base: str
    mail: Path
    say: Callable[[str], None]
    organisation: str = "Acme"
    email: str = "olga@acme.example"
    slug: str = ""
    topup_id: str = ""
    job_id: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser = Browser(self.base)

    # --- people ------------------------------------------------------------------------------------------
    def sign_in(self) -> bool:
        """Sign in; return whether the account exists already."""
        self.browser.open("/accounts/login/")
        self.browser.send(self.browser.form_with("login", "password"), login=self.email, password=PASSWORD)
        return "/accounts/" not in self.browser.url

    def sign_up(self) -> None:
        """Sign up by e-mail and confirm the address with the code that the mail brings."""
        self.browser.open("/accounts/signup/")
        form, name = self.browser.form_with("email", "password1"), self.email.split("@")[0].title()
        self.browser.send(form, name=name, email=self.email, password1=PASSWORD)
        mail = self.wait(
            "the confirmation mail", lambda: self.mail_with("To: " + self.email, r"\n([A-Z0-9]{4}-[A-Z0-9]{4})\n")
        )
        self.browser.send(self.browser.form_with("code"), code=mail)
        self.say(f"signed up {self.email} with the code from the mail")

    def organisation_make(self) -> None:
        """Create the organisation; the person becomes its owner."""
        self.browser.open("/organisations/new/")
        form = self.browser.form_with("name")
        self.browser.send(
            form,
            name=self.organisation,
            country="NL",
            currency="EUR",
            finance_email=f"finance@{self.email.split('@')[1]}",
        )
        self.slug = self.path()[2]
        self.say(f"created the organisation {self.organisation} at {self.base}/o/{self.slug}/")

    # --- money -------------------------------------------------------------------------------------------
    def top_up(self, *, currency: str = "EUR", amount: str = "100") -> None:
        """Top up by card on the hosted payment page and wait until the credits are there."""
        self.browser.open(f"/o/{self.slug}/billing/top-up/?currency={currency}&amount={amount}")
        self.browser.send(self.browser.form_with("quote"), **self.terms())
        self.say(f"went to the hosted payment page at {urlsplit(self.browser.url).netloc}")
        paid_at = time.monotonic()
        self.browser.send(self.browser.form_with("card_number"), **CARD)
        self.topup_id = self.path()[5]
        self.wait(
            "the credits", lambda: self.state_of(f"/o/{self.slug}/billing/top-up/{self.topup_id}/") == "credited"
        )
        self.seconds["topup_to_credit"] = round(time.monotonic() - paid_at, 2)
        self.say(f"paid by card; credited after {self.seconds['topup_to_credit']} s")

    def terms(self) -> dict[str, str]:
        """Return the tick under the terms of service, if the page asks for one."""
        found = re.search(r'name="terms" value="([^"]+)"', self.browser.text)
        return {"terms": found.group(1)} if found else {}

    # --- job ---------------------------------------------------------------------------------------------
    def launch(self, definition: dict[str, Any], *, name: str, timeout_minutes: int = 10) -> None:
        """Launch a job with the definition on the first market offered, and wait until a node runs it."""
        self.browser.open(f"/o/{self.slug}/jobs/new/?how=definition")
        form = self.browser.form_with("definition", "market")
        submitted = time.monotonic()
        self.browser.send(
            form, definition=json.dumps(definition, indent=2), name=name, timeout_minutes=str(timeout_minutes)
        )
        self.job_id = self.path()[4]
        if self.job_id == "new":
            refusals = re.findall(r'class="invalid-feedback[^"]*"[^>]*>(.*?)</', self.browser.text, re.DOTALL)
            raise StoryFailed(f"the launch was refused: {' '.join(' '.join(refusals).split()) or self.words()}")
        self.say(f"launched “{name}”: {self.browser.url}")
        self.wait("the job on a node", lambda: self.job_state() in {"running", *TERMINAL})
        self.seconds["submit_to_running"] = round(time.monotonic() - submitted, 2)
        self.say(f"running on a node after {self.seconds['submit_to_running']} s")

    def watch(self) -> list[str]:
        """Follow the live log until the job has ended; return its lines."""
        lines: list[str] = []
        url = f"/o/{self.slug}/jobs/{self.job_id}/stream/"
        with self.browser.http.stream("GET", url, headers={"Accept": "text/event-stream"}, timeout=120) as stream:
            if stream.status_code != 200:
                raise StoryFailed(f"the live log answered {stream.status_code}")
            event = ""
            for line in stream.iter_lines():
                if line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:") and event == "log":
                    lines.append(str(json.loads(line[5:])["text"]))
                elif event == "end" or (
                    line.startswith("data:") and event == "state" and json.loads(line[5:])["state"] in TERMINAL
                ):
                    break
        self.say(f"followed the live log: {len(lines)} lines")
        return lines

    def settled(self) -> None:
        """Wait until the chain is final and the job is settled."""
        page = f"/o/{self.slug}/jobs/{self.job_id}/"
        self.wait("the settlement", lambda: 'data-settled="true"' in self.open(page), seconds=90)

    def private(self) -> None:
        """See that the job is private: its page says so, and its node came to us for the definition and the result."""
        page = self.open(f"/o/{self.slug}/jobs/{self.job_id}/")
        for words in ("The network has an empty shell", "was handed to the node", "The node delivered the result"):
            if words not in page:
                raise StoryFailed(f"the job's page does not say “{words}”")
        self.say("the job was private: definition and result went between us and its node alone")

    def job_state(self) -> str:
        """Return the job's state as its page shows it."""
        return self.state_of(f"/o/{self.slug}/jobs/{self.job_id}/")

    # --- looking -----------------------------------------------------------------------------------------
    def open(self, url: str) -> str:
        """Return the page at `url`, leaving the browser where it is."""
        return self.browser.http.get(url, headers={"Accept": "text/html"}).raise_for_status().text

    def state_of(self, url: str) -> str:
        """Return the state that a page marks with `data-state`."""
        found = re.search(r'data-state="([^"]+)"', self.open(url))
        return found.group(1) if found else ""

    def path(self) -> list[str]:
        """Return the parts of the address the browser is at."""
        return urlsplit(self.browser.url).path.split("/")

    def mail_with(self, *patterns: str) -> str:
        """Return the last group (or the file's name) of the newest mail that has all patterns, or nothing."""
        for path in sorted(self.mail.glob("*.log"), reverse=True):
            text = path.read_text(errors="replace")
            matches = [re.search(pattern, text) for pattern in patterns]
            if all(matches):
                last = matches[-1]
                return last.group(1) if last and last.groups() else path.name
        return ""

    def wait(self, what: str, look: Callable[[], Any], *, seconds: float = 60) -> Any:
        """Look until there is something, and return it. Raises StoryFailed with what the page says."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if seen := look():
                return seen
            time.sleep(0.1)
        raise StoryFailed(f"{what} did not come within {seconds:.0f} s; {self.browser.url} says: {self.words()}")

    def words(self) -> str:
        """Return what the page says, without its tags."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.browser.text).split())[:800]
