"""A template as tests write it."""

from typing import Any

from django.utils import timezone

from apps.jobs.models import Template
from apps.jobs.services import template_create, template_version
from apps.organisations.models import Grant, Organisation
from apps.organisations.services import Actor
from apps.users.models import User

ARGS = {"image": "alpine", "cmd": ["echo", "%%global.variables.word%%"], "env": {"TOKEN": "%%secret.TOKEN%%"}}
FACTS: dict[str, Any] = {
    "title": "Say a word",
    "summary": "Prints one word.",
    "description": "For tests.",
    "tags": ["words"],
    "definition": {
        "version": "0.1",
        "type": "container",
        "ops": [{"type": "container/run", "id": "say", "args": ARGS}],
    },
    "variables": [
        {"name": "word", "kind": "text", "label": "Word", "default": "hello"},
        {"name": "TOKEN", "kind": "secret", "required": False},
    ],
    "vram_gb": 16,
    "gpu": "any",
    "minutes": 20,
}


def template_make(organisation: Organisation, user: User | None = None, **changes: Any) -> Template:
    """Keep a template as the person, by default the owner, would."""
    members = organisation.memberships.select_related("user", "organisation")
    member = members.get(user=user) if user else members.get(role="owner")
    return template_create(
        grant=Grant.of_member(member),
        facts=FACTS | changes,
        actor=Actor.person(member.user),
        now=timezone.now(),
    )


def template_changed(template: Template, **changes: Any) -> Template:
    """Write a new version as the organisation's owner would."""
    member = template.organisation.memberships.select_related("user", "organisation").get(role="owner")
    assert template.current is not None
    return template_version(
        grant=Grant.of_member(member),
        template=template,
        facts=template.current.recipe.facts | changes,
        base=template.current.number,
        note="Louder",
        actor=Actor.person(member.user),
        now=timezone.now(),
    )


def version_of(organisation: Organisation) -> int:
    """Return the number of a version that the templates of organisations before this one do not have."""
    template = template_of(organisation)
    number = 1 + Organisation.objects.filter(slug__lt=organisation.slug).count()
    while template.versions.count() < number:
        template = template_changed(template, minutes=template.versions.count())
    return number


def template_of(organisation: Organisation) -> Template:
    """Return a template whose address no other organisation has."""
    found = organisation.job_templates.select_related("current").filter(archived_at=None).first()
    return found or template_make(organisation, title=f"Words of {organisation.slug}")
