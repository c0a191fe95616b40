"""What is to run: a template with its variables, one's own container, or a definition as text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.core.errors import NotFound
from apps.jobs.editing import Mark, definition_marks, definition_text, format_of
from apps.jobs.gallery import Gpu, variables_filled
from apps.jobs.launch.containers import ContainerForm
from apps.jobs.launch.forms import HOWS, PREFIX, VariablesForm
from apps.jobs.models import Job
from apps.jobs.picker import Need
from apps.jobs.selectors import GalleryItem, gallery_item
from apps.organisations.models import Grant


@dataclass
class What:
    """What is to run, as the page shows it. `definition` is None where it cannot be made yet."""

    how: str
    item: GalleryItem | None = None
    variables: VariablesForm | None = None
    container: ContainerForm | None = None
    text: str = ""
    definition: dict[str, Any] | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """Whether there is something to run."""
        return self.definition is not None

    @property
    def origin(self) -> GalleryItem | None:
        """The template it began from, also where its definition was changed since."""
        return None if self.how == "container" else self.item

    @property
    def form(self) -> str:
        """Whether the text is JSON or YAML."""
        return format_of(self.text)

    @property
    def need(self) -> Need:
        """What it needs, as far as it says so."""
        if self.how == "template" and self.item:
            return Need(self.item.recipe.vram_gb, str(self.item.recipe.gpu))
        meta = (self.definition or {}).get("meta")
        asked = meta.get("system_resources") if isinstance(meta, dict) else None
        vram = asked.get("required_vram") if isinstance(asked, dict) else None
        number = int(vram) if isinstance(vram, int | float) or (isinstance(vram, str) and vram.isdecimal()) else 0
        return Need(max(0, min(number, 2_000)), Gpu.ANY.value)

    @property
    def sentences(self) -> list[str]:
        """What is wrong with it, but for what was only not filled in yet."""
        if self.how == "definition":
            return [str(mark) for mark in self.marks]
        form = self.variables if self.how == "template" else self.container
        if form is None or not form.is_bound:
            return []
        return [
            f"{form.fields[name].label}: {sentence}" if self.how == "container" else str(sentence)
            for name, found in form.errors.items()
            if form.data.get(form.add_prefix(name))
            for sentence in found
        ]


def what_posted(grant: Grant, data: Mapping[str, Any], *, kept: Iterable[str] = (), public: bool = False) -> What:
    """Return what a form that was sent is to run. Raises NotFound for a template that is none."""
    how = data.get("how", "")
    how = how if how in HOWS else "definition"
    item = _item(grant, data.get("template", ""), data.get("template_number", ""))
    text = data.get("definition", "")[:400_000]
    what = What(how, item, text=text)
    if item:
        what.variables = VariablesForm(item.recipe, data if how == "template" else None, kept=kept)
    if how == "template" and what.variables and item:
        if what.variables.is_valid():
            values = what.variables.values
            what.definition = variables_filled(item.recipe.definition, item.recipe.variables, values)
            what.secrets = what.variables.secrets
    elif how == "container":
        what.container = ContainerForm(data, prefix="own")
        if what.container.is_valid():
            what.definition = what.container.definition
    elif how == "definition":
        value, what.marks = definition_marks(text, public=public) if text.strip() else ({}, [])
        what.definition = value or None
    return what


def _item(grant: Grant, slug: str, number: str) -> GalleryItem | None:
    if not slug:
        return None
    wanted = int(number) if number.isdecimal() and len(number) < 6 else None
    return gallery_item(grant, slug[:60].replace("\0", ""), wanted)


def turned(what: What, show: str) -> What:
    """Return the same thing to run, shown another way: `show` is one of HOWS, or "json" or "yaml"."""
    how = "definition" if show in ("json", "yaml") else show
    other = What(
        how, what.item, what.variables, what.container, what.text, what.definition, what.secrets, what.marks
    )
    if how == "definition" and what.definition is not None:
        other.text = definition_text(what.definition, show if show in ("json", "yaml") else what.form)
        _value, other.marks = definition_marks(other.text)
    elif how == "definition" and what.item and (what.how == "template" or not what.text):
        other.text = definition_text(_half_filled(what), show if show in ("json", "yaml") else "json")
    if how == "container":
        shown = ContainerForm.of(what.definition) if what.definition else None
        other.container = ContainerForm(initial=shown or {}, prefix="own")
    return other


def _half_filled(what: What) -> dict[str, Any]:
    """Return a template's definition with what is filled in so far, and the defaults where nothing fits."""
    assert what.item is not None
    recipe = what.item.recipe
    given = what.variables.values if what.variables and what.variables.is_bound else {}
    kept = {one.name: "kept" for one in recipe.variables if one.kind == "secret"}
    values = {**recipe.defaults, **{name: value for name, value in given.items() if value}, **kept}
    return variables_filled(recipe.definition, recipe.variables, values)


def what_fresh(how: str, item: GalleryItem | None, values: Mapping[str, str], kept: Iterable[str] = ()) -> What:
    """Return what a page shows before anybody typed: `values` by the names of the form's fields."""
    what = What(how, item)
    if item:
        names = {f"{PREFIX}{one.name}" for one in item.recipe.variables if one.kind != "secret"}
        what.variables = VariablesForm(
            item.recipe, initial={name: value for name, value in values.items() if name in names}, kept=kept
        )
        what.definition = item.recipe.standard
    if how == "definition" and item:
        what.text = definition_text(item.recipe.standard)
    if how == "container":
        own = {name.removeprefix("own-"): value for name, value in values.items() if name.startswith("own-")}
        what.container = ContainerForm(initial=own, prefix="own")
    if values.get("definition"):
        what.text = values["definition"][:400_000]
        value, what.marks = definition_marks(what.text)
        what.definition = value or None
    return what


def what_again(grant: Grant, job: Job, how: str) -> What:
    """Return what an earlier job ran: by its template where that alone made it, else as a definition."""
    names = list(job.secrets.names) if job.secrets else []
    found = _from_template(grant, job, names) if how in ("", "template") else None
    if found:
        return found
    shown = ContainerForm.of(job.definition) if how == "container" else None
    what = What(
        "container" if shown else "definition", text=definition_text(job.definition), definition=job.definition
    )
    if shown:
        what.container = ContainerForm(initial=shown, prefix="own")
    return what


def _from_template(grant: Grant, job: Job, names: list[str]) -> What | None:
    if not job.template:
        return None
    try:
        item = gallery_item(grant, job.template, job.template_number)
    except NotFound:
        return None
    values = {str(k): str(v) for k, v in ((job.definition.get("global") or {}).get("variables") or {}).items()}
    recipe = item.recipe
    if (
        variables_filled(recipe.definition, recipe.variables, values | dict.fromkeys(names, "kept"))
        != job.definition
    ):
        return None
    return what_fresh("template", item, {f"{PREFIX}{name}": value for name, value in values.items()}, kept=names)
