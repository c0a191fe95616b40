"""Two who saw the same version: one of them changes it, the other is told so, however close together they come."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any

import pytest
from django.db import connection

from apps.organisations.api.projects import OneProject
from apps.organisations.models import AuditEvent, Project
from tests.organisations.keys import key_make
from tests.organisations.programs import ACME, Program
from tests.world import World

PROJECT = f"{ACME}/projects/default"
WAIT_S = 60


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_goes_through_and_the_other_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(key_make(world.adam, "organisation.view", "projects.manage").token)
    seen = program.get(PROJECT)["ETag"]
    both_saw, first, guard = Barrier(2, timeout=WAIT_S), [2], Lock()
    look = OneProject.get

    def look_together(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = look(self, *args, **kwargs)
        with guard:
            first[0] -= 1
            wait = first[0] >= 0
        if wait:  # nobody acts before both have compared what they saw
            both_saw.wait()
        return answer

    monkeypatch.setattr(OneProject, "get", look_together)

    def change(name: str) -> int:
        try:
            client = Program(program.client.defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer "))
            return client.send("PATCH", PROJECT, {"name": name}, **{"If-Match": seen}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(change, ("One", "Two")))
    assert sorted(answers) == [200, 412]
    won = ("One", "Two")[answers.index(200)]
    assert Project.objects.get(slug="default", organisation=world.acme).name == won
    assert AuditEvent.objects.filter(act="project.changed").count() == 1
