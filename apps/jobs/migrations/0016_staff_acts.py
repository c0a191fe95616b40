"""What staff may do with a job: rights of their own, and where a waiting job is moved to."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    zero_downtime = "Of the two columns that change only the names of choices do; the old version reads them as text."

    dependencies = [
        ('jobs', '0015_attempt_settled'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='job',
            options={'permissions': [('observe_job', 'observe jobs'), ('end_job', 'end jobs'), ('move_job', 'move jobs'), ('recover_job', 'recover jobs')]},
        ),
        migrations.AddField(
            model_name='attempt',
            name='move_most_micro',
            field=models.BigIntegerField(blank=True, help_text='The most the moved job may hold, as its customer agreed.', null=True),
        ),
        migrations.AddField(
            model_name='attempt',
            name='move_to',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Where staff move the job.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs.market'),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='ending',
            field=models.CharField(blank=True, choices=[('', '-'), ('finished', 'The node finished the job'), ('timeout', 'The job used its whole time'), ('stop_requested', 'A member stopped it'), ('staff_stopped', 'Our staff stopped it'), ('node_quit', 'The node gave the job up'), ('node_silent', 'The node fell silent'), ('queued_too_long', 'No node took it in time'), ('market_closed', 'The market closed before the job was listed'), ('node_away', 'The node it was meant for was not free'), ('price_rose', 'The price rose beyond the balance before the job was listed'), ('chain_refused', 'The network refused the job'), ('account_gone', 'The network removed the job'), ('stranded', 'The network took it from its node')], help_text='Why the platform itself asked for its end; empty while it did not.', max_length=20),
        ),
        migrations.AlterField(
            model_name='job',
            name='reason',
            field=models.CharField(blank=True, choices=[('', '-'), ('finished', 'The node finished the job'), ('timeout', 'The job used its whole time'), ('stop_requested', 'A member stopped it'), ('staff_stopped', 'Our staff stopped it'), ('node_quit', 'The node gave the job up'), ('node_silent', 'The node fell silent'), ('queued_too_long', 'No node took it in time'), ('market_closed', 'The market closed before the job was listed'), ('node_away', 'The node it was meant for was not free'), ('price_rose', 'The price rose beyond the balance before the job was listed'), ('chain_refused', 'The network refused the job'), ('account_gone', 'The network removed the job'), ('stranded', 'The network took it from its node')], default='', max_length=20),
        ),
    ]
