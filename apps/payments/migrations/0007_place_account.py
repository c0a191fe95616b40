"""What bank accounts showed of a customer's place gets its own word; it was kept under that of cards."""

from typing import Any

from django.db import migrations


def account_name(apps: Any, schema_editor: Any) -> None:
    """Give each sign that a bank payment left the kind `account`."""
    topups = apps.get_model("payments", "TopUp").objects.exclude(method="card").exclude(payment_intent=None)
    proofs = apps.get_model("billing", "PlaceProof").objects.filter(kind="card")
    proofs.filter(reference__in=topups.values("payment_intent")).update(kind="account")


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_disputes"), ("billing", "0011_place_account")]

    operations = [migrations.RunPython(account_name, migrations.RunPython.noop)]
