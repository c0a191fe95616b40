"""Notes of colleagues on an organisation, and the orders on a job's page."""

import uuid

from django.test import Client

from apps.support.models import Note
from apps.users.models import User
from tests.support.test_roles import colleague
from tests.world import World


def test_a_note_is_kept_once_and_read_by_colleagues_alone(world: World) -> None:
    una = world.client(colleague("support"))
    glance = f"/admin/organisation/{world.acme.pk}/"
    form = {"submission": str(uuid.uuid4()), "text": "Calls on  Mondays <b>"}
    for _ in range(2):
        assert una.post(f"{glance}notes/", form)["Location"] == glance
    assert Note.objects.get().text == "Calls on Mondays <b>"
    page = una.get(glance).content.decode()
    assert "Calls on Mondays &lt;b&gt;" in page
    assert "Keep the note" in page
    assert una.post(f"{glance}notes/", {**form, "text": "Other words"}).status_code == 422
    for wrong in ({**form, "text": " "}, {**form, "text": "x" * 2_001}, {"submission": "x", "text": "y"}):
        assert una.post(f"{glance}notes/", wrong).status_code == 422
    assert una.post(f"/admin/organisation/{uuid.uuid4()}/notes/", form).status_code == 404
    assert Note.objects.count() == 1


def test_who_has_no_right_keeps_no_note(world: World) -> None:
    bare = User.objects.create_user("bare@nosana-web.example", is_staff=True)
    form = {"submission": str(uuid.uuid4()), "text": "x"}
    for client, code in ((world.client(bare), 403), (world.client(world.olga), 302), (Client(), 302)):
        assert client.post(f"/admin/organisation/{world.acme.pk}/notes/", form).status_code == code
    assert not Note.objects.exists()
