"""`make soak`: demand above supply, supply above demand, demand above supply again, with a chain that misbehaves.

A third of the time each. With demand above, half of the nodes work; with supply above, all of them. Jobs are launched
through the API, one is stopped in ten. Then all nodes work until everything is settled, faults end, and Stripe, ledger
and chain must agree. Prints a line every few seconds and writes a page with plots; exit code 0 only if all of it held.
"""

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.services.process import StartFailed
from sandbox.soak.report import report_write
from sandbox.stage import ROOT, Stage
from sandbox.story import Story, StoryFailed
from sandbox.supervisor import Part, PartFailed, Supervisor

FAULTS = {"drop": 0.03, "limit": 0.03, "fail": 0.03, "delay": 0.1, "delay_ms": 200, "lose": 0.1, "forget": 0.1}
RUN = "for i in 1 2 3; do echo line $i; sleep 1; done"
TOKEN = "soak-metrics-token"
LIMIT_S = 60  # a job whose node leaves in the middle ends then
EVERY_S = 5
OVER = ("completed", "stopped", "failed")


@dataclass
class FaultyStage(Stage):
    """A stage whose platform sees the chain through an endpoint that misbehaves, with nodes that come and go."""

    nodes: int = 2
    rpc_url: str = ""

    async def _world_outside(self) -> None:
        await super()._world_outside()
        self.env["METRICS_TOKEN"] = TOKEN

    async def _platform(self) -> None:
        options = [f"--{name.replace('_', '-')}={value}" for name, value in FAULTS.items()]
        proxy = ("-m", "sandbox.faults", "--upstream", self.urls["chain"], "--port", "0", "--seed", "7", *options)
        (self.urls["faults"],) = await self.supervisor.start_all(self._part("faults", *proxy))
        self.env["CHAIN_RPC_URL"] = self.urls["faults"]
        await super()._platform()

    def _nodes(self) -> list[Part]:
        parts = super()._nodes()
        command = list(parts[0].command)
        named = [self._node(command, number) for number in range(1, self.nodes + 1)]
        return named[: max(1, self.nodes // 2)]

    def _node(self, command: list[str], number: int) -> Part:
        words = [re.sub(r"\bnode-\d+$", f"node-{number}", word) for word in command]
        return Part(f"node-{number}", words, env={**self.env, "CHAIN_RPC_URL": self.urls["chain"]})

    async def more(self) -> None:
        """Let every node work."""
        one = Stage._nodes(self)[0]
        rest = range(max(1, self.nodes // 2) + 1, self.nodes + 1)
        await self.supervisor.start_all(*(self._node(list(one.command), number) for number in rest))

    async def fewer(self) -> None:
        """Let half of the nodes go."""
        rest = range(max(1, self.nodes // 2) + 1, self.nodes + 1)
        await self.supervisor.end(*(f"node-{number}" for number in rest))


@dataclass
class Soak:
    """One run; amounts of work are jobs a minute."""

    data: Path
    minutes: float
    rate: float
    nodes: int
    started: float = 0.0
    jobs: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    seen: dict[str, list[float]] = field(default_factory=dict)
    phase: str = "start"

    async def play(self) -> dict[str, Any]:
        """Play all of it; return the facts."""
        self.supervisor = Supervisor(self.data / "logs", show=False)
        self.stage = FaultyStage(self.data, self.supervisor, nodes=self.nodes)
        try:
            await self.stage.start()
            self.story = Story(base=self.stage.urls["web"], mail=self.data / "mail", say=lambda line: None)
            await self.supervisor.watched(asyncio.ensure_future(asyncio.to_thread(self._first)))
            self.started = time.monotonic()
            await self.supervisor.watched(asyncio.ensure_future(self._phases()))
            return await self._facts()
        finally:
            await self.supervisor.stop()

    def _first(self) -> None:
        self.story.sign_up()
        self.story.organisation_make()
        self.story.top_up(amount="500")
        found = self.story.browser.http.get("/api/v1/markets").raise_for_status().json()["items"]
        first = json.loads((self.data / "markets.json").read_text())[0]["address"]
        self.market = next(market["slug"] for market in found if market["address"] == first)

    async def _phases(self) -> None:
        third = self.minutes * 20
        for phase, rate in (("demand", self.rate), ("supply", self.rate / 2), ("demand again", self.rate)):
            self.phase = phase
            await (self.stage.more() if self.phase == "supply" else asyncio.sleep(0))
            ends = time.monotonic() + third
            while time.monotonic() < ends:
                began = time.monotonic()
                await asyncio.to_thread(self._launch)
                await asyncio.to_thread(self._look)
                await asyncio.sleep(max(0.0, 60 / rate - (time.monotonic() - began)))
            await (self.stage.fewer() if self.phase == "supply" else asyncio.sleep(0))
        self.phase = "end"
        await self.stage.more()
        deadline = time.monotonic() + 300 + 10 * len(self.jobs)
        while (await asyncio.to_thread(self._look, force=True)) and time.monotonic() < deadline:
            await asyncio.sleep(2)

    def _ask(self, way: str, path: str, body: dict[str, Any] | None = None) -> Any:
        http = self.story.browser.http
        headers = {"X-CSRFToken": http.cookies.get("csrftoken") or "", "Referer": self.story.base}
        return http.request(way, f"/api/v1/organisations/{self.story.slug}/{path}", json=body, headers=headers)

    def _launch(self) -> None:
        run = {"image": "docker.io/library/busybox", "cmd": RUN}
        ops = [{"type": "container/run", "id": "soak", "args": run}]
        definition = {"version": "0.1", "type": "container", "meta": {"trigger": "api"}, "ops": ops}
        wish = {"name": f"Soak {len(self.jobs)}", "market": self.market, "timeout_s": LIMIT_S}
        answer = self._ask("POST", "jobs", {**wish, "definition": definition})
        if answer.status_code != 201:
            self.refused[f"{answer.status_code} {answer.text[:160]}"] += 1
            return
        self.jobs.append(answer.json()["id"])
        if len(self.jobs) % 10 == 0:
            self._ask("POST", f"jobs/{self.jobs[-1]}/stop", {})

    def _look(self, *, force: bool = False) -> int:
        """Note how it stands, every few seconds; return how many jobs and orders are open."""
        now = time.monotonic() - self.started
        if self.times and now - self.times[-1] < EVERY_S and not force:
            return 1
        answer = self.story.browser.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        if answer.status_code != 200:  # no figures are not figures of nothing
            print(f"{now:6.0f} s  {self.phase:<12}  /metrics answered {answer.status_code}", flush=True)
            return 1
        figures = dict(re.findall(r"^(nosana_\w+(?:\{[^}]*\})?) (\S+)$", answer.text, re.MULTILINE))
        waiting = sum(float(figures.get(f'nosana_jobs{{state="{state}"}}', 0)) for state in ("pending", "queued"))
        under_way = sum(float(value) for name, value in figures.items() if name.startswith("nosana_jobs{"))
        orders = sum(float(value) for name, value in figures.items() if name.startswith("nosana_orders{"))
        self._note(now, "jobs launched", float(len(self.jobs)))
        self._note(now, "jobs under way", under_way)
        self._note(now, "orders under way", orders)
        self._note(now, "oldest task, s", float(figures.get("nosana_tasks_due_age_seconds", 0)))
        self._note(now, "holds open", float(figures.get("nosana_holds_open", 0)))
        self._note(now, "memory, MB", self._memory())
        self.times.append(now)
        told = "  ".join(f"{name} {values[-1]:.0f}" for name, values in self.seen.items())
        print(f"{now:6.0f} s  {self.phase:<12}  {told}  waiting {waiting:.0f}", flush=True)
        return int(under_way + orders + self.seen["holds open"][-1])

    def _note(self, now: float, name: str, value: float) -> None:
        self.seen.setdefault(name, []).append(value)

    def _memory(self) -> float:
        """Return what the platform's own processes hold of memory, MB, without their children."""
        names = ("web", "worker", "observer", "collector", "beat")
        kept = 0
        for pid in [process.pid for wave in self.supervisor.waves for part, process in wave if part.name in names]:
            try:
                found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
            except OSError:
                continue
            kept += int(found.group(1)) if found else 0
        return kept / 1024

    async def _facts(self) -> dict[str, Any]:
        jobs = await asyncio.to_thread(lambda: [self._ask("GET", f"jobs/{one}").json() for one in self.jobs])
        states = Counter(job["state"] for job in jobs)
        begun = [job for job in jobs if job["started_at"]]
        # The chain counts whole seconds, so a quick start seems to lie before the launch.
        waits = sorted(max(_seconds(job["created_at"], job["started_at"]), 0.0) for job in begun)
        books: dict[str, Any] = {}
        for _ in range(30):  # what has just ended may differ for seconds
            command = Part("reconcile", [sys.executable, "manage.py", "reconcile", "--json"], env=self.stage.env)
            try:
                books = json.loads(await self.supervisor.run(command))
                break
            except PartFailed as error:
                books = {"error": str(error)[-300:]}
                await asyncio.sleep(2)
        left = [job for job in jobs if job["state"] not in OVER or not _done(job)]
        for job in left:
            told = {name: job[name] for name in ("id", "state", "reason", "sentence", "attempt", "settled")}
            print(f"open at the end: {json.dumps(told)}", flush=True)
        held = not left and bool(jobs) and not any(books.values())
        return {
            "ok": held,
            "jobs": len(jobs),
            "states": dict(states),
            "open": len(left),
            "refused": dict(self.refused),
            "wait_median_s": waits[len(waits) // 2] if waits else None,
            "wait_p95_s": waits[int(len(waits) * 0.95)] if waits else None,
            "seconds": round(time.monotonic() - self.started),
            "memory_mb": [round(self.seen["memory, MB"][0]), round(self.seen["memory, MB"][-1])],
            "books": books,
        }


def _done(job: dict[str, Any]) -> bool:
    """Return whether the job's money is settled, or was never held on the chain."""
    return bool(job["settled"] or job["state"] in ("stopped", "failed"))


def _seconds(since: str, until: str) -> float:
    return round((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds(), 1)


def main() -> None:
    """Read the command line, play, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--jobs-per-minute", type=float, default=20)
    parser.add_argument("--nodes", type=int, default=4)
    options = parser.parse_args()
    data = Path(tempfile.mkdtemp(prefix="nosana-soak-"))
    soak = Soak(data, options.minutes, options.jobs_per_minute, options.nodes)
    facts: dict[str, Any] = {"ok": False}
    try:
        facts = asyncio.run(soak.play())
        shutil.rmtree(data, ignore_errors=True)
    except (StoryFailed, PartFailed, StartFailed, LookupError) as error:
        print(f"soak: {error}\nThe logs are in {data / 'logs'}.", file=sys.stderr)
    if soak.times:
        page = ROOT / "var" / "soak" / "report.html"
        lines = {name: (name.rpartition(", ")[2] if ", " in name else "", of) for name, of in soak.seen.items()}
        report_write(page, facts=facts, times=soak.times, lines=lines)
        print(f"The report is {page}.")
    print(json.dumps(facts), flush=True)
    sys.exit(0 if facts["ok"] else 1)


if __name__ == "__main__":
    main()
