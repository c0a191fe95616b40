"""Whether billing's own rows and the ledger tell the same story."""

from dataclasses import dataclass

from django.db import connection

from apps.billing import chart, sql

# Each question returns what should be equal, where it is not: the subject, what the rows say, what the books say.
# The chart spells the accounts; "%" stands for any organisation and "#" for any project.
QUESTIONS = {
    "the lots of an organisation add up to its available credits, and those of a pot to the pot": """
        SELECT coalesce(account.code, lots.code), coalesce(lots.sum, 0), coalesce(account.balance, 0)
        FROM (
            SELECT CASE WHEN project_id IS NULL THEN replace(%(available)s, '%%', organisation_id::text)
                ELSE replace(replace(%(pot)s, '%%', organisation_id::text), '#', project_id::text) END AS code,
                sum(remaining_micro) AS sum
            FROM billing_lot GROUP BY 1
        ) AS lots
        FULL JOIN (
            SELECT code, balance FROM ledger_account
            WHERE code LIKE %(available)s OR code LIKE replace(%(pot)s, '#', '%%')
        ) AS account ON account.code = lots.code
        WHERE coalesce(account.balance, 0) <> coalesce(lots.sum, 0)
    """,
    "the open holds of an organisation add up to its held credits": """
        SELECT account.code, coalesce(holds.sum, 0), account.balance
        FROM ledger_account AS account
        LEFT JOIN (
            SELECT organisation_id, sum(amount_micro) AS sum FROM billing_hold WHERE state = 'open' GROUP BY 1
        ) AS holds ON account.code = replace(%(held)s, '%%', holds.organisation_id::text)
        WHERE account.code LIKE %(held)s AND account.balance <> coalesce(holds.sum, 0)
    """,
    "the open refunds and disputes of an organisation add up to its frozen credits": """
        SELECT account.code, coalesce(reversals.sum, 0), account.balance
        FROM ledger_account AS account
        LEFT JOIN (
            SELECT organisation_id, sum(taken_micro + CASE WHEN kind = 'dispute' THEN spent_micro ELSE 0 END) AS sum
            FROM billing_reversal WHERE state = 'open' GROUP BY 1
        ) AS reversals ON account.code = replace(%(frozen)s, '%%', reversals.organisation_id::text)
        WHERE account.code LIKE %(frozen)s AND account.balance <> coalesce(reversals.sum, 0)
    """,
    "what disputes found spent and nobody repaid is what the organisation owes": """
        SELECT account.code, coalesce(reversals.sum, 0), -account.balance
        FROM ledger_account AS account
        LEFT JOIN (
            SELECT organisation_id, sum(spent_micro - repaid_micro) AS sum
            FROM billing_reversal WHERE kind = 'dispute' AND state <> 'undone' GROUP BY 1
        ) AS reversals ON account.code = replace(%(owed)s, '%%', reversals.organisation_id::text)
        WHERE account.code LIKE %(owed)s AND -account.balance <> coalesce(reversals.sum, 0)
    """,
    "what a lot lacks is what holds took and did not give back, and what left it otherwise": """
        SELECT 'lot ' || lot.id, coalesce(shares.sum, 0) + coalesce(takes.sum, 0),
            lot.granted_micro - lot.remaining_micro
        FROM billing_lot AS lot
        LEFT JOIN (
            SELECT lot_id, sum(amount_micro - released_micro) AS sum FROM billing_holdlot GROUP BY 1
        ) AS shares ON shares.lot_id = lot.id
        LEFT JOIN (
            SELECT lot_id, sum(amount_micro) AS sum FROM billing_lottake GROUP BY 1
        ) AS takes ON takes.lot_id = lot.id
        WHERE lot.granted_micro - lot.remaining_micro <> coalesce(shares.sum, 0) + coalesce(takes.sum, 0)
    """,
    "what a settled hold kept of its lots is what its settlement cost": """
        SELECT 'hold ' || hold.source, sum(share.amount_micro - share.released_micro), settlement.cost_micro
        FROM billing_settlement AS settlement
        JOIN billing_hold AS hold ON hold.id = settlement.hold_id
        JOIN billing_holdlot AS share ON share.hold_id = hold.id
        GROUP BY hold.source, settlement.cost_micro
        HAVING sum(share.amount_micro - share.released_micro) <> settlement.cost_micro
    """,
    "what caps count of a hold is all of it while it is open, and then what it cost": """
        SELECT 'hold ' || hold.source, hold.counted_micro + coalesce(extensions.sum, 0),
            CASE hold.state WHEN 'open' THEN hold.amount_micro ELSE coalesce(settlement.cost_micro, 0) END
        FROM billing_hold AS hold
        LEFT JOIN billing_settlement AS settlement ON settlement.hold_id = hold.id
        LEFT JOIN (
            SELECT hold_id, sum(counted_micro) AS sum FROM billing_holdextension GROUP BY 1
        ) AS extensions ON extensions.hold_id = hold.id
        WHERE hold.counted_micro + coalesce(extensions.sum, 0) <>
            CASE hold.state WHEN 'open' THEN hold.amount_micro ELSE coalesce(settlement.cost_micro, 0) END
    """,
    "a cap's counter is what the holds placed in its window keep": f"""
        SELECT 'cap ' || limits.id || ' since ' || span.starts_at, span.used_micro,
            coalesce(({sql.HELD}), ({sql.TOPPED_UP}), 0)
        FROM billing_cap AS limits JOIN billing_capwindow AS span ON span.limit_id = limits.id
        WHERE span.used_micro <> coalesce(({sql.HELD}), ({sql.TOPPED_UP}), 0)
    """,
    "a budget's counter is what was settled in its window": f"""
        SELECT 'budget ' || limits.id || ' since ' || span.starts_at, span.used_micro, coalesce(({sql.SPENT}), 0)
        FROM billing_budget AS limits JOIN billing_budgetwindow AS span ON span.limit_id = limits.id
        WHERE span.used_micro <> coalesce(({sql.SPENT}), 0)
    """,
    "what was moved out of lots is what came into others": """
        SELECT 'transfer ' || transfer.key, coalesce(parts.sum, 0), takes.sum
        FROM (
            SELECT transfer_id, sum(amount_micro) AS sum FROM billing_lottake WHERE reason = 'moved' GROUP BY 1
        ) AS takes
        JOIN ledger_transfer AS transfer ON transfer.id = takes.transfer_id
        LEFT JOIN (
            SELECT transfer_id, sum(granted_micro) AS sum FROM billing_lot WHERE origin_id IS NOT NULL GROUP BY 1
        ) AS parts ON parts.transfer_id = takes.transfer_id
        WHERE takes.sum <> coalesce(parts.sum, 0)
    """,
    "a refund or dispute took from lots what it says, and nothing once it is undone": """
        SELECT reversal.kind || ' ' || reversal.key, coalesce(takes.sum, 0),
            CASE WHEN reversal.state = 'undone' THEN 0 ELSE reversal.taken_micro + reversal.repaid_micro END
        FROM billing_reversal AS reversal
        LEFT JOIN (
            SELECT reversal_id, sum(amount_micro) AS sum FROM billing_lottake GROUP BY 1
        ) AS takes ON takes.reversal_id = reversal.id
        WHERE coalesce(takes.sum, 0) <>
            CASE WHEN reversal.state = 'undone' THEN 0 ELSE reversal.taken_micro + reversal.repaid_micro END
    """,
    "a voucher counts its uses": """
        SELECT 'voucher ' || voucher.id, voucher.used, count(use.id)
        FROM billing_voucher AS voucher LEFT JOIN billing_voucheruse AS use ON use.voucher_id = voucher.id
        GROUP BY voucher.id HAVING voucher.used <> count(use.id)
    """,
}


@dataclass(frozen=True)
class Mismatch:
    """Two figures, in micro-NOS (or uses), that should be equal and are not."""

    rule: str
    subject: str
    rows_micro: int
    books_micro: int


def mismatches() -> list[Mismatch]:
    """Return where lots, holds, settlements, refunds and vouchers differ from the books; empty means nowhere."""
    found = []
    codes = {
        "available": chart.available("%"),
        "pot": chart.pot("%", "#"),
        "held": chart.held("%"),
        "frozen": chart.frozen("%"),
        "owed": chart.owed("%"),
    }
    with connection.cursor() as cursor:
        for rule, question in QUESTIONS.items():
            cursor.execute(question, codes)
            found += [Mismatch(rule, subject, int(rows), int(books)) for subject, rows, books in cursor.fetchall()]
    return found
