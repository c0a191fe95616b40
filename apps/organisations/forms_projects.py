"""Forms of projects: their name and labels, and the projects a member is limited to."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.organisations.models import Membership, Project
from apps.organisations.roles import Role


class ProjectForm(forms.Form):
    """A project's name and labels."""

    name = forms.CharField(
        max_length=80,
        label=gettext_lazy("Name"),
        error_messages={"required": gettext_lazy("Give the project a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    labels = forms.CharField(
        required=False,
        max_length=4000,
        label=gettext_lazy("Labels"),
        help_text=gettext_lazy("One a line, as name=value: cost-centre=4711. They are on the usage you export."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "code", "spellcheck": "false", "autocapitalize": "off"}),
    )

    def clean_labels(self) -> dict[str, str]:
        """Return the labels. Raises ValidationError for a line that is none."""
        found: dict[str, str] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["labels"].splitlines())):
            name, sign, value = (part.strip() for part in line.partition("="))
            if not sign:
                raise forms.ValidationError(_("“%(line)s” is no label; write name=value.") % {"line": line[:60]})
            if name in found:
                raise forms.ValidationError(_("The label “%(name)s” is there twice.") % {"name": name[:40]})
            found[name] = value
        return found

    @staticmethod
    def of(project: Project) -> dict[str, str]:
        """Return the project as the form shows it."""
        labels = "\n".join(f"{name}={value}" for name, value in sorted(project.labels.items()))
        return {"name": project.name, "labels": labels}


class ProjectRoles(forms.Form):
    """A role for each project, or none."""

    def projects_ask(self, projects: Iterable[Project], roles: Mapping[str, str]) -> None:
        """Add a field for each project, filled in with the role (by the project's id) that it has."""
        self._projects = list(projects)
        for project in self._projects:
            self.fields[f"project-{project.pk}"] = forms.ChoiceField(
                label=_("%(project)s (archived)") % {"project": project.name}
                if project.archived_at
                else project.name,
                choices=[("", _("does not see it")), (Role.VIEWER, _("Viewer")), (Role.DEVELOPER, _("Developer"))],
                required=False,
                initial=roles.get(str(project.pk), ""),
            )

    def clean(self) -> dict[str, Any]:
        """Refuse a role in a project that is not asked for (any more): left out, it would let see more than chosen."""
        gone = [name for name in self.data if name.startswith("project-") and name not in self.fields]
        if any(self.data[name] for name in gone):
            raise forms.ValidationError(_("One of these projects is not there any more; look at the list again."))
        return super().clean() or {}

    def rows(self) -> list[forms.BoundField]:
        """Return the field of each project."""
        return [self[f"project-{project.pk}"] for project in self._projects]

    def chosen(self) -> dict[UUID, Role]:
        """Return the role by project, of those where one is chosen."""
        roles = {project.pk: self.cleaned_data[f"project-{project.pk}"] for project in self._projects}
        return {pk: Role(role) for pk, role in roles.items() if role}


class LimitForm(ProjectRoles):
    """Whether a member is limited to projects, and what they may be in each."""

    reach = forms.ChoiceField(
        label=gettext_lazy("Sees"),
        choices=[
            ("all", gettext_lazy("the whole organisation")),
            ("some", gettext_lazy("only the projects chosen below")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, projects: Iterable[Project], member: Membership, **kwargs: Any) -> None:
        rows = {str(row.project_id): row.role for row in member.project_memberships.all()}
        kwargs["initial"] = {"reach": "some" if member.limited else "all"}
        super().__init__(*args, **kwargs)
        self.projects_ask(projects, rows)

    def limits(self) -> dict[UUID, Role] | None:
        """Return the role by project, or None for the whole organisation."""
        return None if self.cleaned_data["reach"] == "all" else self.chosen()
