"""Whoever looks at an organisation's bell hears of new notices: one NOTIFY for each organisation of a statement."""

from django.db import migrations

TELL = """
CREATE FUNCTION notices_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('notices_' || replace(organisation_id::text, '-', ''), '')
        FROM (SELECT DISTINCT organisation_id FROM fresh WHERE audience <> '') AS told;
    RETURN NULL;
END $$;
CREATE TRIGGER notices_tell AFTER INSERT ON notifications_event
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION notices_tell();
"""
UNTELL = "DROP TRIGGER notices_tell ON notifications_event; DROP FUNCTION notices_tell();"


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_chats")]
    operations = [migrations.RunSQL(TELL, UNTELL)]
