"""A rogue writer: tries by hand whatever the database promises to refuse, and undoes what it let pass.

Each guard must refuse its own crime: another guard that happens to refuse it too does not count, so a guard that is
gone is found even where others stand behind it.
"""

import re
from dataclasses import dataclass
from typing import Any

import psycopg

# The tables of money: their unique keys are found in the catalogue, so a new one is tried without a word here.
TABLES = (
    *("ledger_account", "ledger_transfer", "ledger_entry", "ledger_daydigest", "ledger_accountdigest"),
    *("billing_hold", "billing_holdextension", "billing_holdlot", "billing_settlement", "billing_usagerecord"),
    *("billing_lot", "billing_lottake", "billing_reversal", "billing_voucher", "billing_voucheruse"),
    *("billing_invoicedue", "billing_invoice", "billing_creditnotedue", "billing_creditnote", "billing_goodwill"),
    *("billing_cap", "billing_capwindow", "billing_autotopup", "core_mail"),
    *("billing_budget", "billing_budgetwindow", "billing_budgetnotice", "billing_trialextension"),
)
# What to change in a copy of a row so that this check, and no other of the table, is broken.
CHECKS = {
    "ledger_account_balance_with_floor": {"balance": None, "floor": 0},
    "ledger_account_floor": {"balance": -(10**18), "floor": 0},
    "ledger_entry_amount_not_zero": {"amount": 0},
    "hold_adds_up": {"network_micro": 10**15},
    "hold_counted": {"counted_micro": -1},
    "hold_ends_once": {"state": "open", "ended_at": "2026-01-01T00:00:00Z", "counted_micro": 0},
    "hold_positive": {"amount_micro": 0, "network_micro": 0, "network_fee_micro": 0, "platform_fee_micro": 0,
                      "counted_micro": 0},
    "hold_extension_adds_up": {"network_micro": 10**15},
    "hold_extension_counted": {"counted_micro": -1},
    "hold_lot_within": {"released_micro": -1},
    "settlement_adds_up": {"network_micro": 10**15},
    "settlement_not_negative": {"seconds": -1},
    "usage_not_negative": {"seconds": -1},
    "usage_period": {"ends_at": "1999-01-01T00:00:00Z"},
    "lot_granted_positive": {"granted_micro": 0, "remaining_micro": 0},
    "lot_within_grant": {"remaining_micro": -1},
    "lot_paid_priced": {"kind": "paid", "net_minor": None},
    "lot_take_not_zero": {"amount_micro": 0},
    "lot_take_reversal": {"reason": "expired", "reversal_id": "00000000-0000-7000-8000-000000000000"},
    "reversal_adds_up": {"gross_minor": 10**15},
    "reversal_credits_add_up": {"credits_micro": 10**15},
    "reversal_ends_once": {"state": "open", "ended_at": "2026-01-01T00:00:00Z", "repaid_micro": 0},
    "reversal_repaid_debt": {"kind": "refund", "repaid_micro": 1, "spent_micro": 1, "taken_micro": 0,
                             "credits_micro": 1, "excess_minor": 0, "gross_minor": 1, "net_minor": 1, "vat_minor": 0},
    "reversal_excess_of_disputes": {"kind": "refund", "excess_minor": 1, "repaid_micro": 0},
    "voucher_positive": {"micro": 0},
    "voucher_within_limit": {"used": 1000},
    "invoice_adds_up": {"total_minor": 10**15},
    "cap_not_negative": {"limit_micro": -1},
    "cap_period_known": {"period": "decade"},
    "cap_subject": {"level": "organisation", "subject_id": "x"},
    "cap_topup_has_window": {"level": "topup", "subject_id": "", "period": "job"},
    "capwindow_not_negative": {"used_micro": -1},
    "capwindow_period": {"ends_at": "1900-01-01T00:00:00Z"},
    "auto_topup_counted": {"counted_micro": -1},
    "credit_due_positive": {"net_minor": 0, "vat_minor": 0},
    "credit_note_adds_up": {"total_minor": 10**15},
    "goodwill_positive": {"micro": 0},
    "trial_extension_adds": {"days": 0},
    "budget_not_negative": {"limit_micro": -1},
    "budget_subject": {"level": "organisation", "subject_id": "x"},
    "budget_has_window": {"period": "job"},
    "budgetwindow_not_negative": {"used_micro": -1},
    "budgetwindow_period": {"ends_at": "1900-01-01T00:00:00Z"},
}  # fmt: skip
# Another check of the table refuses all that this one does, and more: no crime is its own.
IMPLIED = {"budget_period_known": "budget_has_window"}
# A trigger that looks before the table's keys do, and would refuse every twin: it is put aside for theirs.
ASIDE = {"billing_creditnotedue": "billing_credit_within"}
ANY = "(SELECT id FROM {} ORDER BY id LIMIT 1)"
# The crime that this trigger, and nothing else, refuses, and a word of its refusal.
TRIGGERS = {
    "ledger_account_fixed": ("UPDATE ledger_account SET currency = 'XXX' WHERE id = " + ANY, "keeps its code"),
    "ledger_account_stays": ("DELETE FROM ledger_account WHERE id = " + ANY, "stays in the books"),
    "ledger_transfer_append_only": ("UPDATE ledger_transfer SET reason = 'x' WHERE id = " + ANY, "append-only"),
    "ledger_entry_append_only": ("DELETE FROM ledger_entry WHERE id = " + ANY, "append-only"),
    "ledger_transfer_complete": (
        "INSERT INTO ledger_transfer (key, fingerprint, reason, details, at) SELECT 'rogue', '', 'x', '{{}}', now() "
        "WHERE EXISTS (SELECT FROM {})",
        "has no entries",
    ),
    "ledger_entry_balances": (
        "WITH t AS (INSERT INTO ledger_transfer (key, fingerprint, reason, details, at) VALUES ('rogue', '', 'x', "
        "'{{}}', now()) RETURNING id) INSERT INTO ledger_entry (transfer_id, account_id, amount) "
        "SELECT t.id, e.account_id, 1 FROM t, {} AS e LIMIT 1",
        "does not balance",
    ),
    "ledger_daydigest_fixed": (
        "UPDATE {} SET root = '' WHERE number = (SELECT min(number) FROM ledger_daydigest)",
        "cannot change",
    ),
    "ledger_accountdigest_fixed": (
        "UPDATE ledger_accountdigest SET closing = 0 WHERE id = " + ANY,
        "cannot change",
    ),
    "billing_hold_ends_once": ("UPDATE {} SET reason = 'again' WHERE state <> 'open'", "is complete"),
    "billing_hold_stays": ("DELETE FROM billing_hold WHERE id = " + ANY, "is complete"),
    "billing_settlement_stays": ("UPDATE billing_settlement SET seconds = 0 WHERE id = " + ANY, "is complete"),
    "billing_usage_stays": ("UPDATE billing_usagerecord SET seconds = 0 WHERE id = " + ANY, "is complete"),
    "billing_settlement_within": (
        "INSERT INTO billing_settlement SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), "
        "'released_micro', r.released_micro + 1))).* FROM {} AS r LIMIT 1",
        "were held",
    ),
    "billing_credit_within": (
        "INSERT INTO billing_creditnotedue SELECT (jsonb_populate_record(r, jsonb_build_object('id', "
        "gen_random_uuid(), 'key', gen_random_uuid(), 'net_minor', 10^15::bigint))).* FROM {} AS r LIMIT 1",
        "would exceed",
    ),
    "billing_creditdue_immutable": ("DELETE FROM billing_creditnotedue WHERE id = " + ANY, "cannot change"),
    "billing_creditnote_immutable": (
        "UPDATE billing_creditnote SET total_minor = 0 WHERE id = " + ANY,
        "cannot change",
    ),
    "billing_invoice_immutable": ("UPDATE billing_invoice SET total_minor = 0 WHERE id = " + ANY, "cannot change"),
}


