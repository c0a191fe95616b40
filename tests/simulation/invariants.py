"""What must hold in every world: the eleven promises, asked of the database and of what the world outside knows.

`steps.asked` asks them of the new rows after each act; `thorough` asks everything, and `outside` what only the
end can tell.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

from apps.billing import chart
from apps.billing.audit import mismatches
from apps.core.money import CURRENCIES
from apps.ledger.selectors import balances, book_verify, digests_known, imbalances
from tests.simulation.world import World

# What must never be: each returns what breaks the promise of its number.
NEVER = {
    "5 a hold ends once": """
        SELECT hold.source FROM billing_hold AS hold
        LEFT JOIN ledger_transfer AS settle ON settle.key = 'hold:' || hold.source || ':settle'
        LEFT JOIN ledger_transfer AS release ON release.key = 'hold:' || hold.source || ':release'
        LEFT JOIN billing_settlement AS settlement ON settlement.hold_id = hold.id
        WHERE hold.state <> CASE WHEN settle.id IS NOT NULL THEN 'settled'
            WHEN release.id IS NOT NULL THEN 'released' ELSE 'open' END
            OR (settle.id IS NOT NULL AND release.id IS NOT NULL)
            OR (settlement.id IS NOT NULL) <> (settle.id IS NOT NULL)
    """,
    "6 no settlement is above its hold": """
        SELECT hold.source FROM billing_settlement AS settlement
        JOIN billing_hold AS hold ON hold.id = settlement.hold_id
        WHERE settlement.cost_micro > hold.amount_micro
            OR settlement.cost_micro + settlement.released_micro <> hold.amount_micro
    """,
    "7 a fact of the chain is booked once": """
        SELECT details->>'source' FROM ledger_transfer WHERE reason = 'settlement' GROUP BY 1 HAVING count(*) > 1
        UNION ALL SELECT details->>'reference' FROM ledger_transfer WHERE reason = 'funding'
        GROUP BY 1 HAVING count(*) > 1
        UNION ALL SELECT topup_id FROM billing_lot WHERE topup_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1
        UNION ALL SELECT topup_id FROM billing_invoicedue WHERE replaces_id IS NULL GROUP BY 1 HAVING count(*) > 1
        UNION ALL SELECT source FROM billing_usagerecord GROUP BY source, starts_at HAVING count(*) > 1
    """,
    "8 all accounts together are zero": """
        SELECT account.currency || ' ' || sum(entry.amount) FROM ledger_entry AS entry
        JOIN ledger_account AS account ON account.id = entry.account_id
        GROUP BY account.currency HAVING sum(entry.amount) <> 0
    """,
    "9 a replay from empty never passes a floor": """
        SELECT DISTINCT code FROM (
            SELECT account.code, account.floor,
                sum(entry.amount) OVER (PARTITION BY account.id ORDER BY entry.id) AS running
            FROM ledger_entry AS entry JOIN ledger_account AS account ON account.id = entry.account_id
            WHERE account.floor IS NOT NULL
        ) AS replay WHERE running < floor
    """,
    "10 nobody's credits pay for another": """
        SELECT transfer.key FROM ledger_transfer AS transfer
        JOIN ledger_entry AS entry ON entry.transfer_id = transfer.id
        JOIN ledger_account AS account ON account.id = entry.account_id
        WHERE account.code LIKE 'org:%%' AND transfer.reason <> 'move'
        GROUP BY transfer.key HAVING count(DISTINCT split_part(account.code, ':', 2)) > 1
        UNION ALL
        SELECT hold.source FROM billing_holdlot AS share JOIN billing_hold AS hold ON hold.id = share.hold_id
        JOIN billing_lot AS lot ON lot.id = share.lot_id
        WHERE lot.organisation_id <> hold.organisation_id
            OR (lot.project_id IS NOT NULL AND lot.project_id IS DISTINCT FROM hold.project_id)
        UNION ALL
        SELECT transfer.key FROM ledger_transfer AS transfer
        JOIN ledger_entry AS entry ON entry.transfer_id = transfer.id
        JOIN ledger_account AS account ON account.id = entry.account_id
        JOIN organisations_membership AS owner ON owner.role = 'owner'
            AND owner.organisation_id = split_part(account.code, ':', 2)::uuid
        WHERE account.code LIKE 'org:%%' AND transfer.reason = 'move'
        GROUP BY transfer.key HAVING count(DISTINCT owner.user_id) > 1
    """,
    "11 invoices have numbers without a gap or a twin": """
        SELECT series FROM billing_invoice GROUP BY series
        HAVING max(sequence) <> count(*) OR count(DISTINCT number) <> count(*)
        UNION ALL
        SELECT counter.series FROM billing_invoicecounter AS counter
        WHERE last <> (SELECT count(*) FROM billing_invoice AS i WHERE i.series = counter.series)
            + (SELECT count(*) FROM billing_creditnote AS n WHERE n.series = counter.series)
    """,
    "11 credit notes have numbers without a gap or a twin": """
        SELECT series FROM billing_creditnote GROUP BY series
        HAVING max(sequence) <> count(*) OR count(DISTINCT number) <> count(*)
        UNION ALL SELECT due_id::text FROM billing_creditnote GROUP BY due_id HAVING count(*) > 1
    """,
    "11 a budget's mark is told once in its window": """
        SELECT budget_id::text FROM billing_budgetnotice GROUP BY budget_id, starts_at, mark HAVING count(*) > 1
    """,
    "11 a mail is written once for each fact": "SELECT key FROM core_mail GROUP BY key HAVING count(*) > 1",
    "11 the VAT booked is what invoices say, less what was credited of them": """
        SELECT currency || ': invoiced ' || invoiced || ', booked ' || booked FROM (
            SELECT facts->>'currency' AS currency, sum((facts->>'vat_minor')::bigint - coalesce((
                SELECT sum(vat_minor) FROM billing_creditnotedue AS note WHERE note.invoice_due_id = due.id
            ), 0)) AS invoiced FROM billing_invoicedue AS due GROUP BY 1
        ) AS documents JOIN (
            SELECT substr(code, 5) AS currency, -sum(amount) AS booked FROM ledger_entry AS entry
            JOIN ledger_account AS account ON account.id = entry.account_id WHERE code LIKE 'vat:%%' GROUP BY code
        ) AS books USING (currency) WHERE invoiced <> booked
    """,
    "11 an invoice that replaces another names it": """
        SELECT invoice.number FROM billing_invoice AS invoice JOIN billing_invoicedue AS due ON due.id = invoice.due_id
        LEFT JOIN billing_invoice AS before ON before.due_id = due.replaces_id
        WHERE due.replaces_id IS NOT NULL AND invoice.data->>'replaces' IS DISTINCT FROM before.number
    """,
    "7 a voucher is used within its limit": """
        SELECT voucher.id::text FROM billing_voucher AS voucher
        WHERE (SELECT count(*) FROM billing_voucheruse AS use WHERE use.voucher_id = voucher.id) > voucher."limit"
    """,
}


def thorough(world: World) -> Iterator[str]:
    """Yield everything that is wrong in the database by itself; no act may be under way in between."""
    for wrong in imbalances():
        yield f"{'9' if wrong.kind == 'account' else '1'} {wrong.kind} {wrong.subject}: {wrong.sentence}"
    for mismatch in mismatches():
        yield f"4 {mismatch.rule}: {mismatch.subject}, {mismatch.rows_micro} and {mismatch.books_micro}"
    with connection.cursor() as cursor:
        for promise, question in NEVER.items():
            cursor.execute(question, [])
            yield from (f"{promise}: {subject}" for (subject,) in cursor.fetchall())
    known = list(digests_known().values())
    if known[: len(world.closed)] != world.closed:
        yield "9 a published digest changed"
    world.closed = known


def outside(world: World) -> Iterator[str]:
    """Yield where the books differ from what the world outside knows, once everything that was begun is done."""
    for finding in book_verify():
        yield f"9 the closed day {finding.day}, {finding.account}: {finding.sentence}"
    yield from _payments(world)
    yield from _jobs(world)
    yield from _money(world)


def _payments(world: World) -> Iterator[str]:
    lots = _asked("SELECT topup_id, granted_micro FROM billing_lot WHERE topup_id IS NOT NULL")
    back = _asked(
        "SELECT topup_id, sum(gross_minor) FROM billing_reversal WHERE state = 'done' AND kind = 'refund' GROUP BY 1"
    )
    for topup, payment in world.payments.items():
        if lots.get(topup) != (payment.quote.credits_micro if payment.credited else None):
            yield f"3 payment {topup} bought {payment.quote.credits_micro}, credited {lots.get(topup)}"
        if back.get(topup, 0) != payment.refunded_minor:
            yield f"3 of payment {topup} the provider refunded {payment.refunded_minor}, booked {back.get(topup, 0)}"
    given = _asked(
        "SELECT goodwill.id::text, lot.granted_micro FROM billing_goodwill AS goodwill "
        "JOIN billing_lot AS lot ON lot.id = goodwill.lot_id"
    )
    if given != world.goodwill:
        yield f"3 staff gave {world.goodwill}, credited {given}"


def _jobs(world: World) -> Iterator[str]:
    holds = _asked("SELECT source, state FROM billing_hold")
    for source, held in world.holds.items():
        state = holds.get(source)
        if (state is not None) != held.placed or (held.ended and state != held.ended):
            yield f"5 hold {source} is {state}, who placed it knows {held.placed} {held.ended}"


def _money(world: World) -> Iterator[str]:
    refunded = _asked(
        "SELECT currency, sum(gross_minor) FROM billing_reversal WHERE state = 'done' AND kind = 'refund' GROUP BY 1"
    )
    unsold = _asked(
        "SELECT '', coalesce(sum(taken_micro + CASE WHEN kind = 'dispute' THEN spent_micro ELSE 0 END), 0) "
        "FROM billing_reversal WHERE state = 'done'"
    )[""]
    places = (chart.stripe, chart.disputed, chart.refunds_due)
    books = balances([chart.TREASURY, chart.FX_NOS, *(place(c) for place in places for c in CURRENCIES)])
    sold = sum(payment.quote.credits_micro for payment in world.payments.values() if payment.credited)
    if -books.get(chart.FX_NOS, 0) != sold - unsold:
        yield f"3 credits sold {sold - unsold}, booked {-books.get(chart.FX_NOS, 0)}"
    if books.get(chart.TREASURY, 0) != sum(world.funded.values()):
        yield "7 the treasury is not what was put in"
    for currency in CURRENCIES:
        came_back = _sum((one[1:] for one in world.bounced.values()), currency)
        vat_back = _sum(world.vat_returned.values(), currency)
        vat_owed = _sum(world.vat_owed().values(), currency) - vat_back
        owed = came_back - _sum(world.repaid.values(), currency) + vat_owed
        booked = books.get(chart.refunds_due(currency), 0)
        if -booked != owed:
            yield f"3 customers are owed {owed} {currency}, booked {-booked}"
        expected = _at_provider(world, currency) - refunded.get(currency, 0) + came_back - vat_back
        if books.get(chart.stripe(currency), 0) != expected:
            yield f"3 the provider holds {expected} {currency}, booked {books.get(chart.stripe(currency), 0)}"


def _at_provider(world: World, currency: str) -> int:
    paid = [one for one in world.payments.values() if one.credited and one.quote.currency == currency]
    moved = [(amount, fee) for c, amount, fee in world.dispute_funds.values() if c == currency]
    return sum(one.quote.total_minor - one.fee_minor for one in paid) + sum(a - f for a, f in moved)


def _sum(amounts: Iterable[tuple[str, int]], currency: str) -> int:
    return sum(minor for of, minor in amounts if of == currency)


def _asked(question: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return dict(cursor.fetchall())
