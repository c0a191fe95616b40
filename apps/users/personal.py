"""What the platform has about a person: taken along as a file, or erased.

An account is erased by becoming nobody's: its number stays, so that books, invoices, trails and their digests still say
that somebody did what was done, and nothing says any more who that was.
"""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import IO, Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Replace
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import AppError, Conflict
from apps.core.models import Mail, MailAttachment
from apps.core.wiring import ask
from apps.users.models import User

# Of no use to the person, and a danger in a file: what opens something, or is sealed.
SECRET = ("password", "secret", "token", "digest", "hash", "seed", "sealed", "key", "session_data", "code", "salt")
OWN_APPS = frozenset({"account", "mfa", "socialaccount", "usersessions", "allauth_idp_oidc"})
ABOUT = gettext_lazy(
    "Everything this platform has about you: one file for each kind of thing, JSON, moments in UTC."
)
LEFT_OUT = gettext_lazy(
    "Keys, passwords and tokens are left out. What your organisations own (books, invoices) is theirs."
)


def person_export(*, user: User, now: datetime) -> IO[bytes]:
    """Return a ZIP with every row that names the person, one JSON file for each kind of thing."""
    file = tempfile.SpooledTemporaryFile(max_size=8_000_000)  # noqa: SIM115 - whoever sends it closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("README.txt", f"{ABOUT}\n{LEFT_OUT}\n{now:%Y-%m-%d %H:%M} UTC\n")
        package.writestr("account.json", _text([_row(user)]))
        for model, field in _names_people():
            rows = model._default_manager.filter(**{field: user}).order_by("pk")
            with package.open(f"{model._meta.label_lower}.{field}.json", "w", force_zip64=True) as part:
                part.write(b"[")
                for number, row in enumerate(rows.iterator(chunk_size=500)):
                    part.write(b"," * bool(number) + b"\n" + _text(_row(row)).encode())
                part.write(b"]\n")
    file.seek(0)
    return file


def person_erase(*, user: User, confirmation: str, now: datetime) -> None:
    """Erase the person's account: sign-ins, keys and memberships end, and nothing says any more who it was.

    `confirmation` is their e-mail address, typed. Raises AppError for another one, Conflict while somebody depends on
    the account.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if confirmation.strip().lower() != user.email.lower():
            sentence = _("Type your e-mail address exactly as it is: %(email)s") % {"email": user.email}
            raise AppError(sentence, code="not_confirmed", status=422, fields={"confirmation": [sentence]})
        obstacles = [sentence for found in ask("people.erase_obstacles", user_id=user.pk) for sentence in found]
        if user.is_staff:
            obstacles.append(_("You are one of the platform's own people; a colleague must take that away first."))
        if obstacles:
            raise Conflict(" ".join(obstacles), code="account_needed")
        ask("people.erase", user_id=user.pk, now=now)
        _own_rows_delete(user)
        MailAttachment.objects.filter(mail__to__iexact=user.email).delete()
        letters = Mail.objects.filter(to__iexact=user.email)  # what still waits is for nobody any more
        letters.filter(sent_at=None).update(sent_at=now)
        letters.update(to=_nobody(user), subject="", text="", html="")
        _letters_forget(user.email, _nobody(user))
        user.email, user.name, user.language, user.is_active = _nobody(user), "", "", False
        user.set_unusable_password()  # ends every session and every link of a mail
        user.save()


def _letters_forget(email: str, nobody: str) -> None:
    """Empty what was mailed to others and names the address; what still waits goes out without it."""
    parts = ("subject", "text", "html")
    named = Mail.objects.filter(reduce(or_, [Q(**{f"{part}__contains": email}) for part in parts]))
    named.exclude(sent_at=None).update(**dict.fromkeys(parts, ""))
    named.update(**{part: Replace(part, Value(email), Value(nobody)) for part in parts})


def _nobody(user: User) -> str:
    return f"erased-{user.pk}@erased.invalid"


def _own_rows_delete(user: User) -> None:
    """Delete what is nobody's but the person's: addresses, factors, sign-ins, views, what they chose to read."""
    for model, field in _names_people():
        rule = model._meta.get_field(field).remote_field.on_delete  # type: ignore[union-attr]
        if model._meta.app_label in OWN_APPS or rule is models.CASCADE:
            model._default_manager.filter(**{field: user}).delete()


def _names_people() -> Iterator[tuple[type[models.Model], str]]:
    """Yield every model and field that names a person, of whatever app: a new one is taken along without a word."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is User and model is not User and not model._meta.proxy:
                yield model, field.name


def _row(row: models.Model) -> dict[str, Any]:
    return {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if not any(word in field.name for word in SECRET) and not isinstance(field, models.BinaryField)
    }


def _text(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, indent=1)
