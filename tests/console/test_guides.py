"""The guides: each in every language, led to each other, and true to the words of the console."""

import re
from pathlib import Path

import pytest
from django.test import Client

from apps.console.guides import FOLDER, GUIDES, guide_get, guide_url
from apps.core.catalogues import catalogue_read, places
from tests.world import World


@pytest.mark.parametrize("name", GUIDES)
def test_each_guide_is_shown_in_the_readers_language(db: None, name: str) -> None:
    client = Client()
    english = client.get(guide_url(name)).content.decode()
    german = client.get(guide_url(name), headers={"accept-language": "de"}).content.decode()
    assert guide_get(name, "en").title in english
    assert guide_get(name, "de").title in german
    assert guide_get(name, "de").html != guide_get(name, "en").html
    assert guide_get(name, "fr") == guide_get(name, "en")


def test_the_list_leads_to_all_of_them_and_each_to_the_next(db: None) -> None:
    listed = Client().get("/docs/guides/").content.decode()
    assert all(guide_url(name) in listed for name in GUIDES)
    assert guide_url("launch") in Client().get(guide_url("top-up")).content.decode()


def test_the_first_steps_and_the_menu_lead_to_them(world: World) -> None:
    page = world.client(world.xena).get("/o/xenon/").content.decode()
    assert page.count("/docs/guides/") == 2


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.name)
def test_what_a_guide_tells_to_press_is_called_so(path: Path) -> None:
    """A bold word is a button, a link, a tab or a state: what the console says, or a name of our own."""
    text = path.read_text()
    messages = [one for place in places() for one in catalogue_read(place) if one.id]
    said = {one.string if path.name.endswith(".de.md") else one.id for one in messages}
    named = {" ".join(word.split()) for word in re.findall(r"\*\*([^*]+)\*\*", text)}
    assert named - said - {"Prime numbers", "Primzahlen", "Pay", "… zahlen"} == set()
