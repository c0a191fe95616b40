"""Templates for programs: the gallery, an organisation's own, their versions."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import Body, Text, Texts
from apps.core.rest.pages import question_of
from apps.core.rest.schema import described
from apps.jobs.api.shapes import moment
from apps.jobs.gallery import Gpu
from apps.jobs.gallery.recipes import LENGTHS, MINUTES_LIMIT
from apps.jobs.models import Template, TemplateVersion
from apps.jobs.selectors import (
    GalleryItem,
    gallery_item,
    gallery_items,
    template_get,
    template_versions,
)
from apps.jobs.services import (
    template_archive,
    template_create,
    template_restore,
    template_unarchive,
    template_version,
)
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import Nothing
from apps.organisations.roles import Permission

P = Permission


class TemplateNew(Body):
    """A template: a definition with `%%global.variables.NAME%%` where variables stand, and what it needs."""

    title = Text(max_length=LENGTHS["title"])
    summary = Text(max_length=LENGTHS["summary"])
    description = Text(max_length=LENGTHS["description"], required=False, allow_blank=True, default="")
    tags = Texts(each=24, most=8, required=False, default=list)
    definition = serializers.JSONField()
    variables = serializers.JSONField(required=False)
    vram_gb = serializers.IntegerField(min_value=0, max_value=2_000, required=False, default=0)
    gpu = serializers.ChoiceField(choices=Gpu.choices, required=False, default=Gpu.ANY.value)
    minutes = serializers.IntegerField(min_value=1, max_value=MINUTES_LIMIT, required=False, default=60)
    note = Text(max_length=200, required=False, allow_blank=True, default="")


class TemplateVersionNew(TemplateNew):
    """A new version, whole; `base` is the number of the version it was made from."""

    base = serializers.IntegerField(min_value=1)


class GalleryQuestion(Body):
    """What the gallery is narrowed to."""

    q = Text(max_length=120, required=False, allow_blank=True, default="")
    tag = Text(max_length=24, required=False, allow_blank=True, default="")
    archived = serializers.ChoiceField(choices=["true", "false"], default="false")


class TemplateBrief(serializers.Serializer[Any]):
    """A template in a list. `own` is false for the platform's; `version` is the current one."""

    slug = serializers.CharField()
    own = serializers.BooleanField()
    version = serializers.IntegerField()
    archived_at = serializers.DateTimeField(allow_null=True)
    title = serializers.CharField()
    summary = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    vram_gb = serializers.IntegerField()
    gpu = serializers.ChoiceField(choices=Gpu.choices)
    minutes = serializers.IntegerField()


class TemplateShape(TemplateBrief):
    """A template, whole."""

    description = serializers.CharField()
    definition = serializers.DictField()
    variables = serializers.ListField(child=serializers.DictField())


