"""Templates: the gallery, and the organisation's own with their versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from nosana.client.definitions import template_filled
from nosana.client.modes import M, act
from nosana.client.resources.base import Resource
from nosana.client.waiting import part

if TYPE_CHECKING:
    from nosana.client.models import Template, TemplateVersion
    from nosana.client.pages import Pages


class Templates(Resource[M]):
    """What can be launched from."""

    def list(
        self, *, q: str | None = None, tag: str | None = None, archived: bool | None = None
    ) -> Pages[M, Template]:
        """Return all that fit, the organisation's own first, without their definitions."""
        return self._items("Template", "templates", q=q, tag=tag, archived=archived)

    @act
    async def get(self, slug: str) -> Template:
        """Return one, with its definition and variables. Raises NotFound."""
        return await self._get("Template", part("templates", slug))

    @act
    async def fill(
        self, slug: str, variables: Mapping[str, str] | None = None, *, secrets: Collection[str] = ()
    ) -> dict[str, Any]:
        """Return a definition to launch: the template's, with values for its variables, else its defaults.

        `secrets` are the names of those that `jobs.run(secrets=…)` will get. Raises ConfigurationError and NotFound.
        """
        return template_filled(await self._get(None, part("templates", slug)), variables or {}, secrets)

    @act
    async def create(self, *, idempotency_key: str | None = None, **facts: Any) -> Template:
        """Keep one of the own: title, summary and definition, and if wanted description, tags, variables,
        vram_gb, gpu, minutes and note.
        """
        return await self._post("Template", "templates", facts, idempotency_key)

    def versions(self, slug: str) -> Pages[M, TemplateVersion]:
        """Return the versions of one of the organisation's own, newest first, without their definitions."""
        return self._items("TemplateVersion", part("templates", slug, "versions"))

    @act
    async def version(self, slug: str, number: int) -> Template:
        """Return one version, whole. Raises NotFound."""
        return await self._get("Template", part("templates", slug, part("versions", number)))

    @act
    async def update(self, slug: str, *, base: int, idempotency_key: str | None = None, **facts: Any) -> Template:
        """Write a new version, whole, on top of version `base`. Raises Conflict when somebody wrote one since."""
        body = {"base": base, **facts}
        return await self._post("Template", part("templates", slug, "versions"), body, idempotency_key)

    @act
    async def restore(self, slug: str, number: int) -> Template:
        """Write an old version again, as a new one; a repeat changes nothing."""
        return await self._post("Template", part("templates", slug, part("versions", number, "restore")))

    @act
    async def archive(self, slug: str) -> Template:
        """Take it out of the gallery; a repeat changes nothing."""
        return await self._post("Template", part("templates", slug, "archive"))

    @act
    async def unarchive(self, slug: str) -> Template:
        """Put it back; a repeat changes nothing."""
        return await self._post("Template", part("templates", slug, "unarchive"))
