"""How a person is called: asked at the sign-up, changed whenever they like."""

from django.test import Client

from apps.users.models import User
from tests.world import World


def test_somebody_new_says_how_they_are_called(client: Client, db: None) -> None:
    form = {"name": "  Paula\t Bright ", "email": "paula@work.example", "password1": "Wolkenkuckucksheim 47"}
    client.post("/accounts/signup/", form)
    assert User.objects.get(email="paula@work.example").name == "Paula Bright"


def test_a_person_changes_their_name_and_no_one_elses(world: World) -> None:
    mia = world.client(world.mia)
    assert b'value="Mia"' in mia.get("/account/name/").content
    for _twice in range(2):
        assert mia.post("/account/name/", {"name": "Mia Moor"}).status_code == 302
    assert str(User.objects.get(pk=world.mia.pk)) == "Mia Moor"
    assert str(User.objects.get(pk=world.olga.pk)) == "Olga"
    assert mia.post("/account/name/", {"name": "x" * 151}).status_code == 422
    mia.post("/account/name/", {"name": ""})
    assert str(User.objects.get(pk=world.mia.pk)) == world.mia.email


def test_strangers_sign_in_first(client: Client, db: None) -> None:
    assert client.get("/account/name/").url.startswith("/accounts/login/")
