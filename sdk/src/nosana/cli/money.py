"""Balance, top-ups, usage and invoices."""

from __future__ import annotations

import sys
import webbrowser
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from nosana.cli.frame import FAILED, USAGE, Output, client, command, common, group, stop
from nosana.cli.printing import credits, dump, duration, money, show_list, show_one, when
from nosana.client import errors

balance = group("The credits.")
topup = group("Credits by card.")
usage = group("What settled jobs used.")
invoice = group("Invoices.")


@command(balance, "balance")
def _balance() -> None:
    """Show the credits to spend, held for jobs and frozen by a dispute."""
    with client() as asked:
        found = asked.balance.get()
    fields: dict[str, Any] = {
        "to spend": lambda row: f"{credits(row['available_micro'])} credits",
        "held": lambda row: f"{credits(row['held_micro'])} credits",
        "frozen": lambda row: f"{credits(row['frozen_micro'])} credits" if row["frozen_micro"] else "",
    }
    show_one(found, fields)


TOPUP: dict[str, Any] = {
    "id": "id",
    "state": "state",
    "credits": lambda row: credits(row["credits_micro"]),
    "before VAT": lambda row: money(row["net_minor"], row["currency"]),
    "VAT": lambda row: money(row["vat_minor"], row["currency"]),
    "in all": lambda row: money(row["total_minor"], row["currency"]),
    "since": lambda row: when(row["created_at"]),
}


@command(topup, "topup")
def _topup(
    amount: Annotated[str, typer.Argument(help="How much before VAT, such as 50 or 49.90.")],
    currency: Annotated[
        str | None, typer.Option("--currency", "-c", help="EUR, USD, GBP …; else the organisation's.")
    ] = None,
    keep_card: Annotated[bool, typer.Option("--keep-card", help="Keep the card for later top-ups.")] = False,
    browser: Annotated[bool, typer.Option("--browser", help="Open the page of payment.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is paid.")] = False,
) -> None:
    """Lock a price, and print where a person pays it."""
    minor = minor_of(amount)
    with client() as asked:
        money_of = currency.upper() if currency else usual_currency(asked)
        made = asked.topups.create(currency=money_of, amount_minor=minor, keep_card=keep_card)
        if common.output is Output.TABLE:
            show_one(made, {**TOPUP, "pay at": "checkout_url", "until": lambda row: when(row["expires_at"])})
        elif wait:  # what is printed is one answer: the top-up as it ended
            typer.echo(made["checkout_url"], err=True)
        else:
            dump(made)
        if browser and made["checkout_url"]:
            webbrowser.open(made["checkout_url"])
        if wait:
            paid = asked.topups.wait(made["id"])
            show_one(paid, TOPUP)
            if paid["state"] != "paid":
                raise typer.Exit(FAILED)


def usual_currency(asked: Any) -> str:
    """Return the currency in which the organisation pays."""
    try:
        return str(asked.organisations.get()["currency"])
    except errors.Denied:
        stop("this key may not see in which currency the organisation pays; say it: --currency EUR.", USAGE)


def minor_of(text: str) -> int:
    """Return an amount as minor units."""
    whole, mark, part = text.replace(",", ".").partition(".")
    if not whole.isdigit() or (mark and not (part.isdigit() and len(part) <= 2)) or len(whole) > 9:
        stop(f"“{text}” is no amount; write 50 or 49.90.", USAGE)
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


@command(usage, "usage")
def _usage(
    by: Annotated[
        str, typer.Option("--by", help="day, project, member, key, market, template, label, job.")
    ] = "day",
    since: Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="From this day.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="To this day.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Every settled line, as CSV.")] = False,
) -> None:
    """Show what settled jobs used, added up; this month unless days are given."""
    days = {"since": since and since.date(), "until": until and until.date()}
    with client() as asked:
        if csv:
            sys.stdout.buffer.write(asked.usage.csv(**days))
            return
        found = asked.usage.get(by=by, **days)
    if common.output is not Output.TABLE:
        dump(found)
        return
    columns: dict[str, Any] = {
        by: "name",
        "jobs": "records",
        "ran": lambda row: duration(row["seconds"]),
        "credits": lambda row: credits(row["amount_micro"]),
    }
    show_list(found["items"], columns, empty="Nothing was settled in that time.")


INVOICE: dict[str, Any] = {
    "number": "number",
    "issued": lambda row: when(row["issued_at"]),
    "before VAT": lambda row: money(row["net_minor"], row["currency"]),
    "VAT": lambda row: money(row["vat_minor"], row["currency"]),
    "in all": lambda row: money(row["total_minor"], row["currency"]),
}


@command(invoice, "list")
def _invoice_list(limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50) -> None:
    """List the invoices, newest first."""
    with client() as asked:
        show_list(asked.invoices.list(limit=limit), INVOICE, empty="There is no invoice yet.")


@command(invoice, "show")
def _invoice_show(number: Annotated[str, typer.Argument(help="Its number.")]) -> None:
    """Show all that is printed on an invoice."""
    with client() as asked:
        dump(asked.invoices.get(number))


@command(invoice, "download")
def _invoice_download(
    number: Annotated[str, typer.Argument(help="Its number.")],
    to: Annotated[Path | None, typer.Option("--to", help="The file; else NUMBER.pdf here.")] = None,
    xml: Annotated[bool, typer.Option("--xml", help="As UBL, for accounting programs.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Keep an invoice as PDF, or as UBL."""
    path = to or Path(f"{number.replace('/', '-')}.{'xml' if xml else 'pdf'}")
    with client() as asked:
        content = asked.invoices.xml(number) if xml else asked.invoices.pdf(number)
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(content)
    except FileExistsError:
        stop(f"{path} is there already; name another file with --to, or give --force.", USAGE)
    except OSError as error:
        stop(f"{path} cannot be written: {error.strerror}.", FAILED)
    typer.echo(f"{path}: {len(content):,} bytes")
