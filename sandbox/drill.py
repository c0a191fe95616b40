"""`make restore-drill`: dump, wipe, restore, and see that nothing is missing and that the platform goes on.

A sandbox of its own plays the whole story; then the database is dumped, dropped and restored into an empty one. Each
table must have the same rows as before, books and trail must verify, Stripe, ledger and chain must agree, and a job
launched afterwards must run and settle. Prints a table; exit code 0 only if all of it held.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from sandbox.demo import DEFINITION, definition_read
from sandbox.services.postgres import binaries
from sandbox.services.process import StartFailed
from sandbox.stage import Stage
from sandbox.story import Story, StoryFailed
from sandbox.supervisor import Part, PartFailed, Supervisor

PLATFORM = ("beat", "collector", "observer", "worker", "web")
Rows = dict[str, tuple[int, int]]


class Drill:
    """One run over the folder `data`; `lines` is the table that is printed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.dump = data / "nosana.dump"
        self.lines: list[tuple[str, str, bool]] = []

    def say(self, what: str, found: str, held: bool = True) -> None:
        """Note a line of the table and print it."""
        self.lines.append((what, found, held))
        print(f"{'ok ' if held else 'NOT'}  {what:<34} {found}", flush=True)

    async def play(self) -> bool:
        """Play all of it; return whether everything held."""
        supervisor = Supervisor(self.data / "logs", show=False)
        stage = Stage(self.data, supervisor)
        try:
            await stage.start()
            story = Story(base=stage.urls["web"], mail=self.data / "mail", say=lambda line: None)
            await supervisor.watched(asyncio.ensure_future(asyncio.to_thread(self._first, story)))
            self.say("before", f"{story.organisation} topped up by card, a job ran and was settled")
            await supervisor.end(*PLATFORM)
            before = rows(stage.env["DATABASE_URL"])
            self._dump_and_restore(stage.env["DATABASE_URL"])
            self._compare(before, rows(stage.env["DATABASE_URL"]))
            await self._books(stage)
            await stage.platform_again()
            await supervisor.watched(asyncio.ensure_future(asyncio.to_thread(self._again, story)))
            self.say("the platform after it", "a second job ran and was settled")
            await self._books(stage)
        finally:
            await supervisor.stop()
        return all(held for _, _, held in self.lines)

    def _first(self, story: Story) -> None:
        story.sign_up()
        story.organisation_make()
        story.top_up()
        self._again(story)

    def _again(self, story: Story) -> None:
        story.launch(definition_read(DEFINITION), name="A job of the drill")
        story.watch()
        story.settled()

    def _dump_and_restore(self, url: str) -> None:
        started = time.monotonic()
        tool("pg_dump", "--format=custom", "--no-owner", "--file", str(self.dump), url)
        self.say("dump", f"{self.dump.stat().st_size:,} bytes in {time.monotonic() - started:.1f} s")
        base, _, name = url.rpartition("/")
        with psycopg.connect(f"{base}/postgres", autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            self.say("wipe", f"the database {name} is gone", not exists(server, name))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        started = time.monotonic()
        tool(
            "pg_restore", "--exit-on-error", "--no-owner", "--single-transaction", "--dbname", url, str(self.dump)
        )
        self.say("restore", f"in {time.monotonic() - started:.1f} s")

    def _compare(self, before: Rows, after: Rows) -> None:
        other = sorted(name for name in before | after if before.get(name) != after.get(name))
        total = sum(count for count, _ in after.values())
        told = f"{len(after)} tables, {total:,} rows" + (f"; these differ: {', '.join(other)}" if other else "")
        self.say("every row as before", told, not other and bool(total))

    async def _books(self, stage: Stage) -> None:
        """Wait until the chain is final, then ask the three stories, the book and the trail."""
        for what, command, held in (
            ("Stripe, ledger and chain agree", ("reconcile", "--json"), '"imbalances": 0'),
            ("the book", ("ledger_verify",), "holds"),
            ("the trail of audits", ("audit_verify",), "hold"),
            ("what the chain holds for jobs", ("escrows",), ""),
        ):
            said = await self._asked(stage, *command)
            self.say(
                what, " ".join(said.split())[-150:] or "nothing is held", held in said and "failed:" not in said
            )

    async def _asked(self, stage: Stage, *command: str) -> str:
        said = ""
        for _ in range(20):  # a job that has just ended may differ for seconds
            try:
                return await stage.supervisor.run(
                    Part(command[0], [sys.executable, "manage.py", *command], env=stage.env)
                )
            except PartFailed as error:
                said = str(error)
                await asyncio.sleep(1)
        return said


def tool(name: str, *arguments: str) -> None:
    """Run a tool of PostgreSQL. Raises StartFailed with what it said."""
    done = subprocess.run([str(binaries() / name), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartFailed(f"{name} failed: {done.stderr.strip()[-800:]}")


def exists(server: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
    """Return whether the server has a database of that name."""
    return bool(server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())


def rows(url: str) -> Rows:
    """Return of each table how many rows it has, and a figure that changes with any value in them."""
    found: Rows = {}
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (table,) in tables.fetchall():
            question = sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} t")
            count, figure = connection.execute(question.format(sql.Identifier(table))).fetchone() or (0, "0")
            found[str(table)] = (int(count), int(figure))
    return found


def main() -> None:
    """Play the drill in a throw-away folder."""
    data = Path(tempfile.mkdtemp(prefix="nosana-drill-"))
    drill, held = Drill(data), False
    try:
        held = asyncio.run(drill.play())
    except (StoryFailed, PartFailed, StartFailed, LookupError) as error:
        print(f"drill: {error}\nThe logs are in {data / 'logs'}.", file=sys.stderr)
    else:
        shutil.rmtree(data, ignore_errors=True)
    print(json.dumps({"ok": held, "checks": len(drill.lines)}), flush=True)
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
