"""What is asked after every act: each of the eleven promises, of what the acts since then wrote.

One statement, so it sees one moment however many acts are under way. What cannot be told from the new rows alone
(a replay of the whole journal, the counters of caps) is asked by `invariants.thorough`, less often.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

# The entries that the acts under way, and the one that just ended, may have written.
FRESH = """
WITH fresh AS MATERIALIZED (
    SELECT entry.id, entry.transfer_id, entry.account_id, entry.amount, account.code, account.currency, account.balance,
        account.floor, split_part(account.code, ':', 2) AS owner, transfer.key, transfer.reason, transfer.details
    FROM ledger_entry AS entry
    JOIN ledger_account AS account ON account.id = entry.account_id
    JOIN ledger_transfer AS transfer ON transfer.id = entry.transfer_id
    WHERE entry.id > $1
), ended AS MATERIALIZED (
    SELECT DISTINCT transfer_id, key, reason, details->>'source' AS source FROM fresh
    WHERE reason IN ('settlement', 'release')
), wallet AS MATERIALIZED (
    SELECT code, balance, split_part(code, ':', 2)::uuid AS organisation_id, split_part(code, ':', 3) AS kind,
        split_part(code, ':', 4) AS project
    FROM ledger_account WHERE code LIKE 'org:%'
)
"""

# Each returns what breaks the promise of its number.
PROMISES = {
    "1 a transfer sums to zero": """
        SELECT transfer_id::text FROM fresh GROUP BY transfer_id, currency HAVING sum(amount) <> 0
    """,
    "2 nothing is below its floor": "SELECT code FROM ledger_account WHERE balance < floor",
    "3 credits sold are what was paid, less what went back": """
        SELECT 'booked ' || sold || ', paid ' || paid || ', back ' || back FROM (
            SELECT (SELECT coalesce(-sum(amount), 0) FROM ledger_entry WHERE account_id =
                    (SELECT id FROM ledger_account WHERE code = 'fx:NOS')) AS sold,
                (SELECT coalesce(sum(granted_micro), 0) FROM billing_lot WHERE topup_id IS NOT NULL) AS paid,
                (SELECT coalesce(sum(taken_micro + CASE WHEN kind = 'dispute' THEN spent_micro ELSE 0 END), 0)
                    FROM billing_reversal WHERE state = 'done') AS back
        ) AS credits WHERE sold <> paid - back
    """,
    "3 the provider's money is what was paid, less what went back": """
        SELECT 'booked ' || booked || ', paid ' || paid || ', back ' || back FROM (
            SELECT (SELECT coalesce(sum(entry.amount), 0) FROM ledger_entry AS entry
                    JOIN ledger_transfer AS transfer ON transfer.id = entry.transfer_id
                    WHERE transfer.reason IN ('topup', 'refund_done', 'dispute_done') AND entry.account_id IN (
                        SELECT id FROM ledger_account WHERE code LIKE 'stripe:%' OR code LIKE 'disputed:%'
                    )) AS booked,
                (SELECT coalesce(sum(net_minor + vat_minor), 0) FROM billing_lot WHERE topup_id IS NOT NULL) AS paid,
                (SELECT coalesce(sum(gross_minor + excess_minor), 0) FROM billing_reversal WHERE state = 'done') AS back
        ) AS money WHERE booked <> paid - back
    """,
    "3 a settled payment is credited as it was quoted": """
        SELECT known.topup_id FROM unnest($2, $3) AS known(topup_id, credits)
        LEFT JOIN billing_lot AS lot ON lot.topup_id = known.topup_id
        WHERE lot.granted_micro IS DISTINCT FROM known.credits
    """,
    "4 what is held is the sum of the open holds": """
        SELECT code FROM wallet LEFT JOIN (
            SELECT organisation_id, sum(amount_micro) AS sum FROM billing_hold WHERE state = 'open' GROUP BY 1
        ) AS holds USING (organisation_id) WHERE kind = 'held' AND balance <> coalesce(sum, 0)
    """,
    "4 what is available or in a pot is the sum of its lots": """
        SELECT code FROM wallet LEFT JOIN (
            SELECT organisation_id, coalesce(project_id::text, '') AS project, sum(remaining_micro) AS sum
            FROM billing_lot WHERE remaining_micro > 0 GROUP BY 1, 2
        ) AS lots USING (organisation_id, project)
        WHERE kind IN ('available', 'pot') AND balance <> coalesce(sum, 0)
    """,
    "4 what is frozen or owed is the sum of the refunds and disputes": """
        SELECT code FROM wallet LEFT JOIN (
            SELECT organisation_id,
                sum(taken_micro + CASE WHEN kind = 'dispute' THEN spent_micro ELSE 0 END)
                    FILTER (WHERE state = 'open') AS frozen,
                sum(spent_micro - repaid_micro) FILTER (WHERE kind = 'dispute' AND state <> 'undone') AS owed
            FROM billing_reversal GROUP BY 1
        ) AS reversals USING (organisation_id)
        WHERE (kind = 'frozen' AND balance <> coalesce(frozen, 0)) OR (kind = 'owed' AND -balance <> coalesce(owed, 0))
    """,
    "5 a hold ends once": """
        SELECT ended.source FROM ended LEFT JOIN billing_hold AS hold ON hold.source = ended.source
        WHERE hold.state IS DISTINCT FROM CASE ended.reason WHEN 'settlement' THEN 'settled' ELSE 'released' END
            OR EXISTS (
                SELECT FROM ledger_transfer AS other WHERE other.id <> ended.transfer_id
                AND other.key IN ('hold:' || ended.source || ':settle', 'hold:' || ended.source || ':release')
            )
    """,
    "6 no settlement is above its hold": """
        SELECT ended.source FROM ended JOIN billing_hold AS hold ON hold.source = ended.source
        LEFT JOIN billing_settlement AS settlement ON settlement.hold_id = hold.id
        WHERE ended.reason = 'settlement' AND (settlement.transfer_id IS DISTINCT FROM ended.transfer_id
            OR settlement.cost_micro > hold.amount_micro
            OR settlement.cost_micro + settlement.released_micro <> hold.amount_micro)
    """,
    "7 a fact from outside is booked once": """
        SELECT fresh.key FROM (
            SELECT DISTINCT transfer_id, key, reason,
                coalesce(details->>'source', details->>'reference', details->>'topup_id') AS fact
            FROM fresh WHERE reason IN ('settlement', 'funding', 'topup')
        ) AS fresh JOIN ledger_transfer AS other ON other.reason = fresh.reason AND other.id <> fresh.transfer_id
            AND coalesce(other.details->>'source', other.details->>'reference', other.details->>'topup_id') = fact
        UNION ALL
        SELECT fresh.key FROM fresh WHERE reason = 'topup' AND (
            (SELECT count(*) FROM billing_lot AS lot WHERE lot.topup_id = fresh.details->>'topup_id') <> 1
            OR (SELECT count(*) FROM billing_invoicedue AS due
                WHERE due.topup_id = fresh.details->>'topup_id' AND due.replaces_id IS NULL) <> 1)
    """,
    "8 all that was booked is zero in all": """
        SELECT currency FROM fresh GROUP BY currency HAVING sum(amount) <> 0
    """,
    "9 a replay gives the balance": """
        SELECT DISTINCT code FROM fresh
        WHERE balance <> (SELECT sum(amount) FROM ledger_entry AS entry WHERE entry.account_id = fresh.account_id)
    """,
    "9 a replay never passes a floor on the way": """
        SELECT DISTINCT code FROM (
            SELECT code, floor,
                balance + amount - sum(amount) OVER (PARTITION BY account_id ORDER BY id DESC) AS running
            FROM fresh WHERE floor IS NOT NULL
        ) AS replay WHERE running < floor
    """,
    "10 nobody's credits pay for another": """
        SELECT key FROM fresh WHERE code LIKE 'org:%' GROUP BY key, reason
        HAVING count(DISTINCT owner) > 1 AND (reason <> 'move' OR (
            SELECT count(DISTINCT user_id) FROM organisations_membership
            WHERE role = 'owner' AND organisation_id::text = ANY(array_agg(owner))) > 1)
        UNION ALL
        SELECT hold.source FROM (SELECT DISTINCT details->>'source' AS source FROM fresh WHERE reason = 'hold') AS new
        JOIN billing_hold AS hold USING (source) JOIN billing_holdlot AS share ON share.hold_id = hold.id
        JOIN billing_lot AS lot ON lot.id = share.lot_id
        WHERE lot.organisation_id <> hold.organisation_id
            OR (lot.project_id IS NOT NULL AND lot.project_id IS DISTINCT FROM hold.project_id)
    """,
    "11 invoices have numbers without a gap or a twin": """
        SELECT series FROM billing_invoice GROUP BY series
        HAVING max(sequence) <> count(*) OR count(DISTINCT number) <> count(*)
    """,
    "11 a mail is written once for each fact": "SELECT key FROM core_mail GROUP BY key HAVING count(*) > 1",
}

QUESTION = (
    FRESH
    + "\nUNION ALL\n".join(f"SELECT '{name.replace(chr(39), chr(39) * 2)}', subject FROM ({question}) AS q(subject)"
                           for name, question in PROMISES.items())
    + "\nUNION ALL SELECT 'last', coalesce(max(id), 0)::text FROM ledger_entry"
)  # fmt: skip


def prepare(monitor: psycopg.Connection[Any]) -> None:
    """Plan the question once for the connection; no plan would be better for knowing the figures in it."""
    monitor.execute("SET plan_cache_mode = force_generic_plan")
    monitor.execute("SET jit = off")
    monitor.execute(f"PREPARE asked (bigint, text[], bigint[]) AS {QUESTION}")


def asked(monitor: psycopg.Connection[Any], *, after: int, paid: Mapping[str, int]) -> tuple[int, list[str]]:
    """Return the last entry's id and what is wrong now, as a connection beside the actors' sees it.

    `after` is the last entry before any of the acts began that are under way or just ended; `paid` says how many
    credits (micro-NOS) each top-up bought that certainly was credited.
    """
    execute = "EXECUTE asked (%s, %s, %s)"
    rows = psycopg.ClientCursor(monitor).execute(execute, [after, list(paid), list(paid.values())]).fetchall()
    return int(rows[-1][1]), [f"{promise}: {subject}" for promise, subject in rows[:-1]]


class Letters:
    """The mails that went out: one that goes out again after a death must be the same mail."""

    def __init__(self) -> None:
        self.read, self.told = 0, dict[tuple[str, str, str], str]()

    def asked(self, outbox: list[Any]) -> Iterable[str]:
        """Yield each fact that a second mail told, of the mails since the last time."""
        for one in outbox[self.read :]:
            fact = (one.to[0], one.subject, one.body)
            if self.told.setdefault(fact, one.extra_headers["Message-ID"]) != one.extra_headers["Message-ID"]:
                yield f"11 two mails tell one fact: {one.subject}"
        self.read = len(outbox)
