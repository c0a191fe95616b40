"""What pages of templates say beside a recipe: about what an hour of it costs, and where it would run."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from apps.billing.selectors import rate_today
from apps.jobs.gallery.recipes import Recipe
from apps.jobs.models import Market
from apps.jobs.picker import Choice, Need, choices, sensible
from apps.jobs.selectors import GalleryItem, markets_open


@dataclass(frozen=True)
class Card:
    """A template in the gallery, and the market it would run on by itself; None where none fits just now."""

    item: GalleryItem
    choice: Choice | None


def cards(items: Sequence[GalleryItem], currency: str) -> list[Card]:
    """Return the templates with what they cost; two queries for any number of them."""
    markets, rate = markets_open(), rate_today(currency, now=timezone.now())
    return [Card(item, _choice(item.recipe, markets, rate, currency)) for item in items]


def hours(recipe: Recipe, currency: str) -> Choice | None:
    """Return the market it would run on, with the price of an hour."""
    return _choice(recipe, markets_open(), rate_today(currency, now=timezone.now()), currency)


def _choice(recipe: Recipe, markets: list[Market], rate: int | None, currency: str) -> Choice | None:
    found = sensible(choices(markets, Need(recipe.vram_gb, recipe.gpu), rate, currency))
    return found if found and found.fits else None
