"""What the database itself keeps, whoever writes to it."""

from django.db import migrations

GUARDS = """
-- 1. A transfer balances: checked once per transfer, when its transaction commits.
CREATE FUNCTION ledger_transfer_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
    legs bigint;
BEGIN
    SELECT string_agg(total || ' ' || currency, ', ') FILTER (WHERE total <> 0), sum(number)
    INTO wrong, legs
    FROM (
        SELECT account.currency, sum(entry.amount) AS total, count(*) AS number
        FROM ledger_entry AS entry JOIN ledger_account AS account ON account.id = entry.account_id
        WHERE entry.transfer_id = NEW.id
        GROUP BY account.currency
    ) AS sums;
    IF legs IS NULL THEN
        RAISE EXCEPTION 'transfer % has no entries', NEW.key USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % does not balance: its entries sum to %', NEW.key, wrong
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transfer_balances AFTER INSERT ON ledger_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transfer_balances();

-- 2. A transfer is complete when its transaction commits: later entries are refused. The column tells which
-- transaction posted it (the top one: savepoints do not count), and is the guard's own.
ALTER TABLE ledger_transfer ADD COLUMN posted_in xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE FUNCTION ledger_entry_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    late text;
BEGIN
    SELECT transfer.key INTO late
    FROM entered JOIN ledger_transfer AS transfer ON transfer.id = entered.transfer_id
    WHERE transfer.posted_in <> pg_current_xact_id()
    LIMIT 1;
    IF late IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % is complete; it takes no more entries', late
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_in_time AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_in_time();

-- 3. What is posted stays as it is. Rows only: tests empty tables by TRUNCATE, production's role may not.
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: post a transfer that reverses the other instead', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_transfer_append_only BEFORE UPDATE OR DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_append_only();

-- 4. An account stays what it is: its past entries were checked against this code and currency.
CREATE FUNCTION ledger_account_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account % keeps its code, its currency and its kind', OLD.code
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_account_fixed BEFORE UPDATE ON ledger_account FOR EACH ROW
    WHEN (OLD.code <> NEW.code OR OLD.currency <> NEW.currency OR (OLD.floor IS NULL) <> (NEW.floor IS NULL))
    EXECUTE FUNCTION ledger_account_fixed();
"""

UNDO = """
DROP TRIGGER ledger_account_fixed ON ledger_account;
DROP TRIGGER ledger_entry_append_only ON ledger_entry;
DROP TRIGGER ledger_transfer_append_only ON ledger_transfer;
DROP TRIGGER ledger_entry_in_time ON ledger_entry;
DROP TRIGGER ledger_transfer_balances ON ledger_transfer;
DROP FUNCTION ledger_account_fixed, ledger_append_only, ledger_entry_in_time, ledger_transfer_balances;
ALTER TABLE ledger_transfer DROP COLUMN posted_in;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
