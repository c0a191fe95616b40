"""Statements: they tie out to the ledger, are frozen once, and reach the mailbox."""

import csv
import gzip
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import Sum

from apps.billing.errors import PeriodClosed, PeriodOpen, StatementMismatch
from apps.billing.models import CreditNoteDue, InvoiceDue, Statement, StatementPart
from apps.billing.selectors import statement_csv, statement_get, statement_rows
from apps.billing.services import (
    Closing,
    credit_note_issue,
    dispute_lost,
    dispute_open,
    hold_release,
    hold_settle,
    invoice_issue,
    month_close,
    months_close,
    statement_close,
    statement_deliver,
    statements_sweep,
    topup_refund,
)
from apps.core.errors import NotFound
from apps.core.models import Mail
from apps.ledger.models import Account, Entry
from tests.billing.money import CREDIT, NOW, grant, hold, topup
from tests.billing.test_invoices import words
from tests.ledger.threads import at_once
from tests.world import World

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
OVER = datetime(2026, 12, 1, 15, tzinfo=UTC)


def job(world: World, credits: int, *, source: str, at: datetime = NOW, label: str = "Train") -> None:
    """Let a job hold 30 credits and cost `credits`, and 5 %."""
    hold(world.acme, 30, source=source)
    hold_settle(source=source, network_micro=credits * CREDIT, seconds=60, now=at)


def close(world: World, month: date = NOVEMBER, now: datetime = OVER) -> Statement:
    statement = statement_close(organisation_id=world.acme.id, month=month, now=now)
    assert statement is not None
    return statement


def rows(statement: Statement) -> list[dict[str, str]]:
    return list(statement_rows(statement))


def ledger_micro(world: World, before: datetime) -> int:
    """Return what the books say the organisation had at a time."""
    entries = Entry.objects.filter(account__code__startswith=f"org:{world.acme.id}:", transfer__at__lt=before)
    return entries.aggregate(sum=Sum("amount"))["sum"] or 0


def test_a_month_ties_out_to_the_ledger_line_by_line(world: World) -> None:
    topup(world.acme)
    grant(world.acme, 50)
    job(world, 10, source="job:1:1")
    job(world, 7, source="job:2:1")
    hold(world.acme, 30, source="job:3:1")
    hold_release(source="job:3:1", reason="x", now=NOW)
    hold(world.acme, 5, source="job:4:1")  # runs over the month's end
    statement = close(world)
    assert (statement.opening_micro, statement.closing_micro) == (0, ledger_micro(world, OVER))
    lines = rows(statement)
    assert [line["kind"] for line in lines] == ["topup", "grant", "settlement", "settlement"]
    assert sum(int(line["credits"].replace(".", "")) for line in lines) == statement.change_micro
    assert {kind["name"]: kind["micro"] for kind in statement.data["kinds"]} == {
        "Top-ups": 233_426_704,
        "Credits given": 50 * CREDIT,
        "Usage": -17_850_000,
    }


def test_what_went_back_is_told_with_its_amount_and_credit_note(world: World) -> None:
    topup(world.acme)
    topup(world.acme, topup_id="t2")
    invoice_issue(invoice_due_id=InvoiceDue.objects.get(topup_id="t1").id, now=NOW)
    topup_refund(topup_id="t1", refunded_minor=2_010, now=NOW)
    note = credit_note_issue(credit_note_due_id=CreditNoteDue.objects.get().id, now=NOW)
    dispute_open(topup_id="t2", gross_minor=12_100, key="d1", reason="fraudulent", now=NOW)
    dispute_lost(key="d1", now=NOW)
    statement = close(world)
    assert [(line["text"], line["document"]) for line in statement.data["movements"]][2:] == [
        ("Refund: 20.10 EUR sent back", note.number),
        ("Dispute: 121.00 EUR taken back by the bank", ""),
    ]
    assert [(line["what"], line["document"]) for line in rows(statement)][2] == (
        "20.10 EUR sent back",
        note.number,
    )
    assert [kind["name"] for kind in statement.data["kinds"]] == ["Top-ups", "Refunds", "Disputes"]


