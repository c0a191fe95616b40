"""Templates: recipes with typed variables, the platform's own and each organisation's."""

from apps.jobs.gallery.builtin import Starter, starter_get, starters
from apps.jobs.gallery.recipes import Gpu, Recipe, TemplateRefused
from apps.jobs.gallery.variables import Variable, variables_filled

__all__ = [
    "Gpu",
    "Recipe",
    "Starter",
    "TemplateRefused",
    "Variable",
    "starter_get",
    "starters",
    "variables_filled",
]
