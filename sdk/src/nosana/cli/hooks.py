"""Webhooks: set up, try, and forward events to a program on this machine."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

import httpx
import typer

from nosana.cli.frame import CUT, FAILED, LATE, USAGE, Output, client, command, common, group, id_of, seconds, stop
from nosana.cli.printing import dump, show_list, show_one, when
from nosana.client.settings import LOCAL
from nosana.webhooks import sign

webhook = group("Webhooks.")
WebhookId = Annotated[
    str,
    typer.Argument(metavar="WEBHOOK", help="Its id.", callback=id_of("webhook", "nosana webhook list")),
]
LATE_S = 120  # an event may become visible so much later than it was numbered
DeliveryId = Annotated[
    str,
    typer.Argument(metavar="DELIVERY", help="Its id.", callback=id_of("delivery", "nosana webhook deliveries")),
]
SENT = ("id", "type", "timestamp", "organisation", "subject", "sequence", "data")  # in the order of the platform
TRIED_S = 30  # an endpoint has 15 seconds to answer
FIELDS: dict[str, Any] = {
    "id": "id",
    "address": "url",
    "events": lambda row: row["types"] or "all",
    "what for": "description",
    "failing since": lambda row: when(row["failing_since"]),
    "off since": lambda row: when(row["off_at"]),
    "why": "off_reason",
    "old secret": lambda row: row["old_secret_until"] and f"signs too until {when(row['old_secret_until'])}",
}
COLUMNS: dict[str, Any] = {
    "id": "id",
    "state": lambda row: "off" if row["off_at"] else "failing" if row["failing_since"] else "on",
    "address": "url",
    "events": lambda row: row["types"] or "all",
    "failing since": lambda row: when(row["failing_since"]),
    "off since": lambda row: when(row["off_at"]),
}


@command(webhook, "list")
def _list() -> None:
    """List the endpoints."""
    with client() as asked:
        show_list(asked.webhooks.list(), COLUMNS, empty="There is no endpoint.")


@command(webhook, "create")
def _create(
    address: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted to, by https.")],
    event: Annotated[list[str] | None, typer.Option("--event", help="Only this type; may be repeated.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
) -> None:
    """Set up an endpoint. Its secret is printed once, alone on a line of standard output."""
    with client() as asked:
        made = asked.webhooks.create(address, types=event, description=description)
    if common.output is not Output.TABLE:
        dump(made)
        return
    typer.echo(f"Endpoint {made['id']}. Keep its secret now; nobody can show it again:", err=True)
    typer.echo(made["secret"])


@command(webhook, "types")
def _types() -> None:
    """List the kinds of events there are."""
    with client() as asked:
        show_list(asked.webhooks.event_types(), {"type": "name", "told when": "sentence"}, empty="There are none.")


@command(webhook, "show")
def _show(webhook_id: WebhookId) -> None:
    """Show one endpoint."""
    with client() as asked:
        show_one(asked.webhooks.get(webhook_id), FIELDS)


@command(webhook, "update")
def _update(
    webhook_id: WebhookId,
    address: Annotated[str | None, typer.Option("--to", help="Post events here from now on.")] = None,
    event: Annotated[list[str] | None, typer.Option("--event", help="Only this type; may be repeated.")] = None,
    all_events: Annotated[bool, typer.Option("--all-events", help="Events of every type.")] = False,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
    on: Annotated[
        bool | None, typer.Option("--on/--off", help="Turn it off, what waits is kept; or on, it goes at once.")
    ] = None,
) -> None:
    """Change an endpoint, or turn it on or off: all that is given, or nothing."""
    if event and all_events:
        stop("give either --event or --all-events.", USAGE)
    types = [] if all_events else event
    with client() as asked:
        made = asked.webhooks.update(webhook_id, url=address, types=types, description=description, on=on)
    show_one(made, FIELDS)


@command(webhook, "remove")
def _remove(webhook_id: WebhookId) -> None:
    """Remove an endpoint and what waits for it."""
    with client() as asked:
        asked.webhooks.remove(webhook_id)
    typer.echo("Removed.")


@command(webhook, "rotate")
def _rotate(
    webhook_id: WebhookId,
    overlap: Annotated[
        int, typer.Option("--overlap", min=0, max=168, help="Hours for which the old one signs too.")
    ] = 24,
) -> None:
    """Give an endpoint a new secret. It is printed once, alone on a line of standard output."""
    with client() as asked:
        made = asked.webhooks.rotate(webhook_id, overlap_hours=overlap)
    if common.output is not Output.TABLE:
        dump(made)
        return
    until = when(made["old_secret_until"])
    told = f"Both secrets sign until {until}." if until else "The old secret signs no more."
    typer.echo(f"{told} The new one, which nobody can show again:", err=True)
    typer.echo(made["secret"])


@command(webhook, "replay")
def _replay(
    webhook_id: WebhookId,
    since: Annotated[str, typer.Option("--since", help="So long ago: 90s, 10m, 2h, 1d.")],
    everything: Annotated[
        bool, typer.Option("--everything", help="What arrived too, not only what was given up.")
    ] = False,
) -> None:
    """Send an endpoint again what was given up since then; what waits for its next try goes at once."""
    start = datetime.now(timezone.utc) - timedelta(seconds=seconds(since))  # noqa: UP017 - Python 3.10
    with client() as asked:
        show_one(asked.webhooks.replay(webhook_id, since=start, everything=everything), {"sent again": "count"})


@command(webhook, "test")
def _test(webhook_id: WebhookId) -> None:
    """Send an endpoint a `webhook.test` and tell what it answered. Ends with 1 if it did not take it."""
    with client() as asked:
        event, end = asked.webhooks.test(webhook_id)["id"], time.monotonic() + TRIED_S
        found = None
        while time.monotonic() < end and not (found and found["tries"]):
            time.sleep(0.3)
            sent = asked.webhooks.deliveries(webhook_id, limit=100)
            found = next((one for one in sent if one["event"]["id"] == event), None)
        if not (found and found["tries"]):
            stop(
                f"it was not sent within {TRIED_S} seconds; `nosana webhook deliveries {webhook_id}` shows it.",
                LATE,
            )
        told = asked.webhooks.delivery(webhook_id, found["id"])
    if common.output is not Output.TABLE:
        dump(told)
    else:
        typer.echo(
            f"{'It arrived' if told['state'] == 'delivered' else 'It was not taken'}: {answer(told['log'][0])}"
        )
    if told["state"] != "delivered":
        raise typer.Exit(FAILED)


def answer(sent: dict[str, Any]) -> str:
    """Return what came back of one sending, in a line."""
    status = f"{sent['status']} after {sent['milliseconds']} ms" if sent["status"] else ""
    told = " ".join(f"{sent['error']} {sent['answer']}".split())
    return ": ".join(filter(None, [status, told if len(told) <= 200 else told[:200] + "…"]))


@command(webhook, "deliveries")
def _deliveries(
    webhook_id: WebhookId,
    state: Annotated[str | None, typer.Option("--state", help="waiting, delivered or dead.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 20,
) -> None:
    """Show what was sent to an endpoint, newest first."""
    columns: dict[str, Any] = {
        "id": "id",
        "event": lambda row: row["event"]["type"],
        "state": state_of,
        "tries": "tries",
        "of": lambda row: row["event"]["subject"],
        "arrived": lambda row: when(row["delivered_at"]),
        "next try": lambda row: (
            when(row["next_try_at"]) if row["state"] == "waiting" and not row["behind"] else ""
        ),
    }
    with client() as asked:
        show_list(asked.webhooks.deliveries(webhook_id, state=state, limit=limit), columns, empty="Nothing yet.")


def state_of(delivery: Mapping[str, Any]) -> str:
    """Return how a delivery stands; one that waits behind another says so."""
    return "behind an earlier one" if delivery["behind"] else str(delivery["state"])


@command(webhook, "delivery")
def _delivery(webhook_id: WebhookId, delivery_id: DeliveryId) -> None:
    """Show one delivery: what is sent, how it stands, and each try, newest first."""
    with client() as asked:
        found = asked.webhooks.delivery(webhook_id, delivery_id)
    _delivery_show(found)


@command(webhook, "resend")
def _resend(webhook_id: WebhookId, delivery_id: DeliveryId) -> None:
    """Send one delivery once more, whatever became of it."""
    with client() as asked:
        asked.webhooks.resend(webhook_id, delivery_id)
        found = asked.webhooks.delivery(webhook_id, delivery_id)
    _delivery_show(found)


def _delivery_show(found: dict[str, Any]) -> None:
    show_one(
        found,
        {
            "id": "id",
            "event": lambda row: row["event"]["type"],
            "of": lambda row: f"{row['event']['subject']}, number {row['event']['sequence']}",
            "data": lambda row: json.dumps(row["event"]["data"], ensure_ascii=False),
            "state": state_of,
            "arrived": lambda row: when(row["delivered_at"]),
            "next try": lambda row: when(row["next_try_at"]) if row["state"] == "waiting" else "",
        },
    )
    if common.output is Output.TABLE:
        for sent in found["log"]:
            typer.echo(f"{when(sent['at'])}  {answer(sent)}")


@command(webhook, "listen")
def _listen(
    to: Annotated[str, typer.Argument(metavar="URL", help="Such as http://localhost:3000/hooks.")],
    event: Annotated[list[str] | None, typer.Option("--event", help="Only this type; may be repeated.")] = None,
    secret: Annotated[
        str | None, typer.Option("--secret", envvar="NOSANA_WEBHOOK_SECRET", help="What signs; else a new one.")
    ] = None,
    every: Annotated[float, typer.Option("--every", min=0.2, help="Seconds between two looks.")] = 2.0,
) -> None:
    """Forward what happens from now on to a program on this machine, signed as the platform signs. Ctrl-C ends it.

    It looks for events itself, so it takes no tunnel and no endpoint; nothing is sent again where your program refuses.
    """
    host = httpx.URL(to).host
    if host not in ("localhost", "127.0.0.1", "::1"):
        stop(f"events are forwarded to this machine alone, not to {host or to}: {', '.join(LOCAL)}.", USAGE)
    secret = secret or "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    typer.echo(f"Forwarding events to {to}; they are signed with {secret}", err=True)
    try:
        with client() as asked, httpx.Client(timeout=15, trust_env=False) as http:
            place = asked.organisations.get()["id"]
            for found in events_from_now(asked, every):
                if not event or found["type"] in event:
                    forward(http, to, secret, {"organisation": place, **found})
    except KeyboardInterrupt:
        raise typer.Exit(CUT) from None


def events_from_now(asked: Any, every: float) -> Iterator[dict[str, Any]]:
    """Yield each event that happens after this call, once, those of a subject in their order."""
    known = {one["id"]: moment_of(one) for one in asked.webhooks.events(limit=100)}
    typer.echo("Ready.", err=True)
    while True:
        time.sleep(every)
        fresh: list[dict[str, Any]] = []
        oldest = max(known.values(), default=0.0) - LATE_S
        for one in asked.webhooks.events():
            if moment_of(one) < oldest:
                break
            if one["id"] not in known:
                fresh.append(one)
        for one in sorted(fresh, key=lambda one: one["id"]):
            known[one["id"]] = moment_of(one)
            yield one
        newest = max(known.values(), default=0.0)
        known = {name: moment for name, moment in known.items() if moment >= newest - 2 * LATE_S}


def moment_of(event: dict[str, Any]) -> float:
    """Return when it happened, in seconds."""
    return datetime.fromisoformat(event["at"].replace("Z", "+00:00")).timestamp()


def forward(http: httpx.Client, to: str, secret: str, event: dict[str, Any]) -> None:
    """Post an event as the platform would, and tell what the program answered."""
    known = {**event, "timestamp": event["at"].replace("Z", "+00:00")}
    body = json.dumps({name: known[name] for name in SENT}, separators=(",", ":")).encode()
    headers = sign(body, secret, number=event["id"], moment=int(time.time()))
    try:
        answer = http.post(to, content=body, headers={**headers, "Content-Type": "application/json"})
        said = str(answer.status_code)
    except httpx.TransportError as error:
        said = f"no answer ({error or type(error).__name__})"
    typer.echo(f"{datetime.now():%H:%M:%S}  {event['type']:<20} {event['subject']}  -> {said}")  # noqa: DTZ005
