"""The lines of a statement, straight from the ledger: one scan per organisation, whatever its size.

Which entries belong to a month: those booked at a time within it, and those that came late, booked at an earlier time
after that time's statement was closed. An account's entries are written under its row's lock, so those that are seen
are always a prefix of its ids; the last id seen per account says what a statement knew, and nothing falls between two.
"""

import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from apps.billing import chart

PART = 1 << 20  # bytes of compressed CSV in one row
SHOWN = 200  # lines of each kind that stand in the statement itself; the CSV has all

# What people read of a kind of transfer: one of them, and many; statements tell kinds in this order.
KINDS = {
    "topup": ("Top-up", "Top-ups"),
    "grant": ("Credits given", "Credits given"),
    "settlement": ("Usage", "Usage"),
    "expired": ("Expired credits", "Expired credits"),
    "move": ("Moved between organisations", "Moved between organisations"),
    "refund_open": ("Refund", "Refunds"),
    "refund_undone": ("Refund", "Refunds"),
    "refund_done": ("Refund", "Refunds"),
    "dispute_open": ("Dispute", "Disputes"),
    "dispute_undone": ("Dispute", "Disputes"),
    "dispute_done": ("Dispute", "Disputes"),
    "debt": ("Debt collected", "Debt collected"),
}

ACCOUNTS = """
    SELECT account.id, account.balance,
        coalesce((SELECT max(entry.id) FROM ledger_entry AS entry WHERE entry.account_id = account.id), 0)
    FROM ledger_account AS account WHERE account.code LIKE %(codes)s ORDER BY account.id
"""
# What the last statement saw is known to it; what it left to later months is not older than its last second.
ENTRIES = """
    SELECT transfer_id, amount, id, id <= {known:d} AS known
    FROM ledger_entry WHERE account_id = {account:d} AND id BETWEEN {first:d} AND {last:d}
"""
# One row per transfer that changed what the organisation has, and per settlement, also of a job that cost nothing;
# holds for jobs move nothing in or out. A transfer's entries are written together, so a statement knew all of
# them or none.
LINES = """
    CREATE TEMPORARY TABLE statement_line ON COMMIT DROP AS
    SELECT transfer.id AS transfer_id, transfer.at, transfer.reason, moved.micro, moved.first_entry_id,
        transfer.at >= %(ends_at)s AS later
    FROM (
        SELECT transfer_id, sum(amount)::bigint AS micro, min(id) AS first_entry_id, bool_or(known) AS known
        FROM ({entries}) AS entry GROUP BY transfer_id
    ) AS moved JOIN ledger_transfer AS transfer ON transfer.id = moved.transfer_id
    WHERE (NOT moved.known OR transfer.at >= %(starts_at)s) 
        AND (moved.micro <> 0 OR transfer.reason = 'settlement' OR transfer.at >= %(ends_at)s)
"""
BEFORE = """
    SELECT coalesce(sum(entry.amount), 0) FROM ({entries}) AS entry
    JOIN ledger_transfer AS transfer ON transfer.id = entry.transfer_id WHERE transfer.at < %(starts_at)s
"""
TOTALS = """
    SELECT coalesce(sum(micro) FILTER (WHERE NOT later), 0), coalesce(sum(micro) FILTER (WHERE later), 0),
        min(first_entry_id) FILTER (WHERE later), count(*) FILTER (WHERE NOT later)
    FROM statement_line
"""
BY_KIND = """
    SELECT reason, count(*), sum(micro)::bigint FROM statement_line WHERE NOT later GROUP BY reason ORDER BY reason
"""
USAGE = """
    JOIN billing_settlement AS settlement ON settlement.transfer_id = line.transfer_id
    JOIN billing_usagerecord AS usage ON usage.settlement_id = settlement.id
    LEFT JOIN organisations_project AS project ON project.id = usage.project_id
"""
BY_PROJECT = f"""
    SELECT coalesce(project.name, 'No project'), count(*), sum(usage.seconds)::bigint, -sum(line.micro)::bigint
    FROM statement_line AS line {USAGE} WHERE NOT line.later
    GROUP BY project.id, project.name ORDER BY 4 DESC, 1
"""  # noqa: S608 - our own words only
JOBS = f"""
    SELECT line.at, coalesce(project.name, ''), usage.label, usage.seconds, line.micro
    FROM (
        SELECT * FROM statement_line WHERE NOT later AND reason = 'settlement' ORDER BY at, transfer_id LIMIT %(shown)s
    ) AS line {USAGE} ORDER BY line.at, line.transfer_id
"""  # noqa: S608
# A top-up's invoice, and the credit note of money that went back.
DOCUMENT = """
    LEFT JOIN LATERAL (
        SELECT invoice.number FROM billing_invoicedue AS due JOIN billing_invoice AS invoice ON invoice.due_id = due.id
        WHERE transfer.reason = 'topup'
            AND due.topup_id = transfer.details->>'topup_id' AND due.replaces_id IS NULL
        UNION ALL
        SELECT note.number FROM billing_creditnotedue AS due JOIN billing_creditnote AS note ON note.due_id = due.id
        WHERE transfer.reason IN ('refund_done', 'dispute_done')
            AND due.key = 'reversal:' || split_part(transfer.key, ':', 2)
    ) AS document ON true
"""
# What moved, in the transfer's own words; the database writes them, since there may be a million.
MONEY = """
    to_char((transfer.details->>'{0}')::bigint / 100.0, 'FM999999999990.00') || ' ' || (transfer.details->>'currency')
"""
WHAT = f"""
    CASE transfer.reason
        WHEN 'topup' THEN {MONEY.format("total_minor")} || ' paid'
        WHEN 'refund_done' THEN {MONEY.format("gross_minor")} || ' sent back'
        WHEN 'dispute_done' THEN {MONEY.format("gross_minor")} || ' taken back by the bank'
        WHEN 'move' THEN 'from ' || (transfer.details->>'source') || ' to ' || (transfer.details->>'target')
        ELSE coalesce(transfer.details->>'label', transfer.details->>'kind', '')
    END
"""
MOVEMENTS = f"""
    SELECT line.at, line.reason, coalesce({WHAT}, ''),
        coalesce(document.number, ''), line.micro
    FROM (
        SELECT * FROM statement_line WHERE NOT later AND reason <> 'settlement' ORDER BY at, transfer_id LIMIT %(shown)s
    ) AS line JOIN ledger_transfer AS transfer ON transfer.id = line.transfer_id {DOCUMENT}
    ORDER BY line.at, line.transfer_id
"""  # noqa: S608
# Spreadsheets take a text that begins so for a formula; an apostrophe keeps it a text.
PLAIN = "CASE WHEN {0} ~ '^\\s*[=+@\\t\\r\\n＝＋－＠-]' THEN '''' || {0} ELSE {0} END"
CSV = f"""
    COPY (
        SELECT to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS time_utc,
            to_char(line.at AT TIME ZONE %(zone)s, 'YYYY-MM-DD HH24:MI:SS') AS time_local,
            line.reason AS kind,
            {PLAIN.format("coalesce(project.name, '')")} AS project,
            {PLAIN.format("words.what")} AS what,
            coalesce(usage.source, '') AS source,
            {PLAIN.format("coalesce(person.email, '')")} AS person,
            usage.seconds AS seconds,
            to_char(line.micro / 1000000.0, 'FM999999999990.000000') AS credits,
            coalesce(document.number, '') AS document,
            coalesce(settlement.details->>'signature', '') AS evidence,
            transfer.key AS booking
        FROM statement_line AS line
        JOIN ledger_transfer AS transfer ON transfer.id = line.transfer_id
        LEFT JOIN billing_settlement AS settlement ON settlement.transfer_id = line.transfer_id
        LEFT JOIN billing_usagerecord AS usage ON usage.settlement_id = settlement.id
        LEFT JOIN organisations_project AS project ON project.id = usage.project_id
        LEFT JOIN users_user AS person ON person.id = usage.member_id
        {DOCUMENT}
        CROSS JOIN LATERAL (SELECT coalesce(usage.label, {WHAT}, '') AS what) AS words
        WHERE NOT line.later ORDER BY line.at, line.transfer_id
    ) TO STDOUT WITH (FORMAT csv, HEADER)
"""  # noqa: S608


