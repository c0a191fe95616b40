"""A hold ends once, and what it came to is never rewritten. The database keeps that, whoever writes."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is complete and cannot change; book the opposite instead', TG_ARGV[0], OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER billing_hold_ends_once BEFORE UPDATE ON billing_hold
    FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION billing_refuse_change('hold');
CREATE TRIGGER billing_hold_stays BEFORE DELETE ON billing_hold
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_change('hold');
CREATE TRIGGER billing_settlement_stays BEFORE UPDATE OR DELETE ON billing_settlement
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_change('settlement');
CREATE TRIGGER billing_usage_stays BEFORE UPDATE OR DELETE ON billing_usagerecord
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_change('usage record');

CREATE FUNCTION billing_settlement_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE held bigint;
BEGIN
    SELECT amount_micro INTO held FROM billing_hold WHERE id = NEW.hold_id;
    IF NEW.cost_micro + NEW.released_micro <> held THEN
        RAISE EXCEPTION 'settlement of hold % costs % and releases %, but % were held',
            NEW.hold_id, NEW.cost_micro, NEW.released_micro, held USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_settlement_within BEFORE INSERT ON billing_settlement
    FOR EACH ROW EXECUTE FUNCTION billing_settlement_within();
"""

UNDO = """
DROP TRIGGER billing_settlement_within ON billing_settlement;
DROP FUNCTION billing_settlement_within;
DROP TRIGGER billing_usage_stays ON billing_usagerecord;
DROP TRIGGER billing_settlement_stays ON billing_settlement;
DROP TRIGGER billing_hold_stays ON billing_hold;
DROP TRIGGER billing_hold_ends_once ON billing_hold;
DROP FUNCTION billing_refuse_change;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_caps")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
