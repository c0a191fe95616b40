"""Whether billing's own rows and the ledger tell the same story."""

from dataclasses import dataclass

from django.db import connection

from apps.billing import chart, sql

# Each question returns what should be equal, where it is not: the subject, what the rows say, what the books say.
# The chart spells the accounts; "%" stands for any organisation.
QUESTIONS = {
    "the lots of an organisation add up to its available credits": """
        SELECT account.code, coalesce(lots.sum, 0), account.balance
        FROM ledger_account AS account
        LEFT JOIN (SELECT organisation_id, sum(remaining_micro) AS sum FROM billing_lot GROUP BY 1) AS lots
            ON account.code = replace(%(available)s, '%%', lots.organisation_id::text)
        WHERE account.code LIKE %(available)s AND account.balance <> coalesce(lots.sum, 0)
    """,
    "the open holds of an organisation add up to its held credits": """
        SELECT account.code, coalesce(holds.sum, 0), account.balance
        FROM ledger_account AS account
        LEFT JOIN (
            SELECT organisation_id, sum(amount_micro) AS sum FROM billing_hold WHERE state = 'open' GROUP BY 1
        ) AS holds ON account.code = replace(%(held)s, '%%', holds.organisation_id::text)
        WHERE account.code LIKE %(held)s AND account.balance <> coalesce(holds.sum, 0)
    """,
    "what holds took of a lot and did not give back is what the lot lacks": """
        SELECT 'lot ' || lot.id, coalesce(shares.sum, 0), lot.granted_micro - lot.remaining_micro
        FROM billing_lot AS lot
        LEFT JOIN (
            SELECT lot_id, sum(amount_micro - released_micro) AS sum FROM billing_holdlot GROUP BY 1
        ) AS shares ON shares.lot_id = lot.id
        WHERE lot.granted_micro - lot.remaining_micro <> coalesce(shares.sum, 0)
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
}


@dataclass(frozen=True)
class Mismatch:
    """Two figures, in micro-NOS, that should be equal and are not."""

    rule: str
    subject: str
    rows_micro: int
    books_micro: int


def mismatches() -> list[Mismatch]:
    """Return where lots, holds and settlements differ from the books; an empty list means nowhere."""
    found = []
    with connection.cursor() as cursor:
        for rule, question in QUESTIONS.items():
            cursor.execute(question, {"available": chart.available("%"), "held": chart.held("%")})
            found += [Mismatch(rule, subject, int(rows), int(books)) for subject, rows, books in cursor.fetchall()]
    return found
