"""What of a person in notifications goes with their account; what events said about things stays."""

from datetime import datetime

from django.db.models import F, Func, JSONField, TextField, Value
from django.db.models.functions import Cast

from apps.notifications.models import Event
from apps.users.models import User


def reader_erase(*, user_id: int, now: datetime) -> None:
    """Forget that a mail of its own told the person of an event."""
    email = User.objects.get(pk=user_id).email.lower()
    address = Cast(Value(email), TextField())
    without = Func(F("mailed"), address, template="%(expressions)s", arg_joiner=" - ", output_field=JSONField())
    Event.objects.filter(mailed__contains=[email]).update(mailed=without)
