"""Under ASGI a request stays in one thread; what is asynchronous is answered all the same."""

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test.client import AsyncRequestFactory
from django.urls import path

from apps.core.serving import OneThreadHandler

THREADS: list[int] = []


def noting(get_response: Any) -> Any:
    def note(request: HttpRequest) -> Any:
        THREADS.append(threading.get_ident())
        return get_response(request)

    return note


def plain(request: HttpRequest) -> HttpResponse:
    THREADS.append(threading.get_ident())
    return HttpResponse("plain")


async def later(request: HttpRequest) -> StreamingHttpResponse:
    async def pieces() -> Any:
        for piece in ("a", "b"):
            await asyncio.sleep(0)
            yield piece

    return StreamingHttpResponse(pieces())


urlpatterns = [path("plain", plain), path("later", later)]


@pytest.fixture
def handler(settings: Any) -> OneThreadHandler:
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, [f"{__name__}.noting"]
    THREADS.clear()
    return OneThreadHandler()


def test_middleware_and_view_run_in_one_thread_that_is_not_the_loops(handler: OneThreadHandler) -> None:
    async def ask() -> tuple[bytes, int]:
        answer = await handler.get_response_async(AsyncRequestFactory().get("/plain"))
        return answer.content, threading.get_ident()

    content, loop = asyncio.run(ask())
    assert content == b"plain"
    assert len(THREADS) == 2
    assert len(set(THREADS)) == 1
    assert loop not in THREADS


def test_a_stream_of_an_asynchronous_view_is_sent_by_the_loop(handler: OneThreadHandler) -> None:
    async def ask() -> list[bytes]:
        answer = await handler.get_response_async(AsyncRequestFactory().get("/later"))
        return [piece async for piece in answer]

    assert asyncio.run(ask()) == [b"a", b"b"]


def test_what_a_process_loads_before_it_answers_is_left_alone_by_the_collector() -> None:
    """In a process of its own: what is frozen in ours would stay so for all other tests."""
    told = "print('apps.jobs.api.jobs' in sys.modules, gc.get_freeze_count())"
    script = f"import gc, sys; from nosana_web import asgi; {told}"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    loaded, frozen = run.stdout.split()
    assert loaded == "True"
    assert int(frozen) > 50_000
