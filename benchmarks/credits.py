"""How long from paying at Checkout until the credits are there, beside a mail through the same worker.

Everything is real but the bank: the sandbox's Stripe tells the web process, which tells a worker by Redis; each in a
process of its own, on a durable PostgreSQL.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import httpx

from benchmarks.figures import Figure
from benchmarks.platform import manage, services, wait_for
from sandbox.browser import Browser
from sandbox.ports import free_port

NAMES = ["credit.visible_p95"]
PAYMENTS, WARM = 40, 5
ENOUGH = 20  # payments that a figure needs
BUDGET = 150.0  # seconds; on a busy machine fewer are paid
PATIENCE = 30.0  # seconds until a payment or a mail counts as lost
LONGEST = 2 * BUDGET
CARD = {"card_number": "4242424242424242", "card_expiry": "12/34", "card_cvc": "123", "card_name": "A Person"}


def figures(only: str) -> Iterator[Figure]:
    """Pay 40 top-ups one after the other and send as many mails, or as many as the budget of time allows.

    Raises RuntimeError when a process fails, or when nothing comes of a payment or a mail.
    """
    with platform() as env:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.credits"],
                env=env,
                stdout=subprocess.PIPE,
                text=True,
                check=False,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"the payer of the benchmark did not end within {LONGEST:.0f} s") from None
    if done.returncode:
        raise RuntimeError("the payer of the benchmark failed; it said why above")
    found = json.loads(done.stdout.splitlines()[-1])
    if len(found["credits"]) < PAYMENTS:
        print(f"the machine is busy: {len(found['credits'])} payments of {PAYMENTS}", file=sys.stderr)
    yield Figure(
        "credit.visible_p95",
        p95(found["credits"]),
        "ms",
        "a mail through the same broker and worker, p95",
        p95(found["mails"]),
    )


def p95(milliseconds: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(milliseconds)[int(len(milliseconds) * 0.95) - 1]


@contextmanager
def platform() -> Iterator[dict[str, str]]:
    """Run PostgreSQL, Redis, the sandbox's Stripe, a web process and a worker; yield the environment they share."""
    web, stripe = free_port(), free_port()
    with services() as (data, env), ExitStack() as running:
        env |= {
            # One organisation pays all of them: here it is no new customer, and nobody counts its pace.
            "TOPUP_TIERS": '[{"since": "2026-01-01", "tiers": [{"days": 0, "paid": 0}]}]',
            "TOPUP_VELOCITY": "[]",
            "EMAIL_URL": "dummymail://",
            "NOSANA_BASE_URL": f"http://127.0.0.1:{web}",
            "STRIPE_API_URL": f"http://127.0.0.1:{stripe}",
            "STRIPE_SECRET_KEY": "sk_test_benchmark",
            "STRIPE_WEBHOOK_SECRET": "whsec_benchmark",
        }
        manage("migrate", env=env)
        door = ("--webhook", f"{env['NOSANA_BASE_URL']}/webhooks/stripe/", "--webhook-secret", "whsec_benchmark")
        bank = process(
            running, env, "-m", "sandbox.stripe", "--port", str(stripe), "--data", str(data / "s"), *door
        )
        server = ("-m", "uvicorn", "nosana_web.asgi:application", "--port", str(web), "--log-level", "error")
        site = process(running, env | {"DATABASE_POOL": "1"}, *server, "--timeout-graceful-shutdown", "1")
        queues = ("-Q", "default,payments,mail", "-c", "2", "--without-gossip", "--without-mingle")
        process(running, env, "-m", "celery", "-A", "nosana_web", "worker", *queues, "--loglevel", "ERROR")
        wait_for(env["STRIPE_API_URL"], bank)
        wait_for(env["NOSANA_BASE_URL"], site)
        yield env


