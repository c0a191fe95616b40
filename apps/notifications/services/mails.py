"""Notices by e-mail: each to each reader once, at once or in one mail a day, after their quiet hours.

`notices_pass_on` makes a row for each notice and reader who wants it; `notice_mails_send` turns due rows into mails, in
the transaction that marks them as sent.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from apps.core.languages import spoken
from apps.core.mail import mail_write
from apps.core.moments import day_text, zone_named
from apps.core.sweeping import each_apart
from apps.notifications.hours import hour_next, quiet_end
from apps.notifications.models import Event, NoticeMail, Reader
from apps.notifications.services.unsubscribing import unsubscribe_url
from apps.notifications.types import MailWay, notice_kinds
from apps.notifications.words import notice_words
from apps.organisations.models import Membership
from apps.organisations.reach import Reach
from apps.organisations.selectors.memberships import project_roles

BATCH = 500
SHOWN = 50  # notices in one mail; for the rest it leads to the list
Place = tuple[uuid.UUID, int]


def notices_send(*, now: datetime) -> int:
    """Pass on what is new, and send what is due; return how many mails."""
    while notices_pass_on(now=now) == BATCH:
        pass
    return notice_mails_send(now=now)


def notices_pass_on(*, now: datetime) -> int:
    """Promise the mails of notices that nobody has passed on yet; return of how many. Safe to run at once and twice."""
    with transaction.atomic():
        fresh = Event.objects.filter(passed_on_at=None).exclude(audience="").order_by("id")
        events = list(fresh.select_for_update(skip_locked=True, of=("self",), no_key=True)[:BATCH])
        if not events:
            return 0
        organisations = {event.organisation_id for event in events}
        members = defaultdict(list)
        for member in _members().filter(organisation__in=organisations):
            members[member.organisation_id].append((member, member.hears))
        readers = {
            (reader.organisation_id, reader.user_id): reader
            for reader in Reader.objects.filter(organisation__in=organisations)
        }
        mails = []
        for event in events:
            for member, reach in members[event.organisation_id]:
                reader = readers.get((event.organisation_id, member.user_id)) or Reader()
                mail = _wanted(event, member, reach, reader, now=now)
                if mail is not None:
                    mails.append(mail)
        NoticeMail.objects.bulk_create(mails, ignore_conflicts=True, batch_size=2_000)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(passed_on_at=now)
        return len(events)


def _members() -> QuerySet[Membership]:
    rows = Membership.objects.select_related("user", "organisation").filter(user__is_active=True)
    return rows.annotate(project_roles_found=project_roles("pk")).order_by("pk")


def reads(event: Event, member: Membership, reach: Reach) -> bool:
    """Return whether the member may read the notice, as the list does."""
    if event.person_id not in (None, member.user_id):
        return False
    if event.audience in reach.everywhere:
        return True
    return event.project_id is not None and event.audience in (reach.projects or {}).get(event.project_id, ())


def mail_way(reader: Reader, type: str) -> MailWay:
    """Return when the reader wants mail about this kind: as they chose, else as the kind says."""
    chosen = reader.choices.get(type, {}).get("mail")
    return MailWay(chosen) if chosen in MailWay.values else notice_kinds()[type].mail


def _wanted(event: Event, member: Membership, reach: Reach, reader: Reader, *, now: datetime) -> NoticeMail | None:
    if event.type not in notice_kinds() or not reads(event, member, reach):
        return None
    way = mail_way(reader, event.type)
    if way == MailWay.NONE or member.user.email.lower() in event.mailed:
        return None
    daily = way == MailWay.DAILY
    due_at = now
    if daily:
        due_at = _daily_next(reader, member, now)
    elif not notice_kinds()[event.type].alarm:
        due_at = _after_quiet(reader, member, now)
    return NoticeMail(
        event=event, organisation_id=event.organisation_id, user_id=member.user_id, daily=daily, due_at=due_at
    )


def _after_quiet(reader: Reader, member: Membership, moment: datetime) -> datetime:
    zone = zone_named(reader.time_zone or member.organisation.time_zone)
    return quiet_end(moment, quiet_from=reader.quiet_from, quiet_until=reader.quiet_until, zone=zone)


def _daily_next(reader: Reader, member: Membership, now: datetime) -> datetime:
    zone = zone_named(reader.time_zone or member.organisation.time_zone)
    return _after_quiet(reader, member, hour_next(now, hour=reader.daily_hour, zone=zone))


def notice_mails_send(*, now: datetime) -> int:
    """Turn due rows into mails, one for what is due at once and one a day for the rest; return how many mails."""
    due = NoticeMail.objects.filter(sent_at=None, due_at__lte=now)
    places = due.order_by("organisation_id", "user_id").values_list("organisation_id", "user_id").distinct()
    return sum(each_apart(list(places[:BATCH]), lambda place: _place_send(place, now=now)))


def _place_send(place: Place, *, now: datetime) -> int:
    """Send what is due to one person about one organisation; the reader's row lets one worker do so at a time."""
    key = {"organisation_id": place[0], "user_id": place[1]}
    with transaction.atomic():
        Reader.objects.bulk_create([Reader(**key)], ignore_conflicts=True)
        reader = Reader.objects.select_for_update(no_key=True).get(**key)
        rows = list(NoticeMail.objects.select_related("event").filter(sent_at=None, due_at__lte=now, **key))
        member = _members().filter(**key).first()
        reach = member.hears if member is not None else None
        kept = [row for row in rows if member and reach and reads(row.event, member, reach)]
        NoticeMail.objects.filter(pk__in={row.pk for row in rows} - {row.pk for row in kept}).delete()
        if member is None:
            return 0
        sent = _at_once([row for row in kept if not row.daily], member, reader, now=now)
        return sent + _daily([row for row in kept if row.daily], member, reader, now=now)


