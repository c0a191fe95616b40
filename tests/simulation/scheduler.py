"""Actors that run acts at once, each on a connection of its own, and the scheduler that decides whose turn it is.

An actor is a thread. Before each SQL statement and around each commit it comes to a boundary, where it may die
(`Crash`) or hand over the turn. One actor has the turn at a time, and everything that chance decides is drawn from
seeded generators by who has the turn, so a world plays the same way again. An actor whose statement waits for
another's lock loses the turn until the statement ends; whether it waits is asked of PostgreSQL, never guessed from
the time.
"""

import queue
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection

PATIENCE = 0.003  # seconds before PostgreSQL is asked whether a statement waits for a lock


class Crash(BaseException):
    """The process died here: nothing after this point happened, and nobody was told."""


@dataclass
class Task:
    """An act to run, with the chances of its way: to die, to hand over."""

    act: Callable[[], Any]
    chance: random.Random
    crash_rate: float = 0.0
    switch_rate: float = 0.3
    result: Any = None
    error: BaseException | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Actor(threading.Thread):
    """A worker with a connection of its own."""

    def __init__(self, scheduler: "Scheduler", number: int) -> None:
        super().__init__(name=f"actor-{number}", daemon=True)
        self.scheduler, self.number = scheduler, number
        self.go = threading.Semaphore(0)
        self.task: Task | None = None
        self.ready = threading.Event()
        self.inside = self.blocked = self.dying = self.begun = False
        self.lock = threading.Lock()
        self.pid = 0

    def run(self) -> None:
        """Run tasks as they are given; each report says that the turn is free."""
        connection.ensure_connection()
        self.pid = connection.connection.info.backend_pid
        connection.execute_wrappers.append(self._statement)
        commit, rollback = connection.commit, connection.rollback
        connection.commit = lambda: self._commit(commit)  # type: ignore[method-assign]
        connection.rollback = lambda: self._rollback(rollback)  # type: ignore[method-assign]
        self.ready.set()
        while True:
            self.go.acquire()
            task = self.task
            if task is None:
                connection.close()
                return
            try:
                task.result = task.act()
            except BaseException as error:
                task.error = error
            self.dying = False
            self.scheduler.reports.put((self, "done"))

    def _statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self._boundary()
        others = bool(self.scheduler.waiting)
        self.inside = self.begun = True
        try:
            return execute(sql, params, many, context)
        finally:
            with self.lock:
                self.inside, waited = False, self.blocked
            if waited:
                self.scheduler.reports.put((self, "unblocked"))
                self.go.acquire()
            elif others and (not connection.in_atomic_block or sql.startswith("ROLLBACK TO")):
                self._give_way()

    def _commit(self, commit: Callable[[], None]) -> None:
        try:
            self._boundary()
        except Crash:
            connection.rollback()
            raise
        others = bool(self.scheduler.waiting)
        commit()
        if others:
            self._give_way()
        self._boundary()

    def _rollback(self, rollback: Callable[[], None]) -> None:
        others = bool(self.scheduler.waiting)
        rollback()
        if others:
            self._give_way()

    def _boundary(self) -> None:
        task = self.task
        assert task is not None
        if self.dying:
            return
        if task.crash_rate and task.chance.random() < task.crash_rate:
            self.dying = True  # what cleans up on the way out (a rollback) is the server's doing
            raise Crash
        if self.scheduler.crowded() and task.chance.random() < task.switch_rate:
            self._give_way()

    def _give_way(self) -> None:
        """Hand over the turn; where locks were given back, so that the scheduler sees whose statement goes on."""
        self.scheduler.reports.put((self, "paused"))
        self.go.acquire()


class Scheduler:
    """Gives the turn to one actor after the other, as the world's chance has it; `free` lets all run at once."""

    def __init__(self, *, actors: int, dsn: str, free: bool = False) -> None:
        # Not a SimpleQueue: Python 3.11's can wait for ever where it should for a moment.
        self.reports: queue.Queue[tuple[Actor, str]] = queue.Queue()
        self.free = free
        self.monitor = psycopg.connect(dsn, autocommit=True)
        self.idle = [Actor(self, number) for number in range(actors)]
        self.paused: list[Actor] = []
        self.waiting: list[Actor] = []
        self.running: list[Actor] = []  # all at once, when free
        for actor in self.idle:
            actor.start()
            actor.ready.wait(30)

    def crowded(self) -> bool:
        """Return whether anybody could take over the turn."""
        return bool(self.paused) and not self.free

    def start(self, task: Task) -> None:
        """Give the task to an idle actor; it begins when it gets the turn, or at once if all are free."""
        self.idle.sort(key=_number)
        actor = self.idle.pop(0)
        actor.task, actor.begun = task, False
        if self.free:
            self.running.append(actor)
            actor.go.release()
        else:
            self.paused.append(actor)

    @property
    def busy(self) -> int:
        """Return how many tasks are under way."""
        return len(self.paused) + len(self.waiting) + len(self.running)

    @property
    def tasks(self) -> list[Task]:
        """Return the tasks under way."""
        busy = (*self.paused, *self.waiting, *self.running)
        return [actor.task for actor in busy if actor.task is not None]

    def step(self, chance: random.Random) -> Task | None:
        """Let one actor go on to its next boundary; return its task if that was its end."""
        if self.free:
            actor, _ = self.reports.get()
            self.running.remove(actor)
            self.idle.append(actor)
            return actor.task
        if not self.paused:  # all wait for each other: PostgreSQL will end one of them
            self._settle(until_one=True)
            return None
        # Nobody begins while another waits: which of two who wait for one row is served, PostgreSQL does not promise.
        able = [one for one in self.paused if one.begun] if self.waiting else self.paused
        actor = chance.choice(sorted(able or self.paused, key=_number))
        self.paused.remove(actor)
        actor.go.release()
        done = self._follow(actor)
        if self.waiting:
            self._settle()
        return done

    def _follow(self, actor: Actor) -> Task | None:
        patience = PATIENCE
        while True:
            try:
                told, what = self.reports.get(timeout=patience)
            except queue.Empty:
                patience = min(patience * 2, 0.05)
                if actor.inside and self._blocked(actor):
                    with actor.lock:
                        if not actor.inside:
                            continue
                        actor.blocked = True
                    self.waiting.append(actor)
                    return None
                continue
            if told is not actor:
                self._unblock(told)
            elif what == "done":
                self.idle.append(actor)
                return actor.task
            else:
                self.paused.append(actor)
                return None

    def _settle(self, *, until_one: bool = False) -> None:
        """Wait until each waiting actor has either gone on or certainly waits."""
        sure: set[Actor] = set()
        patience = PATIENCE / 4
        while self.waiting and (until_one or set(self.waiting) - sure):
            try:
                told, _ = self.reports.get(timeout=patience)
                self._unblock(told)
                sure = set()  # its statement may have given locks back
                if until_one:
                    return
            except queue.Empty:
                patience = min(patience * 2, 0.05)
                if not until_one:
                    sure = {actor for actor in self.waiting if self._blocked(actor)}

    def _unblock(self, actor: Actor) -> None:
        actor.blocked = False
        self.waiting.remove(actor)
        self.paused.append(actor)

    def _blocked(self, actor: Actor) -> bool:
        row = self.monitor.execute("SELECT pg_blocking_pids(%s)", [actor.pid]).fetchone()
        return bool(row and row[0])

    def stop(self) -> None:
        """End the actors."""
        for actor in self.idle:
            actor.task = None
            actor.go.release()
        for actor in self.idle:
            actor.join(10)
        self.monitor.close()


def _number(actor: Actor) -> int:
    return actor.number