class TemplateVersionShape(serializers.Serializer[Any]):
    """A version of a template: who wrote it, why, and which one it brought back."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    note = serializers.CharField()
    restored_from = serializers.IntegerField(allow_null=True)
    author = serializers.EmailField(allow_null=True)
    created_at = serializers.DateTimeField()


def shown(item: GalleryItem, *, whole: bool = True) -> dict[str, Any]:
    """Return a template as endpoints answer it; lists leave definition, variables and description out."""
    facts = item.recipe.facts
    if not whole:
        facts = {name: facts[name] for name in ("title", "summary", "tags", "vram_gb", "gpu", "minutes")}
    return {
        "slug": item.slug,
        "own": item.own,
        "version": item.number,
        "archived_at": moment(item.template.archived_at) if item.template else None,
        **facts,
    }


def _of(template: Template) -> dict[str, Any]:
    assert template.current is not None
    return shown(GalleryItem(template.slug, template.current.number, template.current.recipe, template))


def _version(row: TemplateVersion) -> dict[str, Any]:
    author = row.author.email if row.author else None
    facts = {"number": row.number, "note": row.note, "restored_from": row.restored_from, "author": author}
    return {**facts, "created_at": row.created_at, "title": row.title}


class Templates(Endpoint):
    """What can be launched from: the gallery and the organisation's own."""

    @described(TemplateBrief, many=True, question=GalleryQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List all templates that fit, the organisation's own first, without their definitions."""
        grant = self.grant(P.JOBS_VIEW)
        asked = GalleryQuestion(data=question_of(request)).read()
        items = gallery_items(grant, text=asked["q"], tag=asked["tag"], archived=asked["archived"] == "true")
        return Response({"items": [shown(item, whole=False) for item in items]})

    @described(TemplateShape, body=TemplateNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Keep a template of the organisation's own."""
        grant = self.grant(P.JOBS_LAUNCH)
        facts = TemplateNew(data=request.data).read()
        note = facts.pop("note")

        def act() -> Any:
            return _of(template_create(grant=grant, facts=facts, note=note, actor=self.actor, now=timezone.now()))

        return self.once(grant, act, forgets=True)


class OneTemplate(Endpoint):
    """One template."""

    @described(TemplateShape)
    def get(self, request: Request, slug: str, template: str) -> Response:
        """Read a template's current version, whole."""
        return Response(shown(gallery_item(self.grant(P.JOBS_VIEW), template)))


class Versions(Endpoint):
    """The versions of a template of the organisation's own."""

    @described(TemplateVersionShape, many=True)
    def get(self, request: Request, slug: str, template: str) -> Response:
        """List the versions of a template, newest first, without their definitions."""
        own = template_get(self.grant(P.JOBS_VIEW), template)
        return Response({"items": [_version(row) for row in template_versions(own)]})

    @described(TemplateShape, body=TemplateVersionNew, status=201)
    def post(self, request: Request, slug: str, template: str) -> Response:
        """Write a new version of a template on top of `base`; what is equal to the current one changes nothing."""
        grant = self.grant(P.JOBS_LAUNCH)
        own = template_get(grant, template)
        facts = TemplateVersionNew(data=request.data).read()
        base, note = facts.pop("base"), facts.pop("note")

        def act() -> Any:
            made = template_version(
                grant=grant, template=own, facts=facts, base=base, note=note, actor=self.actor, now=timezone.now()
            )
            return _of(made)

        return self.once(grant, act, forgets=True)


class OneVersion(Endpoint):
    """One version."""

    @described(TemplateShape)
    def get(self, request: Request, slug: str, template: str, number: int) -> Response:
        """Read a version of a template, whole."""
        return Response(shown(gallery_item(self.grant(P.JOBS_VIEW), template, number)))


class Restore(Endpoint):
    """Bringing an old version back."""

    @described(TemplateShape, body=Nothing)
    def post(self, request: Request, slug: str, template: str, number: int) -> Response:
        """Restore a version of a template, as a new one; a repeat changes nothing."""
        grant = self.grant(P.JOBS_LAUNCH)
        own = template_get(grant, template)
        Nothing(data=request.data).read()

        def act() -> Any:
            made = template_restore(grant=grant, template=own, number=number, actor=self.actor, now=timezone.now())
            return _of(made)

        return self.once(grant, act, status=200, forgets=True)


class Archive(Endpoint):
    """Putting a template away."""

    @described(TemplateShape, body=Nothing)
    def post(self, request: Request, slug: str, template: str) -> Response:
        """Take a template out of the gallery; a repeat changes nothing."""
        grant = self.grant(P.JOBS_LAUNCH)
        own = template_get(grant, template)
        Nothing(data=request.data).read()

        def act() -> Any:
            return _of(template_archive(grant=grant, template=own, actor=self.actor, now=timezone.now()))

        return self.once(grant, act, status=200, forgets=True)


class Unarchive(Endpoint):
    """Bringing a template back into the gallery."""

    @described(TemplateShape, body=Nothing)
    def post(self, request: Request, slug: str, template: str) -> Response:
        """Put a template back into the gallery; a repeat changes nothing."""
        grant = self.grant(P.JOBS_LAUNCH)
        own = template_get(grant, template)
        Nothing(data=request.data).read()

        def act() -> Any:
            return _of(template_unarchive(grant=grant, template=own, actor=self.actor, now=timezone.now()))

        return self.once(grant, act, status=200, forgets=True)
