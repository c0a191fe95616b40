"""The client asks no address that does not exist, and has a name for each that does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from nosana import Nosana
from nosana.client.core import plain_read

NOW, DAY, ID = datetime(2026, 11, 23, 12, tzinfo=UTC), date(2026, 11, 1), "0199aaaa-0000-7000-8000-000000000001"
# What programs have no use for: each with its reason.
LEFT_OUT = {"jobs_api:log_json": "the log's lines come as pages and as a stream"}


def acts(c: Any) -> Iterator[Any]:
    """Do everything once."""
    yield c.whoami()
    yield c.organisations.list().first(), c.organisations.get(), c.organisations.update(name="A")
    yield c.organisations.create("A", country="NL")
    yield c.organisations.terms(), c.organisations.accept_terms("1")
    yield c.members.list().first(), c.members.get(1), c.members.update(1, role="viewer")
    yield c.members.limit(1, None), c.members.remove(1)
    yield c.invitations.list().first(), c.invitations.create("a@b.example", role="viewer")
    yield c.invitations.create_many("email"), c.invitations.get(ID)
    yield c.invitations.resend(ID), c.invitations.revoke(ID)
    yield c.domains.list().first(), c.domains.get(ID), c.domains.create("a.example"), c.organisations.sign_in()
    yield c.domains.update(ID, join_role=""), c.domains.check(ID), c.domains.remove(ID)
    yield c.projects.list().first(), c.projects.get("p"), c.projects.create("P"), c.projects.update("p", name="Q")
    yield (
        c.keys.list().first(),
        c.keys.get(ID),
        c.keys.create("K", scopes=[]),
        c.keys.rotate(ID),
        c.keys.revoke(ID),
    )
    approval = {"id": ID, "round": 1}
    yield c.approvals.list().first(), c.approvals.get(ID), c.approvals.approve(approval), c.approvals.withdraw(ID)
    yield c.approvals.limits(), c.approvals.set_limits(job_micro=1)
    yield c.audit.list().first(), c.audit.get(1), c.audit.proof(1), c.audit.digests()
    yield c.audit.retention(), c.audit.set_retention(30)
    yield c.balance.get(), c.lots.list().first(), c.holds.list().first(), c.transfers.list().first()
    yield c.usage.get(), c.usage.csv(since=DAY), c.transfers.proof()
    limit = {"level": "organisation", "period": "day", "limit_micro": 1}
    yield c.caps.list().first(), c.caps.set(**limit), c.caps.remove(ID)
    yield c.budgets.list().first(), c.budgets.set(**limit, people=[]), c.budgets.remove(ID)
    yield c.quotes.create(currency="EUR", net_minor=1)
    yield c.topups.list().first(), c.topups.get(ID), c.topups.create(currency="EUR", amount_minor=1)
    yield c.cards.list().first(), c.cards.make_default(ID), c.cards.remove(ID)
    yield c.automatic_topup.get()
    yield c.automatic_topup.set(on=True, mode="forecast", currency="EUR", month_cap_minor=1, days=3)
    yield c.invoices.list().first(), c.invoices.get("I-1"), c.invoices.pdf("I-1"), c.invoices.xml("I-1")
    yield c.credit_notes.list().first(), c.credit_notes.get("C-1"), c.credit_notes.pdf("C-1")
    yield c.statements.list().first(), c.statements.get("2026-10"), c.statements.pdf("2026-10")
    yield c.statements.csv("2026-10")
    yield c.webhooks.list().first(), c.webhooks.get(ID), c.webhooks.create("https://x"), c.webhooks.remove(ID)
    yield c.webhooks.update(ID, on=True), c.webhooks.rotate(ID), c.webhooks.test(ID)
    yield c.webhooks.replay(ID, since=NOW), c.webhooks.deliveries(ID).first(), c.webhooks.delivery(ID, ID)
    yield c.webhooks.resend(ID, ID), c.webhooks.event_types().first(), c.webhooks.events().first()
    yield c.markets.list().first(), c.markets.get("gpu")
    yield from jobs(c.jobs)
    yield (
        c.templates.list().first(),
        c.templates.get("t"),
        c.templates.create(title="T"),
        c.templates.restore("t", 1),
    )
    yield (
        c.templates.versions("t").first(),
        c.templates.version("t", 1),
        c.templates.update("t", base=1, title="U"),
    )
    yield c.templates.archive("t"), c.templates.unarchive("t")
    yield from rest(c)


def jobs(j: Any) -> Iterator[Any]:
    """Do everything about jobs once."""
    yield j.list().first(), j.get(ID), j.run(image="a", market="gpu"), j.rehearse(image="a", market="gpu")
    yield j.move(ID, project="p"), j.stop(ID), j.restart(ID), j.extend(ID, 60)
    yield j.services(ID).first(), j.figures(ID).first()
    yield j.rename(ID, "n"), j.relabel(ID, project="p", reason="r")
    yield j.notes(ID).first(), j.note(ID, "n"), j.note_update(ID, ID, "m"), j.note_remove(ID, ID)
    yield j.events(ID).first(), j.attempts(ID).first(), j.result(ID), j.result_file(ID)
    yield j.log_lines(ID).first(), j.log_text(ID), j.log_search(ID, "words"), next(iter(j.logs(ID)), None)
    yield j.policy(), j.set_policy(reposts=1), j.log_days(), j.set_log_days(3)


def rest(c: Any) -> Iterator[Any]:
    """Do once what money and people hear of."""
    yield c.balance.alert(), c.balance.set_alert(below_micro=1), c.balance.move(1, target="p")
    yield c.vouchers.redeem("CODE"), c.refunds.list().first(), c.topups.refund(ID, reason="Unused")
    yield c.vat.get(), c.vat.ask(), c.invoices.send("I-1"), c.credit_notes.xml("C-1")
    yield c.notices.list(unread=True).first(), c.notices.read(ID), c.notices.read_all()
    yield c.notices.choices(), c.notices.choose(quiet=(22, 7), daily_hour=8)
    yield c.billing_details.get(), c.billing_details.update(po_number="4711")
    yield c.visits.list().first(), c.visits.revoke(ID)
    yield c.tickets.list(state="open").first(), c.tickets.get(ID), c.tickets.open("S", "T", job=ID)
    yield c.tickets.reply(ID, "T", solved=True), c.feedback.send("T")
    yield c.channels.list().first(), c.channels.get(ID), c.channels.create("https://x", kind="slack")
    yield c.channels.update(ID, on=False), c.channels.remove(ID), c.channels.test(ID)


ANSWER = {"items": [], "next_cursor": None, "digests": [], "days": 1, "lines": [], "next_after": None, "id": ID}
ANSWER |= {"to": "a@b.example", "read_until": "2026-11-23T12:00:00Z", "at": "2026-11-23T12:00:00Z"}


def test_every_act_of_the_client_is_an_address_of_the_api() -> None:
    asked: set[tuple[str, str]] = set()

    def listen(request: httpx.Request) -> httpx.Response:
        asked.add((resolve(request.url.path).view_name, request.method))
        if request.url.path.endswith("/stream"):
            return httpx.Response(200, text="event: end\ndata: {}\n\n")
        return httpx.Response(200, json=ANSWER)

    client = Nosana(
        key="nos_sandbox_x", organisation="acme", reader=plain_read, transport=httpx.MockTransport(listen)
    )
    for _ in acts(client):
        pass
    offered = set(endpoints(get_resolver(), ""))
    assert asked - offered == set()
    nameless = offered - asked
    assert {one for one in nameless if one[0] not in LEFT_OUT} == set(), (
        "give them a name in sdk/, or a reason here"
    )
    assert set(LEFT_OUT) <= {name for name, _ in nameless}, "what has a name is not left out"


def endpoints(resolver: URLResolver, namespace: str, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield (name, method) of every address under /api/v1/."""
    for pattern in resolver.url_patterns:
        here = place + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from endpoints(pattern, inner, here)
        elif isinstance(pattern, URLPattern) and here.startswith("api/v1/"):
            view = getattr(pattern.callback, "cls", None)
            methods = [m.upper() for m in ("get", "post", "put", "patch", "delete") if hasattr(view, m)]
            for method in methods or ["GET"]:
                yield f"{namespace}{pattern.name}", method
