"""Acts on an organisation's own templates: keep, write a new version, bring an old one back, put away."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict, NotFound
from apps.core.idempotency import once
from apps.jobs.gallery import Recipe, starter_get
from apps.jobs.models import Template, TemplateVersion
from apps.jobs.selectors import templates_of
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record, organisation_lock
from apps.organisations.services.organisations import slug_from

TEMPLATES_MAXIMUM = 200  # of an organisation, archived ones among them
VERSIONS_MAXIMUM = 1_000
RESERVED = {"new"}


def template_create(
    *, grant: Grant, facts: Mapping[str, Any], note: str = "", key: str = "", actor: Actor, now: datetime
) -> Template:
    """Keep a template; `facts` are a recipe's. A used `key` returns what it made.

    Its address comes from its title and stays. Passwords and tokens written out in the definition are not kept:
    a secret of a name takes their place. Raises Denied, TemplateRefused with a sentence per field, Conflict when
    there are too many, KeyReused.
    """
    grant.require(Permission.JOBS_LAUNCH)
    recipe, note = Recipe.checked(facts), _note_read(note)

    def act() -> str:
        organisation = organisation_lock(grant.organisation_id)
        taken = set(organisation.job_templates.values_list("slug", flat=True))
        if len(taken) >= TEMPLATES_MAXIMUM:
            raise Conflict(
                _("%(name)s has %(most)d templates, and more are not kept.")
                % {"name": organisation.name, "most": TEMPLATES_MAXIMUM}
            )
        slug = _free_slug(recipe.title, taken)
        template = Template.objects.create(organisation=organisation, slug=slug, created_at=now)
        _write(template, recipe, note, actor, now=now)
        _told(template, actor, "template.created", after=_facts(template), now=now)
        return str(template.pk)

    with transaction.atomic():
        if not key:
            made = act()
        else:
            scope = f"{grant.organisation_id}:template_create"
            made = once(scope=scope, key=key, content=[recipe.facts, note], act=act, forgets=True)
    return Template.objects.select_related("current").get(pk=uuid.UUID(made))


def template_version(
    *,
    grant: Grant,
    template: Template,
    facts: Mapping[str, Any],
    base: int,
    note: str = "",
    actor: Actor,
    now: datetime,
) -> Template:
    """Write a new version, if version `base`, from which it was made, is still the current one.

    What is equal to the current version changes nothing. Raises Denied, TemplateRefused, Conflict for an archived
    template or when somebody wrote a version meanwhile.
    """
    grant.require(Permission.JOBS_LAUNCH)
    recipe, note = Recipe.checked(facts), _note_read(note)
    with transaction.atomic():
        template = _lock(grant, template)
        current = _current(template)
        if current.recipe == recipe:
            return template
        if current.number != base:
            raise Conflict(
                _("Version %(number)d was written meanwhile; compare with it, then save again on top of it.")
                % {"number": current.number},
                code="template_changed",
            )
        before = _facts(template)
        _write(template, recipe, note, actor, now=now)
        _told(template, actor, "template.changed", before=before, after=_facts(template), now=now)
    return template


def template_restore(*, grant: Grant, template: Template, number: int, actor: Actor, now: datetime) -> Template:
    """Bring an old version back, as a new one on top. A repeat changes nothing.

    Raises Denied, NotFound for a version that is none, Conflict for an archived template.
    """
    grant.require(Permission.JOBS_LAUNCH)
    with transaction.atomic():
        template = _lock(grant, template)
        old = template.versions.filter(number=number).first()
        if old is None:
            raise NotFound(_("This template has no version %(number)d.") % {"number": number})
        if _current(template).recipe == old.recipe:
            return template
        before = _facts(template)
        note = _("Version %(number)d again") % {"number": number}
        _write(template, old.recipe, note, actor, restored_from=number, now=now)
        _told(template, actor, "template.restored", before=before, after=_facts(template), now=now)
    return template


def template_archive(*, grant: Grant, template: Template, actor: Actor, now: datetime) -> Template:
    """Take the template out of the gallery; its versions stay, and so do its jobs. A repeat changes nothing.

    Raises Denied.
    """
    return _archived_set(grant, template, now, actor, now=now)


def template_unarchive(*, grant: Grant, template: Template, actor: Actor, now: datetime) -> Template:
    """Put the template back into the gallery. A repeat changes nothing. Raises Denied."""
    return _archived_set(grant, template, None, actor, now=now)


def _archived_set(
    grant: Grant, template: Template, at: datetime | None, actor: Actor, *, now: datetime
) -> Template:
    grant.require(Permission.JOBS_LAUNCH)
    with transaction.atomic():
        template = _lock(grant, template, archived_too=True)
        if (template.archived_at is None) != (at is None):
            template.archived_at = at
            template.save(update_fields=["archived_at"])
            _told(template, actor, "template.archived" if at else "template.unarchived", now=now)
    return template


def _lock(grant: Grant, template: Template, *, archived_too: bool = False) -> Template:
    rows = templates_of(grant).select_for_update(of=("self",), no_key=True)
    locked = rows.filter(pk=template.pk).first()
    if locked is None:
        raise NotFound(_("There is no such template in %(name)s.") % {"name": grant.organisation.name})
    if locked.archived_at is not None and not archived_too:
        raise Conflict(
            _("“%(title)s” is archived and takes no new version; bring it back first.")
            % {"title": _current(locked).title},
            code="template_archived",
        )
    return locked


def _current(template: Template) -> TemplateVersion:
    assert template.current is not None
    return template.current


def _write(
    template: Template,
    recipe: Recipe,
    note: str,
    actor: Actor,
    *,
    restored_from: int | None = None,
    now: datetime,
) -> None:
    number = template.current.number + 1 if template.current else 1
    if number > VERSIONS_MAXIMUM:
        raise Conflict(
            _("This template has %(most)d versions; keep what follows as a new template.")
            % {"most": VERSIONS_MAXIMUM}
        )
    template.current = TemplateVersion.objects.create(
        template=template,
        number=number,
        note=note,
        restored_from=restored_from,
        author=actor.user,
        created_at=now,
        **recipe.facts,
    )
    template.save(update_fields=["current"])


def _note_read(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > 200 or "\0" in note:
        sentence = _("Write at most 200 characters about the change.")
        raise AppError(sentence, code="template_refused", fields={"note": [sentence]})
    return note


def _free_slug(title: str, taken: set[str]) -> str:
    base = slug_from(title) or "template"
    for number in range(1, 1000):
        slug = base if number == 1 else f"{base}-{number}"
        if slug not in taken and slug not in RESERVED and starter_get(slug) is None:
            return slug
    raise Conflict(_("Too many templates have this title; choose another."), code="name_taken")


def _facts(template: Template) -> dict[str, Any]:
    current = _current(template)
    return {"slug": template.slug, "version": current.number, "title": current.title}


def _told(
    template: Template,
    actor: Actor,
    act: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    audit_record(
        organisation_id=template.organisation_id,
        actor=actor,
        act=act,
        subject=f"template:{template.pk}",
        before=before,
        after=after,
        now=now,
    )
