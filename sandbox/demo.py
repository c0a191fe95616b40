"""`make demo`: the whole story on free ports in a throw-away folder; exit code 0 only if all of it held.

Prints one line per step and, last, one JSON object.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from nosana.spec import DefinitionInvalid, definition_parse

from sandbox.services.process import StartFailed
from sandbox.stage import ROOT, Stage
from sandbox.story import Story, StoryFailed
from sandbox.supervisor import Part, PartFailed, Supervisor

DEFINITION = ROOT / "sandbox" / "definitions" / "primes.json"


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__)
    parser.add_argument("--definition", type=Path, default=DEFINITION, help="job definition to run (JSON)")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all data and logs")
    return parser.parse_args()


def definition_read(path: Path) -> dict[str, Any]:
    """Return the definition in the file, or end with what is wrong with it, one sentence a line."""
    try:
        return definition_parse(path.read_text()).to_json()
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"demo: {path} cannot be read ({error}); name a JSON file with DEFINITION=path.json.")
    except DefinitionInvalid as refusal:
        sys.exit("\n".join(f"demo: {path}: {problem}" for problem in refusal.problems))


class Demo:
    """One run of the story on a stage of its own."""

    def __init__(self, definition: dict[str, Any], data: Path) -> None:
        self.definition = definition
        self.data = data
        self.started = time.monotonic()
        self.step = 0

    def say(self, line: str) -> None:
        """Print one step with the seconds since the start."""
        self.step += 1
        print(f"{self.step:>3}  {time.monotonic() - self.started:5.1f} s  {line}", flush=True)

    async def play(self) -> dict[str, Any]:
        """Start everything, play the story, compare the books, stop everything; return the facts."""
        supervisor = Supervisor(self.data / "logs", show=False)
        stage = Stage(self.data, supervisor)
        try:
            await stage.start()
            self.say(f"sandbox and platform are up at {stage.urls['web']}")
            story = Story(base=stage.urls["web"], mail=self.data / "mail", say=self.say)
            played = asyncio.create_task(asyncio.to_thread(self.act, story))
            await supervisor.watched(played)
            return await self.facts(stage, story)
        finally:
            await supervisor.stop()

    def act(self, story: Story) -> None:
        """Play Olga's part: it blocks, so it has a thread of its own."""
        story.sign_up()
        story.organisation_make()
        story.top_up()
        story.launch(self.definition, name="First job")
        for line in story.watch()[-3:]:
            print(f"              log | {line[:160]}", flush=True)
        story.settled()
        self.say("the chain is final and the job is settled")
        story.private()
        story.wait("the invoice mail", lambda: story.mail_with(r"\.pdf"))
        self.say("the invoice came by e-mail as a PDF")

    async def facts(self, stage: Stage, story: Story) -> dict[str, Any]:
        """Ask the platform's books and the chain what happened; the answer decides whether all of it held."""
        command = ("manage.py", "job_trace", story.job_id)
        trace = json.loads(await stage.supervisor.run(Part("trace", [sys.executable, *command], env=stage.env)))
        books = trace["books"]
        self.say(f"reconciled: {json.dumps(books)}")
        held = (
            books["imbalances"] == books["mismatches"] == 0
            and books["stripe_vs_ledger"] == 0
            and books["chain_vs_ledger_micro"] == 0
            and trace["job"]["state"] == "completed"
            and trace["job"]["hold_micro"] == trace["job"]["cost_micro"] + trace["job"]["released_micro"]
            and trace["invoice"]["pdf_bytes"] > 0
            and trace["invoice"]["emailed_to"] is not None
        )
        seconds = {**story.seconds, "total": round(time.monotonic() - self.started, 2)}
        return {"ok": held, "organisation": story.slug, **trace, "seconds": seconds}


def main() -> None:
    """Play the story once and end with 0 only if all of it held."""
    chosen = options()
    definition = definition_read(chosen.definition)
    data = Path(tempfile.mkdtemp(prefix="nosana-demo-"))
    demo = Demo(definition, data)
    try:
        facts = asyncio.run(demo.play())
    except (StoryFailed, PartFailed, StartFailed, LookupError) as error:
        chosen.keep = True
        print(f"demo: {error}\nThe logs are in {data / 'logs'}.", file=sys.stderr)
        facts = {"ok": False, "error": str(error).splitlines()[0]}
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if not chosen.keep:
            shutil.rmtree(data, ignore_errors=True)
    print(json.dumps(facts), flush=True)
    sys.exit(0 if facts["ok"] else 1)


if __name__ == "__main__":
    main()