def test_usage_is_told_by_project_with_its_jobs(world: World) -> None:
    grant(world.acme, 100)
    job(world, 10, source="job:1:1")
    data = close(world).data
    assert data["projects"] == [{"name": "No project", "jobs": 1, "seconds": 60, "micro": 10_500_000}]
    assert [(line["text"], line["seconds"], line["micro"]) for line in data["jobs"]] == [
        ("Train", 60, -10_500_000)
    ]


def test_the_next_month_opens_where_this_one_closed(world: World) -> None:
    grant(world.acme, 100)
    first = close(world)
    job(world, 10, source="job:1:1", at=datetime(2026, 12, 24, tzinfo=UTC))
    second = close(world, DECEMBER, datetime(2027, 1, 2, tzinfo=UTC))
    assert (second.opening_micro, second.change_micro) == (first.closing_micro, -10_500_000)


def test_what_is_booked_after_the_month_but_before_its_close_joins_the_next(world: World) -> None:
    grant(world.acme, 100)
    job(world, 10, source="job:1:1", at=OVER - timedelta(hours=1))
    first = close(world)
    assert first.change_micro == 100 * CREDIT
    second = close(world, DECEMBER, datetime(2027, 1, 2, tzinfo=UTC))
    assert [line["kind"] for line in rows(second)] == ["settlement"]
    assert second.closing_micro == ledger_micro(world, datetime(2027, 1, 1, tzinfo=UTC))


def test_what_is_booked_late_joins_the_next_month_once(world: World) -> None:
    grant(world.acme, 100)
    close(world)
    job(world, 10, source="job:1:1")  # at a time of November, after November was closed
    second = close(world, DECEMBER, datetime(2027, 1, 2, tzinfo=UTC))
    assert (second.change_micro, len(rows(second))) == (-10_500_000, 1)
    third = close(world, date(2027, 1, 1), datetime(2027, 2, 2, tzinfo=UTC))
    assert (third.change_micro, third.lines, third.closing_micro) == (0, 0, second.closing_micro)


def test_months_left_open_are_closed_in_their_order(world: World) -> None:
    grant(world.acme, 100)
    close(world)
    close(world, date(2027, 2, 1), datetime(2027, 3, 2, tzinfo=UTC))
    months = Statement.objects.order_by("month").values_list("month", flat=True)
    assert list(months) == [NOVEMBER, DECEMBER, date(2027, 1, 1), date(2027, 2, 1)]


def test_the_first_statement_opens_with_what_there_was(world: World) -> None:
    grant(world.acme, 100)
    statement = close(world, DECEMBER, datetime(2027, 1, 2, tzinfo=UTC))
    assert (statement.opening_micro, statement.change_micro) == (100 * CREDIT, 0)


def test_a_month_ends_at_midnight_of_the_organisation(world: World) -> None:
    world.acme.time_zone = "America/New_York"
    world.acme.save()
    grant(world.acme, 100)
    job(world, 10, source="job:1:1", at=datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC))
    job(world, 20, source="job:2:1", at=datetime(2026, 12, 1, 5, 0, tzinfo=UTC))
    statement = close(world)
    assert statement.ends_at == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert [(line["source"], line["time_local"]) for line in rows(statement)][1:] == [
        ("job:1:1", "2026-11-30 23:59:59")
    ]


def test_a_changed_time_zone_leaves_no_hour_out_and_counts_none_twice(world: World) -> None:
    grant(world.acme, 100)
    first = close(world)
    world.acme.time_zone = "Asia/Tokyo"
    world.acme.save()
    second = close(world, DECEMBER, datetime(2027, 1, 2, tzinfo=UTC))
    assert second.starts_at == first.ends_at


