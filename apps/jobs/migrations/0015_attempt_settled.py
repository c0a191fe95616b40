"""The attempts that were settled on a day are found without reading all of them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0014_search_names")]

    operations = [
        AddIndexConcurrently(
            model_name="attempt",
            index=models.Index(
                fields=["settled_at"],
                condition=models.Q(("address__isnull", False), ("settled_at__isnull", False)),
                name="attempt_settled",
            ),
        ),
    ]