def process(running: ExitStack, env: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    """Start a Python process that ends with the benchmark; what it prints is not for the figures."""
    started = subprocess.Popen([sys.executable, *command], env=env, stdout=subprocess.DEVNULL)
    running.callback(started.wait, timeout=30)
    running.callback(started.terminate)
    return started


def main() -> None:
    """Pay and mail in turns; print the milliseconds of each. The first few warm everything up."""
    importlib.import_module("django").setup()
    started = time.monotonic()
    pay, write = payer(), mailer()
    credits, mails = [], []
    for number in range(WARM + PAYMENTS):
        if time.monotonic() - started > BUDGET and number >= WARM + ENOUGH:
            break
        credits.append(pay())
        mails.append(write(number))
    print(json.dumps({"credits": credits[WARM:], "mails": mails[WARM:]}))


def until(happened: Callable[[], bool], what: str) -> float:
    """Return the milliseconds until it happened. Raises RuntimeError, with what is left undone, when it does not."""
    started = time.perf_counter()
    while not happened():
        if time.perf_counter() - started > PATIENCE:
            raise RuntimeError(f"{what} took more than {PATIENCE:.0f} s; left undone: {undone() or 'nothing'}")
        time.sleep(0.005)
    return (time.perf_counter() - started) * 1000


def undone() -> str:
    """Return the messages that no worker has finished, with their tries and errors."""
    messages = importlib.import_module("apps.core.models").Message.objects.order_by("id")[:5]
    return "; ".join(f"{row.name} (tries: {row.attempts}) {row.error[:200]}" for row in messages)


def payer() -> Callable[[], float]:
    """Return an act that pays a new top-up at Checkout and returns how long its credits then took."""
    now = importlib.import_module("django.utils.timezone").now
    models = importlib.import_module("apps.payments.models")
    rates = importlib.import_module("apps.billing.models").Rate.objects
    billing = importlib.import_module("apps.billing.services")
    payments = importlib.import_module("apps.payments.services")
    membership = owner(now())

    def act() -> float:
        rates.create(currency="EUR", price_micro=420_000, at=now(), source="benchmark", read_at=now())
        quote = billing.quote_create(
            organisation=membership.organisation,
            currency="EUR",
            net_minor=10_000,
            now=now() + timedelta(seconds=1),
        )
        page = payments.topup_start(membership=membership, quote_id=quote.id, now=now())
        browser = Browser(os.environ["STRIPE_API_URL"])
        browser.open(page)
        address = httpx.URL(page).join(browser.form_with("card_number").action)
        answer = browser.http.post(address, data=CARD, headers={"Referer": page}, follow_redirects=False)
        if answer.status_code != 303:
            raise RuntimeError(f"the payment page answered {answer.status_code}")
        return until(lambda: models.TopUp.objects.filter(quote=quote, state="paid").exists(), "a payment")

    return act


def owner(now: Any) -> Any:
    """Return the owner of a new organisation that has accepted the terms."""
    people = importlib.import_module("apps.users.models").User.objects
    organisations = importlib.import_module("apps.organisations.services")
    person = people.create_user("olga@acme.example", name="Olga")
    actor = organisations.Actor.person(person)
    acme = organisations.organisation_create(user=person, name="Acme", actor=actor, now=now)
    membership = acme.memberships.select_related("organisation", "user").get(user=person)
    version = importlib.import_module("django.conf").settings.TERMS_VERSION
    organisations.terms_accept(membership=membership, version=version, actor=actor, now=now)
    return membership


def mailer() -> Callable[[int], float]:
    """Return an act that promises a mail and returns how long it took to be sent."""
    queue = importlib.import_module("apps.core.mail").mail_queue
    mails = importlib.import_module("apps.core.models").Mail.objects

    def act(number: int) -> float:
        mail = queue(key=f"benchmark:{number}", to="olga@acme.example", subject="Hello", text="Hello")
        return until(lambda: mails.filter(id=mail.id).exclude(sent_at=None).exists(), "a mail")

    return act


if __name__ == "__main__":
    main()
