"""While an announcement is shown nothing may be written."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("support", "0008_care")]

    operations = [
        migrations.AlterModelOptions(
            name="announcement",
            options={"permissions": [("stop_writing", "Can make the platform read-only for a while")]},
        ),
        migrations.AddField(
            model_name="announcement",
            name="read_only",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="While it is shown every page can be read and nothing can be written; jobs that run go on,"
                " new ones wait, and nobody can put it away.",
                verbose_name="read-only meanwhile",
            ),
        ),
    ]
