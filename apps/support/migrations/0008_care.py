"""Tickets have a number and an owner, feedback is kept and answered; the database holds both to what was said."""

import apps.core.ids
import apps.support.tickets.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NUMBERS = "CREATE SEQUENCE support_ticket_number START WITH 1001;"
NO_NUMBERS = "DROP SEQUENCE support_ticket_number;"

FIXED = """
CREATE OR REPLACE FUNCTION support_ticket_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - '{moving}'::text[] = to_jsonb(NEW) - '{moving}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ticket % keeps what it was opened with', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
BEFORE, AFTER = (FIXED.replace("{moving}", moving) for moving in (
    "{state,moved_at,waits_since}", "{state,moved_at,waits_since,owner_id}"))

GUARDS = """
ALTER SEQUENCE support_ticket_number OWNED BY support_ticket.number;

CREATE FUNCTION support_handover_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'handover % of ticket % happened and cannot change', OLD.id, OLD.ticket_id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER support_handover_kept BEFORE UPDATE OR DELETE ON support_tickethandover
    FOR EACH ROW EXECUTE FUNCTION support_handover_kept();

CREATE FUNCTION support_feedback_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.answered_at IS NULL
        AND to_jsonb(OLD) - '{answer,answered_at,answered_by_id}'::text[]
            = to_jsonb(NEW) - '{answer,answered_at,answered_by_id}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'feedback % keeps what was told and answered', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER support_feedback_kept BEFORE UPDATE OR DELETE ON support_feedback
    FOR EACH ROW EXECUTE FUNCTION support_feedback_kept();

CREATE FUNCTION support_feedback_of_the_house() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.job_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM jobs_job WHERE id = NEW.job_id AND organisation_id = NEW.organisation_id) THEN
        RAISE EXCEPTION 'feedback % is about what another organisation has', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER support_feedback_of_the_house BEFORE INSERT ON support_feedback
    FOR EACH ROW EXECUTE FUNCTION support_feedback_of_the_house();
"""

UNDO = """
DROP TRIGGER support_feedback_of_the_house ON support_feedback;
DROP FUNCTION support_feedback_of_the_house;
DROP TRIGGER support_feedback_kept ON support_feedback;
DROP FUNCTION support_feedback_kept;
DROP TRIGGER support_handover_kept ON support_tickethandover;
DROP FUNCTION support_handover_kept;
ALTER SEQUENCE support_ticket_number OWNED BY NONE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0011_place_account'),
        ('jobs', '0014_search_names'),
        ('organisations', '0011_domain_rechecks'),
        ('support', '0007_announcements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(NUMBERS, NO_NUMBERS),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.UUIDField(help_text='Of the form it came by: sent twice, it is told once.')),
                ('text', models.TextField(max_length=4000)),
                ('page', models.CharField(blank=True, help_text='The path they came from.', max_length=300)),
                ('at', models.DateTimeField()),
                ('answer', models.TextField(blank=True, help_text='Empty where none was needed.', max_length=4000)),
                ('answered_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'feedback',
            },
        ),
        migrations.CreateModel(
            name='TicketHandover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddField(
            model_name='ticket',
            name='number',
            field=models.BigIntegerField(db_default=apps.support.tickets.models.NextNumber(), editable=False, help_text='What people call it.'),
        ),
        migrations.AddField(
            model_name='ticket',
            name='owner',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tickets_owned', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(fields=('number',), name='ticket_number_once'),
        ),
        migrations.AddField(
            model_name='feedback',
            name='answered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feedback_answered', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='feedback',
            name='job',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to='jobs.job'),
        ),
        migrations.AddField(
            model_name='feedback',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='feedback',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tickethandover',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tickethandover',
            name='owner',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tickethandover',
            name='ticket',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='support.ticket'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['organisation', '-id'], name='feedback_newest'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['person', 'at'], name='feedback_lately'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(condition=models.Q(('answered_at', None)), fields=['at'], name='feedback_waits'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.UniqueConstraint(fields=('person', 'key'), name='feedback_once'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='feedback_says_something'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='feedback_answered_by_somebody'),
        ),
        migrations.RunSQL(AFTER, BEFORE),
        migrations.RunSQL(GUARDS, UNDO),
    ]