@dataclass(frozen=True)
class Marks:
    """What a statement knew: by account the last entry it saw, and the first entry it left to later months."""

    seen: dict[str, int]
    left: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the marks as they are kept."""
        return {"seen": self.seen, "left": self.left}


@dataclass(frozen=True)
class Figures:
    """A month in micro-NOS: what there was, what changed, and what the ledger says there is now."""

    opening_micro: int
    change_micro: int
    later_micro: int
    balance_micro: int
    lines: int
    marks: Marks

    @property
    def ties_out(self) -> bool:
        """Return whether opening, change and what came after the month add up to the ledger's balance."""
        return self.opening_micro + self.change_micro + self.later_micro == self.balance_micro


def lines_gather(
    *,
    organisation_id: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    opening_micro: int | None,
    marks: Marks | None,
) -> Figures:
    """Gather the month's lines in a temporary table of this transaction and return what they come to.

    Without an earlier statement (`opening_micro` and `marks` None) the opening balance is read from the ledger.
    """
    with connection.cursor() as cursor:
        # An organisation's rows lie close together and are read by index, unless it has most of all there are.
        cursor.execute("SET LOCAL work_mem = '128MB'; SET LOCAL random_page_cost = 1.1")
        cursor.execute(ACCOUNTS, {"codes": chart.all_of(organisation_id)})
        accounts = cursor.fetchall()
        entries = " UNION ALL ".join(_entries(account_id, last, marks) for account_id, _, last in accounts)
        times = {"starts_at": starts_at, "ends_at": ends_at}
        if opening_micro is None:
            cursor.execute(BEFORE.format(entries=entries), times)
            opening_micro = int(cursor.fetchone()[0])
        cursor.execute("DROP TABLE IF EXISTS statement_line")
        cursor.execute(LINES.format(entries=entries), times)
        cursor.execute("ANALYZE statement_line")
        cursor.execute(TOTALS)
        change, later, left, lines = cursor.fetchone()
    return Figures(
        opening_micro=opening_micro,
        change_micro=int(change),
        later_micro=int(later),
        balance_micro=sum(balance for _, balance, _ in accounts),
        lines=lines,
        marks=Marks(seen={str(account_id): last for account_id, _, last in accounts}, left=left),
    )


