"""What was issued stays: credit notes and statements cannot change, and no invoice is credited beyond its amounts.

The database keeps that, whoever writes.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION billing_creditnote_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.pdf IS NULL AND to_jsonb(OLD) - 'pdf' = to_jsonb(NEW) - 'pdf' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'credit note % was issued and cannot change', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_creditnote_immutable BEFORE UPDATE OR DELETE ON billing_creditnote
    FOR EACH ROW EXECUTE FUNCTION billing_creditnote_immutable();

-- Twins wait for each other on the invoice's row, so that their sum is checked, not each alone.
CREATE FUNCTION billing_credit_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    invoiced jsonb;
    credited record;
BEGIN
    SELECT facts INTO invoiced FROM billing_invoicedue WHERE id = NEW.invoice_due_id FOR NO KEY UPDATE;
    SELECT coalesce(sum(net_minor), 0) AS net, coalesce(sum(vat_minor), 0) AS vat INTO credited
        FROM billing_creditnotedue WHERE invoice_due_id = NEW.invoice_due_id;
    IF credited.net + NEW.net_minor > (invoiced->>'net_minor')::bigint
        OR credited.vat + NEW.vat_minor > (invoiced->>'vat_minor')::bigint THEN
        RAISE EXCEPTION 'credit notes would exceed invoice due %', NEW.invoice_due_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_credit_within BEFORE INSERT ON billing_creditnotedue
    FOR EACH ROW EXECUTE FUNCTION billing_credit_within();

CREATE FUNCTION billing_creditdue_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'finished_at' = to_jsonb(NEW) - 'finished_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the credit note for % was promised and cannot change', OLD.key
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_creditdue_immutable BEFORE UPDATE OR DELETE ON billing_creditnotedue
    FOR EACH ROW EXECUTE FUNCTION billing_creditdue_immutable();

CREATE FUNCTION billing_statement_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.pdf IS NULL OR OLD.pdf = NEW.pdf)
        AND (OLD.delivered_at IS NULL OR OLD.delivered_at = NEW.delivered_at)
        AND to_jsonb(OLD) - '{pdf,delivered_at}'::text[] = to_jsonb(NEW) - '{pdf,delivered_at}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the statement of % is frozen and cannot change', OLD.month
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_statement_frozen BEFORE UPDATE OR DELETE ON billing_statement
    FOR EACH ROW EXECUTE FUNCTION billing_statement_frozen();

CREATE FUNCTION billing_statementpart_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the lines of statement % are frozen and cannot change', OLD.statement_id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_statementpart_frozen BEFORE UPDATE OR DELETE ON billing_statementpart
    FOR EACH ROW EXECUTE FUNCTION billing_statementpart_frozen();
"""

UNDO = """
DROP TRIGGER billing_statementpart_frozen ON billing_statementpart;
DROP FUNCTION billing_statementpart_frozen;
DROP TRIGGER billing_statement_frozen ON billing_statement;
DROP FUNCTION billing_statement_frozen;
DROP TRIGGER billing_creditdue_immutable ON billing_creditnotedue;
DROP FUNCTION billing_creditdue_immutable;
DROP TRIGGER billing_credit_within ON billing_creditnotedue;
DROP FUNCTION billing_credit_within;
DROP TRIGGER billing_creditnote_immutable ON billing_creditnote;
DROP FUNCTION billing_creditnote_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_documents")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