@dataclass(frozen=True)
class Crime:
    """A statement that a guard must refuse, by name of constraint or by a word of the refusal, once `aside` is done."""

    guard: str
    statement: str
    constraint: str = ""
    word: str = ""
    aside: str = ""


def crimes_plan(connection: psycopg.Connection[Any]) -> list[Crime]:
    """Return a crime against every guard of the money's tables that the database has now.

    Raises LookupError for a check or trigger that nobody wrote a crime against.
    """
    return [*_twins(connection), *_checks(connection), *_triggers(connection)]


def let_loose(connection: psycopg.Connection[Any], crimes: list[Crime]) -> list[str]:
    """Try every crime, undo what passed, and return which guards did not refuse theirs."""
    failed = []
    for crime in crimes:
        try:
            with connection.transaction(force_rollback=True):
                if crime.aside:
                    connection.execute(crime.aside)
                done = connection.execute(crime.statement)
                if done.rowcount:  # else there is no row to try it with in this world
                    failed.append(f"{crime.guard} let a rogue pass")
        except psycopg.Error as error:
            own = crime.constraint and error.diag.constraint_name == crime.constraint
            if not own and not (crime.word and crime.word in str(error)):
                failed.append(f"{crime.guard} left a rogue to others: {str(error).splitlines()[0]}")
    return failed


