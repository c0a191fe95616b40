"""Guards that look at a whole statement at once, and the posting of a batch in one call.

A transfer and its entries are now written by one statement, so they are checked when it ends, and nothing can be
added after the check. Plans are kept by session and may be made while the tables are empty, hence no seqscan.
There is no way back but a restore: the guards before these are gone.
"""

from django.db import migrations

GUARDS = """
ALTER TABLE ledger_account SET (fillfactor = 70);  -- room for the new balance beside the old one
DO $$
DECLARE
    spare text;  -- indexes for LIKE 'x%' that Django makes beside each unique text: nothing here asks so
BEGIN
    FOR spare IN SELECT indexname FROM pg_indexes
        WHERE schemaname = current_schema() AND tablename = 'ledger_transfer' AND indexname LIKE '%\\_like'
    LOOP
        EXECUTE format('DROP INDEX %I', spare);
    END LOOP;
END $$;

DROP TRIGGER ledger_transfer_balances ON ledger_transfer;
DROP FUNCTION ledger_transfer_balances;
DROP TRIGGER ledger_entry_in_time ON ledger_entry;
DROP FUNCTION ledger_entry_in_time;

-- 1. A transfer has its entries when the statement that wrote it ends.
CREATE FUNCTION ledger_transfer_complete() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    bare text;
BEGIN
    SELECT posted.key INTO bare FROM posted
    WHERE NOT EXISTS (SELECT FROM ledger_entry AS entry WHERE entry.transfer_id = posted.id) LIMIT 1;
    IF bare IS NOT NULL THEN
        RAISE EXCEPTION 'transfer % has no entries', bare USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfer_complete AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfer_complete();

-- 2. The entries that a statement writes sum to zero for each transfer and currency, so all of a transfer's do;
-- transfer and account exist; the transfer is of this transaction.
CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    wrong record;
BEGIN
    SELECT sums.transfer_id, transfer.key, account_missing, transfer.id IS NULL AS transfer_missing,
           transfer.posted_in <> pg_current_xact_id() AS late
    INTO wrong
    FROM (
        SELECT entered.transfer_id, bool_or(account.id IS NULL) AS account_missing, sum(entered.amount) <> 0 AS uneven
        FROM entered LEFT JOIN ledger_account AS account ON account.id = entered.account_id
        GROUP BY entered.transfer_id, account.currency
    ) AS sums LEFT JOIN ledger_transfer AS transfer ON transfer.id = sums.transfer_id
    WHERE uneven OR account_missing OR transfer.id IS NULL OR transfer.posted_in <> pg_current_xact_id()
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF wrong.transfer_missing THEN
        RAISE EXCEPTION 'an entry names transfer %, which does not exist', wrong.transfer_id
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF wrong.late THEN
        RAISE EXCEPTION 'transfer % is complete; it takes no more entries', wrong.key
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF wrong.account_missing THEN
        RAISE EXCEPTION 'an entry of transfer % names an account that does not exist', wrong.key
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RAISE EXCEPTION 'transfer % does not balance: its entries sum to %', wrong.key, (
        SELECT string_agg(total || ' ' || currency, ', ' ORDER BY currency) FROM (
            SELECT account.currency, sum(entered.amount) AS total
            FROM entered JOIN ledger_account AS account ON account.id = entered.account_id
            WHERE entered.transfer_id = wrong.transfer_id GROUP BY account.currency HAVING sum(entered.amount) <> 0
        ) AS uneven
    ) USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_balances();

-- 3. Accounts stay: entries name them.
CREATE FUNCTION ledger_account_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account % stays in the books', OLD.code USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_account_stays BEFORE DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_stays();

-- Posts the transfers, all or none, and returns them in their order; returns nothing, and wrote nothing, where
-- anything is not as it must be: who called finds out what, with the locks that are now held. In `legs` and
-- `details` places count from 1. `nets` is what the whole batch adds to an account, `lowests` how far below its
-- balance the batch takes it at worst on the way.
CREATE FUNCTION ledger_post(
    codes text[], wanted text[], nets bigint[], lowests bigint[],
    keys text[], fingerprints text[], reasons text[], facts jsonb, times timestamptz[], undone bigint[],
    leg_postings int[], leg_places int[], leg_amounts bigint[]
) RETURNS TABLE (posted_id bigint, posted_created_at timestamptz) LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    ids bigint[];
    currencies bigint;
    refused boolean;
    done bigint;
BEGIN
    PERFORM FROM ledger_account WHERE code = ANY(codes) AND floor IS NOT NULL ORDER BY code FOR NO KEY UPDATE;
    SELECT array_agg(account.id ORDER BY place), count(DISTINCT account.currency),
           bool_or(want.currency <> account.currency OR account.balance < account.floor - lowest
                   OR net > 0 AND account.balance > 9223372036854775807 - net)
    INTO ids, currencies, refused
    FROM unnest(codes, wanted, nets, lowests) WITH ORDINALITY AS want(code, currency, net, lowest, place)
    JOIN ledger_account AS account ON account.code = want.code;
    IF cardinality(ids) IS DISTINCT FROM cardinality(codes) OR refused THEN
        RETURN;
    END IF;
    IF currencies > 1 AND EXISTS (
        SELECT FROM unnest(leg_postings, leg_places, leg_amounts) AS leg(posting, place, amount)
        JOIN ledger_account AS account ON account.id = ids[leg.place]
        GROUP BY leg.posting, account.currency HAVING sum(leg.amount) <> 0
    ) THEN
        RETURN;
    END IF;
    IF cardinality(keys) > 1 AND EXISTS (SELECT FROM ledger_transfer WHERE key = ANY(keys)) THEN
        RETURN;
    END IF;
    RETURN QUERY WITH posted AS (
        INSERT INTO ledger_transfer (key, fingerprint, reason, details, at, reverses_id)
        SELECT t.key, t.fingerprint, t.reason, t.details, t.at, t.reverses_id
        FROM ROWS FROM (unnest(keys), unnest(fingerprints), unnest(reasons), jsonb_array_elements(facts), unnest(times),
                        unnest(undone))
            WITH ORDINALITY AS t(key, fingerprint, reason, details, at, reverses_id, place)
        ORDER BY t.place
        ON CONFLICT (key) DO NOTHING
        RETURNING id, created_at
    ), numbered AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM posted
    ), entered AS (
        INSERT INTO ledger_entry (transfer_id, account_id, amount)
        SELECT numbered.id, ids[leg.place], leg.amount
        FROM unnest(leg_postings, leg_places, leg_amounts) WITH ORDINALITY AS leg(posting, place, amount, turn)
        JOIN numbered ON numbered.place = leg.posting
        ORDER BY leg.turn
    ), balanced AS (
        UPDATE ledger_account AS account SET balance = account.balance + change.net
        FROM unnest(ids, nets) AS change(id, net)
        WHERE account.id = change.id AND account.balance IS NOT NULL AND EXISTS (SELECT FROM posted)
    )
    SELECT id, created_at FROM posted ORDER BY id;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done NOT IN (0, cardinality(keys)) THEN  -- somebody who shares no account with us took a key just now
        RAISE EXCEPTION 'a key of the batch was taken meanwhile' USING ERRCODE = 'unique_violation';
    END IF;
END $$;
"""

class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_lighter_rows")]
    operations = [migrations.RunSQL(GUARDS)]
