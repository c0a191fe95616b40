"""Many invitations from a table (CSV): every line is checked and told, and all are sent or none."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, NotFound
from apps.core.numbers import number_text
from apps.core.words import in_sentence
from apps.organisations.models import Invitation, Membership
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors.invitations import invited_addresses
from apps.organisations.services.audit import Actor
from apps.organisations.services.invitations import (
    LIMITABLE,
    OPEN_MAXIMUM,
    email_read,
    invitation_write,
    project_role_check,
)
from apps.organisations.services.people import hands_on, people_lock, role_read

COLUMNS = ("email", "role", "projects")
TEXT_MAXIMUM = 100_000  # characters


@dataclass(frozen=True)
class InvitationLine:
    """One line of the table as it was read; `error` is a sentence, or "" for a line that can be sent."""

    number: int
    email: str
    role: str
    projects: tuple[str, ...] = ()
    preset: Mapping[UUID, Role] = field(default_factory=dict)
    error: str = ""


def invitations_read(*, membership: Membership, text: str, now: datetime) -> list[InvitationLine]:
    """Read a table of `email, role, projects`; the third says which projects they are limited to, or is left out.

    Projects are separated by spaces, each by its address, with a role of its own after a colon ("lab:viewer"). The
    first line may name the columns. Raises AppError for what is no table, is empty, or has too many lines.
    """
    rows = _rows(text)
    organisation = membership.organisation
    taken = dict.fromkeys(organisation.memberships.values_list("user__email", flat=True), _("is a member already"))
    taken |= dict.fromkeys(invited_addresses(organisation, now), _("has an open invitation"))
    projects = dict(organisation.projects.filter(archived_at=None).values_list("slug", "pk"))
    lines: list[InvitationLine] = []
    for number, row in rows:
        line = _line(number, row, Role(membership.role), taken, projects)
        if not line.error:
            taken[line.email] = _("is on line %(number)s already") % {"number": number}
        lines.append(line)
    return lines


def invitations_send(*, membership: Membership, text: str, actor: Actor, now: datetime) -> list[Invitation]:
    """Send an invitation for every line, or none: any line with an error refuses them all.

    Raises AppError with the sentence of each such line, Denied, and Conflict beyond the limits.
    """
    with transaction.atomic():
        acting = people_lock(membership=membership, permission=Permission.MEMBERS_MANAGE)
        lines = invitations_read(membership=acting, text=text, now=now)
        wrong = {_("line %(number)d") % {"number": line.number}: [line.error] for line in lines if line.error}
        if wrong:
            raise AppError(
                _("Nothing was sent: some lines need another look."),
                code="lines_invalid",
                status=422,
                fields=wrong,
            )
        return [
            invitation_write(
                acting,
                email=line.email,
                role=line.role,
                projects=line.preset or None,
                actor=actor,
                now=now,
            )
            for line in lines
        ]


def _rows(text: str) -> list[tuple[int, list[str]]]:
    if len(text) > TEXT_MAXIMUM:
        raise _refused(
            _("This is more than %(text_maximum)s characters; send it in parts.")
            % {"text_maximum": number_text(TEXT_MAXIMUM)}
        )
    text = text.lstrip("\ufeff")
    separator = ";" if ";" in text.partition("\n")[0] else "," if "," in text else "\t"
    try:
        found = list(csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=separator, strict=True))
    except csv.Error as error:
        raise _refused(
            _("This is not a table of comma-separated values: %(error)s.") % {"error": error}
        ) from error
    rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(found, 1) if any(row)]
    if rows and rows[0][1][0].lower() in COLUMNS:
        rows = rows[1:]
    if not rows:
        raise _refused(
            _("There is no line to read: write one address and role on each, such as ada@acme.example,viewer.")
        )
    if len(rows) > OPEN_MAXIMUM:
        raise _refused(
            _("These are %(rows)s lines, and %(open_maximum)s can be sent at once; send them in parts.")
            % {"rows": len(rows), "open_maximum": OPEN_MAXIMUM}
        )
    return rows


def _line(
    number: int, row: list[str], own: Role, taken: dict[str, str], projects: dict[str, UUID]
) -> InvitationLine:
    cells = [*row, "", "", ""]
    email, role, named = cells[0].lower(), cells[1].lower(), tuple(cells[2].split())
    preset: dict[UUID, Role] = {}

    def check() -> str:
        if len(row) > len(COLUMNS):
            return _("A line has %(columns)s columns at most: %(names)s.") % {
                "columns": len(COLUMNS),
                "names": ", ".join(COLUMNS),
            }
        wanted = role_read(role)
        if email_read(email) in taken:
            return f"{email} {taken[email]}."
        if not hands_on(own, wanted):
            return _("You cannot invite somebody as %(wanted)s: that role may more than your own.") % {
                "wanted": in_sentence(wanted.label)
            }
        if named and wanted not in LIMITABLE:
            return _("The role %(wanted)s is for all projects; leave the third column empty.") % {
                "wanted": in_sentence(wanted.label)
            }
        preset.update(_preset(named, wanted, projects))
        return ""

    error = _sentence(check)
    return InvitationLine(number, email[:254], role[:40], named, {} if error else preset, error)


def _preset(named: tuple[str, ...], wanted: Role, projects: dict[str, UUID]) -> dict[UUID, Role]:
    """Return the role by project of a third column. Raises AppError for an unknown project or role, or one twice."""
    preset: dict[UUID, Role] = {}
    for slug, colon, role in (one.partition(":") for one in named):
        if slug not in projects:
            raise NotFound(_("There is no live project “%(slug)s” here.") % {"slug": slug[:60]})
        if projects[slug] in preset:
            raise Conflict(_("The project “%(slug)s” is named twice.") % {"slug": slug})
        inside = role_read(role.lower()) if colon else wanted
        project_role_check(wanted, inside)
        preset[projects[slug]] = inside
    return preset


def _sentence(check: Callable[[], str]) -> str:
    try:
        return check()
    except AppError as refusal:
        return refusal.message


def _refused(sentence: str) -> AppError:
    return AppError(sentence, code="table_invalid", status=422, fields={"text": [sentence]})
