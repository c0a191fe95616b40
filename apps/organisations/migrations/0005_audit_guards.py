"""What the database itself keeps of the audit trail, whoever writes to it."""

from django.db import migrations

GUARDS = """
-- 1. An event stays as it is. Once, it may be put into the day that is closed over it; and it may be deleted when
-- that day was emptied, which guard 2 allows only after the organisation's retention.
CREATE FUNCTION organisations_auditevent_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    same organisations_auditevent;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        same := NEW;
        same.day_id := OLD.day_id;
        same.position := OLD.position;
        IF OLD.day_id IS NULL AND NEW.day_id IS NOT NULL AND same IS NOT DISTINCT FROM OLD AND EXISTS (
            SELECT FROM organisations_auditday AS day
            WHERE day.id = NEW.day_id AND day.organisation_id = NEW.organisation_id
        ) THEN
            RETURN NEW;
        END IF;
    ELSIF EXISTS (
        SELECT FROM organisations_auditday AS day WHERE day.id = OLD.day_id AND day.emptied_at IS NOT NULL
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only: event % stays as it is', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER organisations_auditevent_kept BEFORE UPDATE OR DELETE ON organisations_auditevent
    FOR EACH ROW EXECUTE FUNCTION organisations_auditevent_kept();

-- 2. A closed day stays, and its digest with it. Once, it may be marked as emptied, when it is older than the
-- organisation keeps its events.
CREATE FUNCTION organisations_auditday_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    same organisations_auditday;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        same := NEW;
        same.emptied_at := OLD.emptied_at;
        IF OLD.emptied_at IS NULL AND NEW.emptied_at < clock_timestamp() + interval '1 minute'
            AND same IS NOT DISTINCT FROM OLD AND EXISTS (
                SELECT FROM organisations_organisation AS organisation
                WHERE organisation.id = OLD.organisation_id
                    AND OLD.day + organisation.audit_retention_days::integer
                        < (NEW.emptied_at AT TIME ZONE 'UTC')::date
            ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only: day % of organisation % stays closed as it is',
        OLD.day, OLD.organisation_id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER organisations_auditday_kept BEFORE UPDATE OR DELETE ON organisations_auditday
    FOR EACH ROW EXECUTE FUNCTION organisations_auditday_kept();

-- 3. The personal side of an event may be deleted, never rewritten.
CREATE FUNCTION organisations_auditdetail_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the details of event % may be erased, not changed', OLD.event_id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER organisations_auditdetail_kept BEFORE UPDATE ON organisations_auditdetail
    FOR EACH ROW EXECUTE FUNCTION organisations_auditdetail_kept();
"""

UNDO = """
DROP TRIGGER organisations_auditdetail_kept ON organisations_auditdetail;
DROP TRIGGER organisations_auditday_kept ON organisations_auditday;
DROP TRIGGER organisations_auditevent_kept ON organisations_auditevent;
DROP FUNCTION organisations_auditdetail_kept, organisations_auditday_kept, organisations_auditevent_kept;
"""


class Migration(migrations.Migration):
    dependencies = [("organisations", "0004_audit_trail")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
