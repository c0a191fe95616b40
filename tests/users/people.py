"""People who can sign in as anybody does, and the stand-ins they meet."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from allauth.account.models import EmailAddress
from django.test import Client
from starlette.types import ASGIApp

from apps.users.models import User
from sandbox.serving import address_of, listen
from tests.world import PASSWORD


def person(email: str = "nora@acme.example", password: str = PASSWORD, **facts: object) -> User:
    """Return somebody with that password and a confirmed address."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, **facts)
    user.set_password(password)
    user.save()
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def signed_in(user: User, password: str = PASSWORD, client: Client | None = None) -> Client:
    """Return a browser in which the person typed their password just now."""
    browser = client or Client()
    answer = browser.post("/accounts/login/", {"login": user.email, "password": password})
    assert answer.status_code == 302, answer.content.decode()[:500]
    return browser


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve a stand-in on a free port of this machine; yield its address."""
    with serve_on(listen(0), app) as url:
        yield url


@contextmanager
def serve_on(taken: socket.socket, app: ASGIApp) -> Iterator[str]:
    """Serve a stand-in on a socket that listens; yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield address_of(taken)
    server.should_exit = True
    thread.join(60)
