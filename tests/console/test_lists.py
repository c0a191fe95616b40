"""Lists: what all of them share, asked of each."""

import csv
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.console.views import LISTS
from apps.core.lists import Listing
from tests.journeys.pages import pages_make
from tests.organisations.people import invited
from tests.world import World

OWN_FILE = {"jobs": "jobs:list_csv", "audit": "organisations:audit_csv"}  # the others answer `?as=csv`


@pytest.fixture
def olga(world: World) -> Client:
    """Acme's owner, with a row in every list but that of statements."""
    pages_make(world)
    return world.client(world.olga)


def listings(client: Client) -> Iterator[tuple[str, Listing, HttpResponse]]:
    """Each list as it is at first: its address, and what the page was made of."""
    for area, route in LISTS.items():
        path = reverse(route, args=["acme"])
        answer: Any = client.get(path)
        assert answer.status_code == 200, path
        assert answer.context["listing"].table.area == area
        yield path, answer.context["listing"], answer


@pytest.mark.long
def test_each_list_opens_by_every_order_column_and_filter_and_refuses_a_mark_that_is_none(olga: Client) -> None:
    for path, listing, _ in listings(olga):
        asked = [f"sort={name}" for name, _, _ in listing.sorts]
        asked += [f"{pick.name}={value}" for pick, _ in listing.picks for value, _ in pick.options]
        asked += ["&".join(f"columns={column.name}" for column in listing.table.columns), "q=nothing+like+it"]
        asked += ["sort=nonsense&columns=nonsense&state=nonsense&kind=nonsense&began=nonsense&role=nonsense"]
        for query in asked:
            assert olga.get(f"{path}?{query}").status_code == 200, f"{path}?{query}"
        bad = olga.get(f"{path}?before=nonsense")
        assert bad.status_code == 400, path
        assert "marks no page" in bad.content.decode()


@pytest.mark.long
def test_each_list_shows_every_row_once_page_by_page(olga: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, listing, _ in listings(olga):
        monkeypatch.setitem(listing.table.__dict__, "page", 3)
        orders = {listing.sort, *(name for name, _, _ in listing.sorts)} if "jobs" not in path else {listing.sort}
        for order in sorted(orders):
            seen, mark = [], ""
            while True:
                answer: Any = olga.get(path, {"sort": order, "before": mark})
                seen += [row.pk for row in rows_of(answer)]
                mark = answer.context["next"]
                if not mark:
                    break
            assert len(seen) == len(set(seen)), f"{path} by {order}"
            monkeypatch.setitem(listing.table.__dict__, "page", 500)
            assert seen == [row.pk for row in rows_of(olga.get(path, {"sort": order}))], f"{path} by {order}"
            monkeypatch.setitem(listing.table.__dict__, "page", 3)


def rows_of(answer: Any) -> list[Any]:
    """The rows of a list's page."""
    return [getattr(row, "job", row) for row in answer.context["rows"]]


def test_each_list_is_a_file_with_a_line_for_every_row_of_the_filter(olga: Client, world: World) -> None:
    for path, listing, answer in listings(olga):
        assert listing.table.csv or listing.table.area in OWN_FILE, path
        own = OWN_FILE.get(listing.table.area)
        file: Any = olga.get(reverse(own, args=["acme"]) if own else f"{path}?as=csv")
        assert file["Content-Type"].startswith("text/csv"), path
        lines = list(csv.DictReader(b"".join(file.streaming_content).decode().splitlines()))
        if not answer.context["next"] and not own:  # type: ignore[attr-defined]
            assert len(lines) == len(rows_of(answer)), path
        if listing.table.area != "statements":
            assert lines, path
    invited(world.olga, "=1+1@boreal.example", "viewer")
    file = olga.get("/o/acme/members/invitations/?as=csv&q=%3D1")
    text = b"".join(file.streaming_content).decode()
    assert "'=1+1@boreal.example" in text
    assert len(text.splitlines()) == 2


def test_a_list_tells_htmx_its_address_without_what_is_empty_in_the_form(olga: Client) -> None:
    answer = olga.get("/o/acme/members/?q=&role=viewer&sort=since&columns=", headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == "/o/acme/members/?role=viewer"
    assert "HX-Push-Url" not in olga.get("/o/acme/members/?role=viewer")


def test_filters_narrow_members_invitations_holds_top_ups_and_requests(olga: Client) -> None:
    def shown(path: str) -> list[str]:
        return [str(row) for row in rows_of(olga.get(f"/o/acme/{path}"))]

    assert shown("members/?role=viewer&q=victor") == ["Victor in Acme"]
    assert [one.split()[0] for one in shown("members/invitations/?state=expired")] == ["ada@boreal.example"]
    assert shown("billing/holds/?state=open&q=Qwen3")
    assert not shown("billing/holds/?state=settled&q=Qwen3")
    assert len(shown("billing/top-ups/?state=paid")) < len(shown("billing/top-ups/"))
    assert len(shown("settings/approvals/?state=denied")) == 1