def _entries(account_id: int, last: int, marks: Marks | None) -> str:
    """Return the question for one account's entries with its numbers in it, so that the planner knows them."""
    known, first = last, 1  # without an earlier statement what is older than the month is the opening balance
    if marks is not None:
        known = marks.seen.get(str(account_id), 0)
        first = known + 1 if marks.left is None else min(known + 1, marks.left)
    return ENTRIES.format(known=known, account=account_id, first=first, last=last)


def lines_summary(zone: str) -> dict[str, Any]:
    """Return the gathered lines by kind and by project, and the first of them one by one, times in `zone`."""
    with connection.cursor() as cursor:
        cursor.execute(BY_KIND)
        kinds = _by_name(cursor.fetchall())
        cursor.execute(BY_PROJECT)
        projects = [
            {"name": name, "jobs": jobs, "seconds": seconds, "micro": micro}
            for name, jobs, seconds, micro in cursor.fetchall()
        ]
        cursor.execute(MOVEMENTS, {"shown": SHOWN})
        movements = [
            {
                "at": _local(at, zone),
                "text": ": ".join(filter(None, (kind_name(reason, many=False), text))),
                "document": document,
                "micro": micro,
            }
            for at, reason, text, document, micro in cursor.fetchall()
        ]
        cursor.execute(JOBS, {"shown": SHOWN})
        jobs = [
            {"at": _local(at, zone), "project": project, "text": label, "seconds": seconds, "micro": micro}
            for at, project, label, seconds, micro in cursor.fetchall()
        ]
    return {"kinds": kinds, "projects": projects, "movements": movements, "jobs": jobs}


def _by_name(rows: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Add up kinds that people read under one name, in the order of KINDS."""
    found: dict[str, dict[str, Any]] = {}
    order = list(KINDS)
    for reason, count, micro in sorted(
        rows, key=lambda row: order.index(row[0]) if row[0] in KINDS else len(order)
    ):
        kind = found.setdefault(kind_name(reason), {"name": kind_name(reason), "count": 0, "micro": 0})
        kind["count"] += count
        kind["micro"] += micro
    return list(found.values())


def kind_name(reason: str, *, many: bool = True) -> str:
    """Return a kind of transfer as people read it."""
    return KINDS[reason][many] if reason in KINDS else reason.replace("_", " ").capitalize()


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def lines_csv(zone: str) -> Iterator[bytes]:
    """Yield the gathered lines as CSV, compressed (gzip), in parts; the whole is never in memory."""
    packer = zlib.compressobj(level=1, wbits=31)
    with TemporaryFile() as packed:
        with connection.cursor() as cursor, cursor.cursor.copy(CSV, {"zone": zone}) as copy:
            for block in copy:
                packed.write(packer.compress(block))
        packed.write(packer.flush())
        packed.seek(0)
        while part := packed.read(PART):
            yield part
