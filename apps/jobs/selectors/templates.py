"""Questions about templates: the platform's own gallery and an organisation's, as one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.jobs.gallery import Recipe, Starter, starter_get, starters
from apps.jobs.models import Template, TemplateVersion
from apps.organisations.models import Grant


@dataclass(frozen=True)
class GalleryItem:
    """A template as pages show it: its address, the version shown, and the organisation's own row, if it is one."""

    slug: str
    number: int
    recipe: Recipe
    template: Template | None = None

    @property
    def own(self) -> bool:
        """Whether it belongs to the organisation."""
        return self.template is not None

    @property
    def archived(self) -> bool:
        """Whether it is out of the gallery."""
        return self.template is not None and self.template.archived_at is not None

    @property
    def latest(self) -> bool:
        """Whether the version shown is the current one."""
        current = self.template.current if self.template else None
        return current is None or current.number == self.number

    def fits(self, text: str, tag: str) -> bool:
        """Return whether every word of the text is in it, and the tag on it."""
        recipe = self.recipe
        said = " ".join([self.slug, recipe.title, recipe.summary, recipe.description, *recipe.tags]).lower()
        return (not tag or tag in recipe.tags) and all(word in said for word in text.lower().split())


def templates_of(grant: Grant) -> QuerySet[Template]:
    """Return the organisation's own templates with their current versions, archived ones among them."""
    return Template.objects.filter(organisation=grant.organisation).select_related("current")


def gallery_items(grant: Grant, *, text: str = "", tag: str = "", archived: bool = False) -> list[GalleryItem]:
    """Return the templates that fit, the organisation's own first, by title; one query.

    `archived` asks for those out of the gallery alone.
    """
    own = [_own(row, row.current) for row in templates_of(grant).filter(archived_at__isnull=not archived)]
    own.sort(key=lambda item: item.recipe.title.lower())
    items = own if archived else [*own, *(_builtin(one) for one in starters())]
    return [item for item in items if item.fits(text, tag)]


def gallery_tags(items: Iterable[GalleryItem]) -> list[str]:
    """Return the tags of these templates, the most frequent first."""
    counts: dict[str, int] = {}
    for item in items:
        for tag in item.recipe.tags:
            counts[tag] = counts.get(tag, 0) + 1
    return sorted(counts, key=lambda tag: (-counts[tag], tag))


def gallery_item(grant: Grant, slug: str, number: int | None = None) -> GalleryItem:
    """Return a template the organisation may use, in its current version or in that one. Raises NotFound."""
    row = templates_of(grant).filter(slug=slug).first()
    if row is None:
        starter = starter_get(slug)
        if starter is None or number not in (None, starter.number):
            raise NotFound(
                _("There is no such template in %(name)s; choose one from the gallery.")
                % {"name": grant.organisation.name}
            )
        return _builtin(starter)
    version = row.current if number is None else row.versions.filter(number=number).first()
    if version is None:
        raise NotFound(_("This template has no version %(number)d.") % {"number": number})
    return _own(row, version)


def template_get(grant: Grant, slug: str) -> Template:
    """Return one of the organisation's own templates. Raises NotFound, also for one of the platform's."""
    row = templates_of(grant).filter(slug=slug).first()
    if row is None:
        raise NotFound(
            _("There is no such template of %(name)s’s own; choose one from the gallery.")
            % {"name": grant.organisation.name}
        )
    return row


def template_versions(template: Template) -> QuerySet[TemplateVersion]:
    """Return the versions with their authors, newest first."""
    return template.versions.select_related("author").order_by("-number")


def _own(row: Template, version: TemplateVersion | None) -> GalleryItem:
    assert version is not None
    return GalleryItem(row.slug, version.number, version.recipe, row)


def _builtin(starter: Starter) -> GalleryItem:
    return GalleryItem(starter.slug, starter.number, starter.recipe)