def _at_once(rows: Sequence[NoticeMail], member: Membership, reader: Reader, *, now: datetime) -> int:
    if not rows:
        return 0
    kinds = {row.event.type for row in rows}
    _mail(rows, member, reader, key=f"notice:{min(row.pk for row in rows)}", kinds=sorted(kinds), daily=None)
    return _sent(rows, now)


def _daily(rows: Sequence[NoticeMail], member: Membership, reader: Reader, *, now: datetime) -> int:
    today = now.astimezone(zone_named(reader.time_zone or member.organisation.time_zone)).date()
    if not rows:
        return 0
    if reader.daily_on is not None and reader.daily_on >= today:  # another mail today: it waits for the next one
        next_at = _daily_next(reader, member, now)
        NoticeMail.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=next_at)
        return 0
    key = f"daily:{member.organisation_id}:{member.user_id}:{today:%Y-%m-%d}"
    _mail(rows, member, reader, key=key, kinds=[], daily=today)
    reader.daily_on = today
    reader.save(update_fields=["daily_on"])
    return _sent(rows, now)


def _sent(rows: Sequence[NoticeMail], now: datetime) -> int:
    NoticeMail.objects.filter(pk__in=[row.pk for row in rows]).update(sent_at=now)
    return 1


def _mail(
    rows: Sequence[NoticeMail],
    member: Membership,
    reader: Reader,
    *,
    key: str,
    kinds: list[str],
    daily: date | None,
) -> None:
    """Write one mail about these notices, newest last; `kinds` is what its link ends, none: the daily mail."""
    organisation = member.organisation
    zone = zone_named(reader.time_zone or organisation.time_zone)
    ordered = sorted(rows, key=lambda row: row.event_id)
    site, slug = settings.BASE_URL, organisation.slug
    with spoken(member.user.language, zone):
        notices = [
            {
                "title": title,
                "text": text,
                "at": row.event.at.astimezone(zone),
                "url": site + reverse("notifications:notice", args=[slug, row.event_id]),
            }
            for row in ordered[:SHOWN]
            for title, text in [notice_words(row.event)]
        ]
        url = unsubscribe_url(organisation_id=organisation.pk, user_id=member.user_id, kinds=kinds)
        context = {
            "organisation": organisation,
            "notices": notices,
            "count": len(ordered),
            "more": len(ordered) - len(notices),
            "daily": day_text(daily, "long") if daily else "",
            "zone": zone.key,
            "list_url": site + reverse("notifications:notices", args=[slug]),
            "choices_url": site + reverse("notifications:choices", args=[slug]),
            "unsubscribe_url": url,
            "platform": settings.PLATFORM_NAME,
        }
        mail_write(
            key=key,
            to=member.user.email,
            template="notices",
            context=context,
            unsubscribe_url=url,
            language=member.user.language,
            zone=zone.key,
        )
