"""`make run`: the sandbox and the platform until Ctrl-C, with Acme and its first job on the first start."""

import asyncio
import fcntl
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from sandbox.demo import DEFINITION, definition_read
from sandbox.stage import ROOT, Stage
from sandbox.story import PASSWORD, Story, StoryFailed
from sandbox.supervisor import Part, PartFailed, Supervisor

DATA = ROOT / "var" / "sandbox"
STAFF = "staff@nosana-web.example"


def say(line: str) -> None:
    """Print one line of the start."""
    print(f"      run {line}", flush=True)


def acme(base: str, mail: Path) -> Story:
    """Play Acme's first day unless it has been played; return the story."""
    story = Story(base=base, mail=mail, say=say)
    if story.sign_in():
        story.slug = story.path()[2]
        return story
    story.sign_up()
    story.organisation_make()
    story.top_up()
    story.launch(definition_read(DEFINITION), name="First job")
    story.watch()
    story.settled()
    say("Acme's first job is run, paid and settled")
    return story


async def serve() -> None:
    """Bring everything up, seed it, and stay until a signal comes. Raises PartFailed when a part falls."""
    started = time.monotonic()
    supervisor = Supervisor(DATA / "logs", show=True)
    stage = Stage(DATA, supervisor, fixed=True)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)

    async def serving() -> None:
        await up(stage, started)
        await asyncio.Event().wait()

    both = [asyncio.create_task(serving()), asyncio.create_task(stopped.wait())]
    ended = asyncio.create_task(first(both))
    try:
        await supervisor.watched(ended)
    finally:
        print("\nstopping …", flush=True)
        for task in (ended, *both):
            task.cancel()
        await supervisor.stop()


async def first(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Wait until one of the tasks ends; raise what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        await task


async def up(stage: Stage, started: float) -> None:
    """Start the stage, seed Acme and a staff account, and tell where everything is."""
    await stage.start()
    staff = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, **stage.env}
    command = [sys.executable, "manage.py", "staff_ensure", "--email", STAFF]
    await stage.supervisor.run(Part("staff", command, env=staff))
    story = await asyncio.to_thread(acme, stage.urls["web"], stage.data / "mail")
    print(
        f"""
  Nosana Web is up after {time.monotonic() - started:.0f} s. Ctrl-C stops it; the next start finds its data again.

    console   {stage.urls["web"]}/o/{story.slug}/
              {story.email} · {PASSWORD}   (owner of {story.organisation})
    admin     {stage.urls["web"]}/admin/
              {STAFF} · {PASSWORD}   (the sandbox asks staff for no second factor)
    mails     {stage.urls["mails"]}   (every mail of the sandbox, such as the code of a sign-up)
    chain     {stage.urls["chain"]}
    Stripe    {stage.urls["stripe"]}   (test card 4242 4242 4242 4242, any date to come, any code)
    IPFS      {stage.urls["ipfs"]}
""",
        flush=True,
    )


def alone(data: Path) -> IO[str]:
    """Lock the folder for this process, or end with one sentence: two chains over one folder would tear it."""
    data.mkdir(parents=True, exist_ok=True)
    lock = (data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"run: another `make run` is using {data}; stop it first (`make demo` needs no such care).")
    return lock


def main() -> None:
    """Run until Ctrl-C."""
    lock = alone(DATA)
    code = 0
    try:
        asyncio.run(serve())
    except (PartFailed, StoryFailed, LookupError) as error:
        print(f"run: {error}\nThe logs are in {DATA / 'logs'}.", file=sys.stderr)
        code = 1
    lock.close()
    sys.stdout.flush()
    os._exit(code)  # the story's thread may still wait for a page; everything else has stopped


if __name__ == "__main__":
    main()
