"""A ticket keeps what it was opened with, is about what its organisation has, and no message changes or goes."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION support_ticket_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - '{state,moved_at,waits_since}'::text[]
        = to_jsonb(NEW) - '{state,moved_at,waits_since}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ticket % keeps what it was opened with', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER support_ticket_fixed BEFORE UPDATE OR DELETE ON support_ticket
    FOR EACH ROW EXECUTE FUNCTION support_ticket_fixed();

CREATE FUNCTION support_ticket_of_the_house() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.job_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM jobs_job WHERE id = NEW.job_id AND organisation_id = NEW.organisation_id)
        OR NEW.invoice_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM billing_invoice WHERE id = NEW.invoice_id AND organisation_id = NEW.organisation_id) THEN
        RAISE EXCEPTION 'ticket % is about what another organisation has', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER support_ticket_of_the_house BEFORE INSERT ON support_ticket
    FOR EACH ROW EXECUTE FUNCTION support_ticket_of_the_house();

CREATE FUNCTION support_ticketmessage_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'message % of ticket % was sent and cannot change', OLD.id, OLD.ticket_id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER support_ticketmessage_kept BEFORE UPDATE OR DELETE ON support_ticketmessage
    FOR EACH ROW EXECUTE FUNCTION support_ticketmessage_kept();
"""

UNDO = """
DROP TRIGGER support_ticketmessage_kept ON support_ticketmessage;
DROP FUNCTION support_ticketmessage_kept;
DROP TRIGGER support_ticket_of_the_house ON support_ticket;
DROP FUNCTION support_ticket_of_the_house;
DROP TRIGGER support_ticket_fixed ON support_ticket;
DROP FUNCTION support_ticket_fixed;
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0005_tickets")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