def _columns(connection: psycopg.Connection[Any], table: str) -> dict[str, str]:
    rows = connection.execute(
        "SELECT attname, atttypid::regtype::text FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [table],
    )
    return dict(rows.fetchall())


def _fresh(kind: str) -> str:
    return {
        "uuid": "gen_random_uuid()",
        "bigint": "-(random() * 1e15)::bigint",
        "integer": "(random() * 1e9)::int",
        "date": "'9000-01-01'::date",
        "timestamp with time zone": "now() - random() * interval '900 years'",
    }.get(kind, "left(md5(random()::text), 20)")


def _twins(connection: psycopg.Connection[Any]) -> list[Crime]:
    """Plan a second row with the same unique key, and everything else that is unique made anew."""
    rows = connection.execute(
        """
        SELECT i.indrelid::regclass::text, c.relname, i.indisprimary, pg_get_expr(i.indpred, i.indrelid),
               array_agg(a.attname::text)
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
        WHERE i.indisunique AND i.indrelid::regclass::text = ANY(%s) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
        """,
        [list(TABLES)],
    ).fetchall()
    crimes = []
    for table, index, primary, predicate, key in rows:
        if primary:
            continue
        kinds = _columns(connection, table)
        others = {name for one in rows if one[0] == table and one[1] != index for name in one[4]} - set(key)
        others -= {name for name in kinds if predicate and re.search(rf"\b{name}\b", predicate)}
        anew = ", ".join(f"'{name}', {_fresh(kinds[name])}" for name in sorted(others))
        where = " AND ".join([*(f'"{name}" IS NOT NULL' for name in key), predicate or "true"])
        copy = f"(jsonb_populate_record({table}, jsonb_build_object({anew}))).*"
        statement = f"INSERT INTO {table} SELECT {copy} FROM {table} WHERE {where} LIMIT 1"
        aside = f"ALTER TABLE {table} DISABLE TRIGGER {ASIDE[table]}" if table in ASIDE else ""
        crimes.append(Crime(f"unique:{index}", statement, constraint=index, aside=aside))
    return crimes


def _checks(connection: psycopg.Connection[Any]) -> list[Crime]:
    rows = connection.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint "
        "WHERE contype = 'c' AND conrelid::regclass::text = ANY(%s) AND conname NOT LIKE '%%\\_check' ORDER BY 1, 2",
        [list(TABLES)],
    ).fetchall()
    crimes = []
    for table, name in rows:
        if name in IMPLIED:
            continue
        if name not in CHECKS:
            raise LookupError(f"Nobody wrote a crime against the check {name} of {table}; add it to CHECKS.")
        kinds = _columns(connection, table)
        pairs = [f"'{column}', {_literal(value)}" for column, value in CHECKS[name].items()]
        key = next(column for column in ("id", "number") if column in kinds)
        pairs.append(f"'{key}', {_fresh(kinds[key])}")
        copy = f"(jsonb_populate_record({table}, jsonb_build_object({', '.join(pairs)}))).*"
        crimes.append(Crime(f"check:{name}", f"INSERT INTO {table} SELECT {copy} FROM {table} LIMIT 1", name))
    return crimes


def _literal(value: object) -> str:
    return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"


def _triggers(connection: psycopg.Connection[Any]) -> list[Crime]:
    rows = connection.execute(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
        "WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY(%s) ORDER BY 1, 2",
        [list(TABLES)],
    ).fetchall()
    crimes = []
    for table, name in rows:
        if name not in TRIGGERS:
            raise LookupError(f"Nobody wrote a crime against the trigger {name} of {table}; add it to TRIGGERS.")
        statement, word = TRIGGERS[name]
        crimes.append(Crime(f"trigger:{name}", statement.format(table), word=word))
    return crimes
