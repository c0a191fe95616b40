"""A job on the screen while it comes about: what happens to it, and what it writes."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import typer

from nosana.cli.frame import CUT, JOB_FAILED, OK, Output, common, options_given
from nosana.cli.printing import credits, dump, duration, since
from nosana.client.waiting import OVER


class Screen:
    """Tells on standard error what happens, so that standard output holds the job's own words alone."""

    def __init__(self, asked: Any, *, quiet: bool) -> None:
        self.asked, self.quiet, self.told, self.reached = asked, quiet, 0, False

    def happened(self, job_id: str) -> None:
        """Tell the lines of the timeline that were not told yet."""
        if self.quiet:
            return
        for event in self.asked.jobs.events(job_id):
            if event["seq"] > self.told:
                self.told = event["seq"]
                self.say(event["sentence"])

    def queue(self, job: dict[str, Any]) -> None:
        """Tell how many wait where the job waits."""
        if self.quiet or job["state"] != "queued":
            return
        market = self.asked.markets.get(job["market"])
        if market["queue_type"] == 0 and market["queue_len"]:
            self.say(f"{market['queue_len']} jobs wait in {market['name']}, this one among them.")

    def services(self, job: dict[str, Any]) -> None:
        """Tell, once, where what the job exposes is reached."""
        if self.quiet or self.reached or not exposes(job):
            return
        for one in self.asked.jobs.services(job["id"]):
            if one["url"]:
                self.reached = True
                self.say(f"{one['operation']}:{one['port']} is reached at {one['url']} once it answers.")

    def settling(self) -> None:
        """Tell that what is left is the books: a cost is final once the chain can no longer take it back."""
        if not self.quiet:
            self.say("It has ended; its last lines and its final cost are on their way.")

    def say(self, sentence: str) -> None:
        """Tell a sentence."""
        mark = "-"
        if sys.stderr.isatty():
            plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
            mark = "●" if plain else "\x1b[2m●\x1b[0m"
        typer.echo(f"{mark} {sentence}", err=True)


def follow(
    asked: Any, job: dict[str, Any], *, tail: int | None = None, stamps: bool = False, quiet: bool = False
) -> int:
    """Follow a job to its end and return the exit code. Ctrl-C leaves it running and says how to come back."""
    screen = Screen(asked, quiet=quiet)
    if not quiet:
        screen.say(
            f"Job {job['id']} in {job['market']}: holds {credits(job['held_micro'])} credits at most, "
            f"runs {duration(job['timeout_s'])} at most."
        )
    ended = False
    try:
        # a log that is told alone is whole before the cost is final
        entries = asked.jobs.logs if quiet else asked.jobs.follow
        for entry in entries(job["id"], tail=tail):
            if "seq" in entry:
                print_line(entry, stamps)
                continue
            screen.happened(job["id"])
            if entry["state"] == "queued":
                screen.queue({**job, "state": "queued"})
            if entry["state"] == "running":
                screen.services(job)
            if entry["state"] in OVER and not ended:
                ended = True
                screen.settling()
        rest = asked.jobs.get(job["id"])
    except KeyboardInterrupt:
        typer.echo("\nThe job goes on.", err=True)
        for what, words in (("Come back:", "job logs -f"), ("Stop it:", "job stop")):
            typer.echo(f"  {what:<10}  nosana {words} {job['id']}{options_given()}", err=True)
        return CUT
    return report(asked, rest, screen=screen)


def exposes(job: dict[str, Any]) -> bool:
    """Return whether an operation of the job exposes a port."""
    ops = (job.get("definition") or {}).get("ops") or []
    return any(isinstance(op, dict) and (op.get("args") or {}).get("expose") for op in ops)


def print_line(line: dict[str, Any], stamps: bool) -> None:
    """Print a line of a log: what the job wrote to standard output, what its node says about it (pulls, errors) to
    standard error; or all of it as an object.
    """
    if common.output is not Output.TABLE:
        typer.echo(json.dumps(line, ensure_ascii=False))
        return
    text = f"{line['at']} {line['op']} {line['stream']}: {line['text']}" if stamps else line["text"]
    typer.echo(text, err=line["stream"] != "container")


def report(asked: Any, job: dict[str, Any], *, screen: Screen | None = None) -> int:
    """Tell how a job ended and return the exit code: 0 if it completed and every operation ended with 0."""
    code = JOB_FAILED if job["state"] != "completed" else OK
    failed: list[str] = []
    if code == OK:
        told = asked.jobs.result(job["id"])["operations"]
        failed = [
            str(one["exit_code"]) + (f" of {one['operation']}" if len(told) > 1 else "")
            for one in told
            if one["exit_code"] not in (0, None)
        ]
        if failed:
            code = JOB_FAILED
    if common.output is not Output.TABLE:
        if screen is None:
            dump(job)
        return code
    ran = duration(since(job["started_at"], job["ended_at"]) or 0)
    cost = credits(job["cost_micro"])
    ended = (
        f"{job['state'].capitalize()} after {ran}, {cost} credits" + ("" if job["settled"] else " so far") + "."
    )
    if failed:
        ended += f" Exit code {', '.join(failed)}."
    if job["state"] == "failed" and job["sentence"]:
        ended += f" {job['sentence']}"
    (screen or Screen(asked, quiet=False)).say(ended)
    return code
