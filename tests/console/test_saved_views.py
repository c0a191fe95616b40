"""Saved views: people keep the filters of a list under a name of their own."""

import pytest
from django.utils import timezone

from apps.core.errors import Conflict
from apps.users.models import SavedView
from apps.users.services import VIEWS_LIMIT, view_save
from tests.console.scene import credits_give, job_make, markets_make
from tests.organisations.people import member
from tests.world import World

SAVE = "/o/acme/views/"
VIEW = {"area": "jobs", "name": "Failed ones", "query": "state=failed"}


def test_a_view_is_saved_shown_in_the_list_and_deleted(world: World) -> None:
    credits_give(world.acme)
    job_make(member(world.mia), markets_make()[0])
    mia = world.client(world.mia)
    assert mia.post(SAVE, VIEW).url == "/o/acme/jobs/?state=failed"
    page = mia.get("/o/acme/jobs/").content.decode()
    assert "Failed ones" in page
    assert "Failed ones" not in world.client(world.olga).get("/o/acme/jobs/").content.decode()
    for _ in range(2):
        assert mia.post(f"{SAVE}delete/", VIEW).url == "/o/acme/jobs/"
    assert not SavedView.objects.exists()


def test_saving_twice_keeps_one_and_a_new_query_replaces_the_old(world: World) -> None:
    mia = world.client(world.mia)
    for query in ("state=failed", "state=failed", "state=queued"):
        mia.post(SAVE, {**VIEW, "query": query})
    assert SavedView.objects.get().query == "state=queued"


@pytest.mark.parametrize(
    "change", [{"name": "  "}, {"name": "x" * 61}, {"query": "q=" + "x" * 1000}, {"area": "nonsense"}]
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(world: World, change: dict[str, str]) -> None:
    assert world.client(world.mia).post(SAVE, {**VIEW, **change}).status_code == 422
    assert not SavedView.objects.exists()


def test_nobody_deletes_the_views_of_others(world: World) -> None:
    world.client(world.mia).post(SAVE, VIEW)
    world.client(world.olga).post(f"{SAVE}delete/", VIEW)
    assert world.client(world.xena).post(f"{SAVE}delete/", VIEW).status_code == 404
    assert world.client(world.xena).post(SAVE, VIEW).status_code == 404
    assert SavedView.objects.count() == 1


def test_there_is_a_limit_of_views(world: World) -> None:
    for n in range(VIEWS_LIMIT):
        SavedView.objects.create(
            user=world.mia, area="jobs", place=world.acme.pk, name=f"View {n}", created_at=timezone.now()
        )
    with pytest.raises(Conflict):
        view_save(user=world.mia, area="jobs", place=world.acme.pk, name="More", query="", now=timezone.now())
