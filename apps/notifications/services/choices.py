"""What a person chooses about their notices: which are listed, which come by e-mail, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.notifications.hours import HOURS
from apps.notifications.models import Reader
from apps.notifications.services.notices import reader_lock
from apps.notifications.types import MailWay, notice_kinds
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.services.organisations import time_zones


def choices_set(
    *,
    grant: Grant,
    kinds: Mapping[str, Mapping[str, Any]] | None = None,
    quiet: tuple[int | None, int | None] | None = None,
    time_zone: str | None = None,
    daily_hour: int | None = None,
    now: datetime,
) -> Reader:
    """Keep what the member chose, all of what is given or nothing; kinds that are not named stay as they are.

    `kinds` gives "here" (listed or not) and "mail" (none, now, daily) by kind, `quiet` from and until which hour mails
    wait (None twice: never), an empty `time_zone` means the organisation's. Raises Denied, and AppError with the field.
    """
    grant.require(Permission.ORGANISATION_VIEW)
    chosen = {name: _choice(name, choice) for name, choice in (kinds or {}).items()}
    wanted: dict[str, Any] = {}
    if quiet is not None:
        wanted["quiet_from"], wanted["quiet_until"] = quiet_read(*quiet)
    if time_zone is not None:
        if time_zone and time_zone not in time_zones():
            raise _wrong(
                "time_zone",
                _("“%(time_zone)s” is no time zone such as Europe/Berlin.") % {"time_zone": time_zone[:40]},
            )
        wanted["time_zone"] = time_zone
    if daily_hour is not None:
        if daily_hour not in HOURS:
            raise _wrong("daily_hour", _("The hour of the daily mail is between 0 and 23."))
        wanted["daily_hour"] = daily_hour
    with transaction.atomic():
        reader = reader_lock(grant)
        for name, choice in chosen.items():
            reader.choices[name] = {**reader.choices.get(name, {}), **choice}
        for name, value in wanted.items():
            setattr(reader, name, value)
        reader.save(update_fields=["choices", *wanted])
    return reader


def quiet_read(start: int | None, end: int | None) -> tuple[int | None, int | None]:
    """Return quiet hours that can be. Raises AppError."""
    if start is None and end is None:
        return None, None
    if start is None or end is None:
        raise _wrong("quiet_from" if start is None else "quiet_until", _("Give both hours, or neither."))
    if start not in HOURS or end not in HOURS:
        raise _wrong("quiet_from", _("Hours are between 0 and 23."))
    if start == end:
        raise _wrong(
            "quiet_until", _("Quiet hours end at another hour than they begin; leave both empty for none.")
        )
    return start, end


def _choice(name: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    if name not in notice_kinds():
        raise _wrong(
            "kinds", _("There are no notices “%(name)s”; compare with the list.") % {"name": str(name)[:60]}
        )
    unknown = set(choice) - {"here", "mail"}
    if unknown or not isinstance(choice.get("here", True), bool):
        raise _wrong("kinds", _("“%(name)s” takes “here”, true or false, and “mail”.") % {"name": name})
    if "mail" in choice and choice["mail"] not in MailWay.values:
        raise _wrong("kinds", _("“mail” of “%(name)s” is none, now or daily.") % {"name": name})
    return dict(choice)


def _wrong(field: str, sentence: str) -> AppError:
    return AppError(sentence, code="choice_invalid", fields={field: [sentence]})
