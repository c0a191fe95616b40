"""One sandbox process and one webhook receiver per module."""

from collections.abc import Iterator

import pytest
import stripe

from tests.sandbox.stripe.parts import Inbox, Running, inbox_open


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with inbox_open() as inbox:
        yield inbox


@pytest.fixture(scope="module")
def running(inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    options = ("--webhook", inbox.url, "--webhook-secret", inbox.secret, "--retry-seconds", "0.1")
    running = Running(tmp_path_factory.mktemp("stripe"), options).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def client(running: Running) -> stripe.StripeClient:
    return running.client()
