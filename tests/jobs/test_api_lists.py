"""Lists of jobs for programs: in an order they choose, page by page."""

import base64

import pytest

from tests.jobs.conftest import JOBS, WANTED
from tests.organisations.programs import Program, refused
from tests.world import World


@pytest.mark.parametrize("order", ["name", "-name", "timeout_s", "-timeout_s"])
def test_jobs_come_in_the_order_of_a_field_and_by_pages_none_twice(
    rich: World, program: Program, order: str
) -> None:
    for name, timeout_s in (("B", 600), ("A", 700), ("B", 700)):
        assert program.post(JOBS, {**WANTED, "name": name, "timeout_s": timeout_s}).status_code == 201
    field, found, cursor = order.removeprefix("-"), [], ""
    while cursor is not None:
        page = program.get(JOBS, limit="1", order=order, cursor=cursor).json()
        found, cursor = [*found, *page["items"]], page["next_cursor"]
    assert len({one["id"] for one in found}) == len(found) == 3
    values = [one[field] for one in found]
    assert values == sorted(values, reverse=order.startswith("-"))


@pytest.mark.parametrize(
    "text", ['["name","\\u0000","1"]', '["name","\\ud800","1"]', '["name",1]', "{}", "7", '["name","A",[]]']
)
def test_a_made_up_cursor_is_refused(rich: World, program: Program, text: str) -> None:
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    refused(program.get(JOBS, order="name", cursor=cursor), 400, "cursor_unknown")
