"""What is forgotten after a while is found without reading all that stays."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("core", "0006_message_sent_again")]

    operations = [
        migrations.AddField(
            model_name="idempotencykey",
            name="forget_at",
            field=models.DateTimeField(help_text="Empty where a repeat could cost something: it stays.", null=True),
        ),
        AddIndexConcurrently(
            model_name="idempotencykey",
            index=models.Index(
                fields=["forget_at"],
                condition=models.Q(("forget_at__isnull", False)),
                name="idempotency_key_forgettable",
            ),
        ),
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(
                fields=["sent_at"],
                condition=models.Q(("sent_at__isnull", False), models.Q(("text", ""), _negated=True)),
                name="mail_worded",
            ),
        ),
    ]