def test_a_month_that_is_not_over_is_refused(world: World) -> None:
    grant(world.acme, 100)
    with pytest.raises(PeriodOpen, match="November 2026 is not over for Acme"):
        close(world, now=datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    with pytest.raises(PeriodOpen):
        month_close(month=NOVEMBER, now=NOW)
    assert not Statement.objects.exists()


def test_a_period_already_closed_is_refused_with_a_sentence(world: World) -> None:
    grant(world.acme, 100)
    close(world)
    with pytest.raises(PeriodClosed, match="November 2026 is closed for Acme") as refusal:
        close(world)
    assert (refusal.value.code, refusal.value.status) == ("period_closed", 409)
    with pytest.raises(PeriodClosed):
        close(world, date(2026, 10, 1))


def test_closing_again_issues_nothing_again(world: World) -> None:
    grant(world.acme, 100)
    assert month_close(month=NOVEMBER, now=OVER) == Closing(closed=1, waiting=0, busy=0, failed=0)
    assert month_close(month=NOVEMBER, now=OVER) == Closing(closed=0, waiting=0, busy=0, failed=0)


def test_who_never_had_credits_in_the_month_gets_no_statement(world: World) -> None:
    grant(world.acme, 100)
    assert month_close(month=date(2026, 10, 1), now=OVER).closed == 0


def test_one_that_fails_stops_no_other_and_is_closed_by_the_next_run(world: World) -> None:
    grant(world.acme, 100)
    grant(world.other, 100, key="other")
    Account.objects.filter(code=f"org:{world.acme.id}:frozen").update(balance=1)
    assert month_close(month=NOVEMBER, now=OVER) == Closing(closed=1, waiting=0, busy=0, failed=1)
    with pytest.raises(StatementMismatch):
        close(world)
    assert not StatementPart.objects.filter(statement__organisation=world.acme).exists()
    Account.objects.filter(code=f"org:{world.acme.id}:frozen").update(balance=0)
    assert month_close(month=NOVEMBER, now=OVER).closed == 1


def test_the_periodic_act_waits_some_hours(world: World) -> None:
    grant(world.acme, 100)
    assert months_close(now=datetime(2026, 12, 1, 5, 59, tzinfo=UTC)) == Closing(0, 1, 0, 0)
    assert months_close(now=datetime(2026, 12, 1, 6, 0, tzinfo=UTC)) == Closing(1, 0, 0, 0)


@pytest.mark.parametrize("change", [{"closing_micro": 1, "change_micro": 1}, {"data": {}}, {"month": DECEMBER}])
def test_a_statement_is_frozen(world: World, change: dict[str, object]) -> None:
    grant(world.acme, 100)
    close(world)
    for act in (
        lambda: Statement.objects.update(**change),
        lambda: Statement.objects.all()._raw_delete("default"),
        lambda: StatementPart.objects.update(content=b""),
        lambda: StatementPart.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError, match="frozen and cannot change"), transaction.atomic():
            act()


def test_a_statement_reaches_the_mailbox_once_with_pdf_and_csv(world: World, drain: Callable[[], int]) -> None:
    topup(world.acme)
    job(world, 10, source="job:1:1")
    statement = close(world)
    drain()
    statement_deliver(statement_id=statement.id, now=OVER)
    mail = Mail.objects.get(key=f"statement:{statement.id}")
    assert mail.subject == "Statement November 2026 of Acme: 222.926704 credits left"
    pdf, table = mail.attachments.order_by("id")
    assert (pdf.name, table.name) == ("statement-2026-11.pdf", "statement-2026-11.csv")
    assert len(list(csv.DictReader(io.StringIO(bytes(table.content).decode())))) == 2
    text = words(bytes(pdf.content))
    for word in (
        "Statement November 2026",
        "222.926704",
        "Top-ups",
        "+233.426704",
        "Usage",
        "−10.500000",
        "Train",
    ):
        assert word in text


def test_a_month_in_which_nothing_happened_is_not_mailed(world: World, drain: Callable[[], int]) -> None:
    grant(world.acme, 100)
    statement = close(world, DECEMBER, datetime(2027, 1, 2, tzinfo=UTC))
    drain()
    assert statement.delivered_at is not None
    assert not Mail.objects.filter(key__startswith="statement:").exists()


def test_the_sweep_delivers_what_a_crash_left(world: World) -> None:
    grant(world.acme, 100)
    close(world)
    assert statements_sweep(now=OVER) == 0  # too early: the task is still at it
    assert [statements_sweep(now=OVER + timedelta(hours=1)) for _ in range(2)] == [1, 0]


def test_the_csv_names_the_invoice_and_the_evidence(world: World) -> None:
    topup(world.acme)
    number = invoice_issue(invoice_due_id=InvoiceDue.objects.get().id, now=NOW).number
    hold(world.acme, 30)
    hold_settle(source="job:1:1", network_micro=CREDIT, seconds=1, now=NOW, details={"signature": "5xSig"})
    lines = rows(close(world))
    assert (lines[0]["document"], lines[0]["what"]) == (number, "121.00 EUR paid")
    assert lines[1]["evidence"] == "5xSig"


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@x", "a\nb", 'q"u,o', "ü\u2028x"])
def test_any_label_stays_one_text_field(world: World, label: str) -> None:
    grant(world.acme, 100)
    hold(world.acme, 30, label=label)
    hold_settle(source="job:1:1", network_micro=CREDIT, seconds=1, now=NOW)
    what = rows(close(world))[1]["what"]
    assert what == (f"'{label}" if label[0] in "=+-@" else label)


def test_the_kept_parts_are_one_gzip_file(world: World) -> None:
    grant(world.acme, 100)
    statement = close(world)
    packed = b"".join(bytes(part.content) for part in statement.parts.order_by("position"))
    assert gzip.decompress(packed) == b"".join(statement_csv(statement))


@pytest.mark.parametrize("number", ["2026-10", "2026-13", "x", "2026-1\0", "99999-01"])
def test_a_month_without_a_statement_is_not_found(world: World, number: str) -> None:
    with pytest.raises(NotFound):
        statement_get(world.acme, number)


def test_the_command_says_what_it_did_and_what_it_cannot(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    grant(world.acme, 100)
    call_command("month_close", "2026-10")
    assert capsys.readouterr().out == "0 closed, 0 not over yet, 0 closed by another run.\n"
    for words_, sentence in ((["yesterday"], "is no month"), (["2099-01"], "is not over")):
        with pytest.raises(CommandError, match=sentence):
            call_command("month_close", *words_)


@pytest.mark.django_db(transaction=True)
def test_eight_closers_at_once_issue_each_statement_once() -> None:
    world = World.build()
    grant(world.acme, 100)
    grant(world.other, 100, key="other")
    results = at_once(8, lambda index: month_close(month=NOVEMBER, now=OVER))
    assert not [result for result in results if isinstance(result, Exception) or result.failed]
    assert (sum(result.closed for result in results), Statement.objects.count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_jobs_that_settle_while_a_month_is_closed_are_in_one_statement_each() -> None:
    world = World.build()
    grant(world.acme, 500)

    def act(index: int) -> object:
        if index % 4 == 0:
            return month_close(month=NOVEMBER, now=OVER)
        return job(world, index, source=f"job:{index}:1")

    assert not [result for result in at_once(16, act) if isinstance(result, Exception)]
    month_close(month=DECEMBER, now=datetime(2027, 1, 2, tzinfo=UTC))
    sources = [
        line["source"] for statement in Statement.objects.all() for line in rows(statement) if line["source"]
    ]
    assert sorted(sources) == sorted(f"job:{index}:1" for index in range(16) if index % 4)
    assert Statement.objects.get(month=DECEMBER).closing_micro == ledger_micro(world, OVER)
