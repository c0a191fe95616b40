"""How many questions each page asks the database: pinned, so that none grows unseen.

Lines of many rows are in the scene (30 jobs, 10 holds, a trail), so that a question per row shows at once. After a
change that is meant: `QUERIES=write pytest tests/console/test_queries.py` prints the table anew.
"""

import os

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.journeys.pages import pages_make
from tests.world import World

KNOWN: dict[str, int] = {}


def test_every_page_asks_as_often_as_it_is_known_to(world: World) -> None:
    made, olga = pages_make(world), world.client(world.olga)
    asked = {}
    for name, path in made.closed.items():
        olga.get(path)  # what is remembered after the first look
        with CaptureQueriesContext(connection) as queries:
            olga.get(path)
        asked[name] = len(queries)
    if os.environ.get("QUERIES") == "write":
        print("\n" + "\n".join(f'    "{name}": {count},' for name, count in asked.items()))
    other = {name: (count, KNOWN.get(name)) for name, count in asked.items() if KNOWN.get(name) != count}
    assert not other, f"asked, and known: {other}"
    assert not set(KNOWN) - set(asked)
