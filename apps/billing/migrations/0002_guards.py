"""An invoice stays as it was issued; its PDF is added once. The database keeps that, whoever writes."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION billing_invoice_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.pdf IS NULL AND to_jsonb(OLD) - 'pdf' = to_jsonb(NEW) - 'pdf' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'invoice % was issued and cannot change; issue a credit note instead', OLD.number
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_invoice_immutable BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_invoice_immutable();
"""

UNDO = """
DROP TRIGGER billing_invoice_immutable ON billing_invoice;
DROP FUNCTION billing_invoice_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
