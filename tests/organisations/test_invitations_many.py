"""Many invitations from a table: each line is checked, and all are sent or none."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import AppError, Denied
from apps.organisations.models import Invitation
from apps.organisations.services import invitations_read, invitations_send
from tests.organisations.people import by, invited, member
from tests.world import World

PAGE = "/o/acme/members/invite/many/"
GOOD = "email,role,projects\nada@b.example, developer, default:viewer\nGrace@b.example,viewer\n"


def errors(world: World, text: str) -> list[str]:
    acting = by(world.olga)
    lines = invitations_read(membership=acting["membership"], text=text, now=acting["now"])
    return [line.error for line in lines]


def test_the_lines_are_shown_first_and_sent_by_a_second_press(world: World) -> None:
    adam = world.client(world.adam)
    page = adam.post(PAGE, {"text": GOOD}).content.decode()
    assert "2 invitations, ready to send" in page
    assert not Invitation.objects.exists()
    assert adam.post(PAGE, {"text": GOOD, "send": "1"}).url == "/o/acme/members/"
    found = {one.email: (one.role, one.projects) for one in Invitation.objects.all()}
    assert found == {
        "ada@b.example": ("developer", {str(world.project.pk): "viewer"}),
        "grace@b.example": ("viewer", None),
    }


def test_a_file_does_as_well_also_with_semicolons_and_a_mark_at_its_start(world: World) -> None:
    file = SimpleUploadedFile("people.csv", "\ufeffemail;role\nada@b.example;viewer\n".encode())
    assert "1 invitation, ready to send" in world.client(world.olga).post(PAGE, {"file": file}).content.decode()


def test_each_line_says_what_is_wrong_with_it(world: World) -> None:
    invited(world.olga, "open@b.example")
    text = (
        "ada@b.example,viewer\nnobody,viewer\nb@b.example,owner\nc@b.example,chef\nmia@acme.example,viewer\n"
        "open@b.example,viewer\nADA@b.example,viewer\nd@b.example,viewer,secret\ne@b.example,admin,default\na,b,c,d\n"
        "f@b.example,viewer,default:developer\ng@b.example,viewer,default:chef\nh@b.example,viewer,default default"
    )
    found = errors(world, text)
    words = ["", "not an e-mail", "one owner", "no role “chef”", "is a member already", "has an open invitation"]
    words += ["is on line 1 already", "no live project “secret”", "for all projects", "3 columns at most"]
    words += ["cannot be developer in a project", "no role “chef”", "named twice"]
    assert [word for word, error in zip(words, found, strict=True) if word not in error] == []
    assert [number for number, error in enumerate(found) if not error] == [0]


def test_one_wrong_line_holds_back_all(world: World) -> None:
    text = GOOD + "mia@acme.example,viewer\n"
    answer = world.client(world.olga).post(PAGE, {"text": text, "send": "1"})
    assert answer.status_code == 422
    assert "mia@acme.example is a member already." in answer.content.decode()
    with pytest.raises(AppError, match="Nothing was sent") as refusal:
        invitations_send(**by(world.olga), text=text)
    assert list(refusal.value.fields) == ["line 4"]
    assert not Invitation.objects.exists()


def test_a_limit_reached_on_the_way_holds_back_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.organisations.services.invitations.OPEN_MAXIMUM", 1)
    with pytest.raises(AppError, match="open invitations"):
        invitations_send(**by(world.olga), text=GOOD)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "at least one line"),
        ("email,role\n", "no line to read"),
        ('"a@b.example,viewer\n', "not a table"),
        ("a@b.example,viewer\n" * 101, "101 lines"),
        ("x" * 100_001, "100000 characters"),
        ("a\x00b@c.example,viewer", "Null characters"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(world: World, text: str, sentence: str) -> None:
    answer = world.client(world.olga).post(PAGE, {"text": text})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_file_that_is_no_text_is_refused_with_a_sentence(world: World) -> None:
    file = SimpleUploadedFile("people.csv", b"\xff\xfe\x00\x01")
    assert "not UTF-8 text" in world.client(world.olga).post(PAGE, {"file": file}).content.decode()


def test_a_developer_invites_nobody(world: World) -> None:
    with pytest.raises(Denied):
        invitations_send(**by(world.mia), text=GOOD)
    assert world.client(world.mia).post(PAGE, {"text": GOOD, "send": "1"}).status_code == 403
    assert not Invitation.objects.exists()


def test_reading_takes_the_same_queries_for_two_lines_and_for_a_hundred(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    acting = by(world.olga)
    text = "".join(f"n{number}@b.example,viewer\n" for number in range(100))
    assert member(world.olga).role == "owner"
    with django_assert_num_queries(3):
        invitations_read(membership=acting["membership"], text=text, now=acting["now"])
