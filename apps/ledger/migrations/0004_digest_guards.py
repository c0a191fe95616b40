"""A published digest stays as it is."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION ledger_digest_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a digest that was published cannot change', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_daydigest_fixed BEFORE UPDATE OR DELETE ON ledger_daydigest
    FOR EACH ROW EXECUTE FUNCTION ledger_digest_fixed();
CREATE TRIGGER ledger_accountdigest_fixed BEFORE UPDATE OR DELETE ON ledger_accountdigest
    FOR EACH ROW EXECUTE FUNCTION ledger_digest_fixed();
"""

UNDO = """
DROP TRIGGER ledger_accountdigest_fixed ON ledger_accountdigest;
DROP TRIGGER ledger_daydigest_fixed ON ledger_daydigest;
DROP FUNCTION ledger_digest_fixed;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_day_digests")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
