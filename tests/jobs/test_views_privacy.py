"""Private by default on the pages: what is said of it, secrets given and never shown, public only by choice."""

import json

import pytest

from apps.jobs.models import Job, SecretSet
from apps.users.models import User
from tests.jobs.test_secrets import MARKED, VALUE, WRITTEN, nowhere
from tests.jobs.test_views_launch import URL, filled, shop
from tests.world import World

__all__ = ["shop"]
pytestmark = pytest.mark.django_db
FORM = {"definition": json.dumps(MARKED), "secrets": f"# of the model\nTOKEN={VALUE}"}


def test_a_job_is_private_unless_somebody_chooses_otherwise(shop: World) -> None:
    mia = shop.client(shop.mia)
    page = mia.get(URL).content.decode()
    assert "The owner of that node can read everything on it" in page
    assert "Anyone can read the definition, the log and the results" in page
    mia.post(URL, filled())
    mia.post(URL, filled(visibility="public"))
    assert sorted(Job.objects.values_list("visibility", flat=True)) == ["private", "public"]
    for job in Job.objects.all():
        shown = mia.get(f"/o/acme/jobs/{job.pk}/").content.decode()
        public = "Anyone can read the definition, log and results"
        word = "The owner of the node that runs it can read" if job.private else public
        assert word in shown
    assert mia.post(URL, filled(visibility="secret")).status_code == 422


def test_a_secret_is_given_once_and_on_no_page_again(shop: World) -> None:
    mia = shop.client(shop.mia)
    assert mia.post(URL, filled(**FORM)).status_code == 302
    job = Job.objects.get()
    boss = shop.client(User.objects.create_superuser("sam@nosana-web.example"))
    pages = [
        mia.get(f"/o/acme/jobs/{job.pk}/"),
        mia.get(f"{URL}?again={job.pk}"),
        boss.get(f"/admin/jobs/job/{job.pk}/change/"),
    ]
    for page in pages:
        assert page.status_code == 200
        assert VALUE not in page.content.decode()
        assert "TOKEN" in page.content.decode()
    assert nowhere(VALUE)


def test_the_form_that_comes_back_holds_no_secret_and_says_so(shop: World) -> None:
    page = shop.client(shop.mia).post(URL, filled(**FORM, timeout_minutes="0"))
    assert page.status_code == 422
    assert VALUE not in page.content.decode()
    assert "enter them once more" in page.content.decode()


def test_launching_again_uses_the_secrets_again_for_whoever_gave_them(shop: World) -> None:
    mia, adam = shop.client(shop.mia), shop.client(shop.adam)
    mia.post(URL, filled(**FORM))
    kept = SecretSet.objects.get()
    again = filled(definition=json.dumps(MARKED), secrets_of=str(kept.pk))
    assert "Kept from the job before" in mia.get(f"{URL}?again={Job.objects.get().pk}").content.decode()
    assert "Kept from the job before" not in adam.get(f"{URL}?again={Job.objects.get().pk}").content.decode()
    refused = adam.post(URL, again)
    assert (refused.status_code, Job.objects.count()) == (422, 1)
    assert "asks for the secret TOKEN" in refused.content.decode()
    assert mia.post(URL, again).status_code == 302
    assert SecretSet.objects.count() == 1


@pytest.mark.parametrize(
    ("secrets", "sentence"),
    [
        (VALUE, "Line 1 of the secrets has no"),
        ('{"TOKEN": 7}', "Each secret is a text"),
        ('{"TOKEN": "x', "begin like JSON"),
        ("TOKEN=x\nOTHER=y", "no place for the secret OTHER"),
        ("", "asks for the secret TOKEN"),
    ],
)
def test_secrets_that_cannot_be_read_are_refused_with_a_sentence(shop: World, secrets: str, sentence: str) -> None:
    page = shop.client(shop.mia).post(URL, filled(definition=FORM["definition"], secrets=secrets))
    assert 400 <= page.status_code < 500
    assert sentence in page.content.decode()
    assert not Job.objects.exists()


def test_a_public_job_with_a_password_in_it_is_refused_at_its_place(shop: World) -> None:
    mia = shop.client(shop.mia)
    form = filled(definition=json.dumps(WRITTEN), visibility="public")
    page = mia.post(URL, form)
    assert page.status_code == 422
    assert "ops[0].args.authentication.docker.password: A public job can be read" in page.content.decode()
    assert "can be read by anyone" in mia.post("/o/acme/jobs/new/estimate/", form).content.decode()
    assert not Job.objects.exists()


def test_multi_line_secrets_come_as_json(shop: World) -> None:
    secrets = json.dumps({"TOKEN": "-----BEGIN\nKEY-----"})
    assert (
        shop.client(shop.mia).post(URL, filled(definition=FORM["definition"], secrets=secrets)).status_code == 302
    )
