"""Labels of jobs: texts by name, as those of projects, by which usage is counted."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.organisations.services.projects import LABEL_NAME, LABEL_VALUE_MAXIMUM, LABELS_MAXIMUM


class LabelsRefused(AppError):
    """A label has a name or value that cannot be; `fields` has a sentence for each."""

    code = "labels_invalid"


def labels_read(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels by name. Raises LabelsRefused."""
    sentences = [
        _("“%(name)s” is no label: a name is 1 to 63 of a-z, 0-9, “.”, “_”, “/” and “-”.") % {"name": name[:40]}
        for name in labels
        if not LABEL_NAME.fullmatch(name)
    ]
    sentences += [
        _("The value of “%(name)s” must be at most %(most)d printable characters.")
        % {"name": name[:40], "most": LABEL_VALUE_MAXIMUM}
        for name, value in labels.items()
        if len(value) > LABEL_VALUE_MAXIMUM or not value.isprintable()
    ]
    if len(labels) > LABELS_MAXIMUM:
        sentences = [_("A job has at most %(most)d labels.") % {"most": LABELS_MAXIMUM}]
    if sentences:
        raise LabelsRefused(sentences[0], fields={"labels": sentences[:20]})
    return dict(sorted(labels.items()))
