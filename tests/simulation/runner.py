"""One seed's world, from its beginning to the last check."""

import random
from collections import deque
from dataclasses import dataclass, field

import psycopg
from django.core import mail
from django.db import DatabaseError, OperationalError

from apps.core.errors import AppError
from tests.simulation import invariants, steps
from tests.simulation.claims import Claims, watched
from tests.simulation.operations import offer
from tests.simulation.scheduler import Crash, Scheduler, Task
from tests.simulation.world import Operation, Place, World

THOROUGH_EVERY = 100


@dataclass
class Outcome:
    """What became of a seed."""

    seed: int
    operations: int = 0
    acts: int = 0
    crashes: int = 0
    refusals: int = 0
    repeats: int = 0
    violations: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


class Run:
    """Plays one seed: begins acts, lets them interleave and die, repeats them, and checks."""

    def __init__(
        self, *, seed: int, places: list[Place], scheduler: Scheduler, monitor: psycopg.Connection
    ) -> None:
        self.world = World(seed, places)
        self.scheduler, self.monitor = scheduler, monitor
        self.outcome = Outcome(seed)
        self.chance = random.Random(seed + 2)
        self.actors = self.chance.choice([1, 2, 3, 4])
        self.crash_rate = self.chance.choice([0.0, 0.004, 0.02])
        self.again: list[Operation] = []  # died, and must be tried again
        self.past: deque[Operation] = deque(maxlen=40)
        self.last_entry = self.checked = 0
        self.letters, self.claims = steps.Letters(), Claims()

    def play(self, operations: int) -> Outcome:
        """Run that many acts, repeats among them; then finish what was begun, and check everything."""
        with watched() as self.claims:
            self._play(operations)
            self._finish()
        return self.outcome

    def _play(self, operations: int) -> None:
        while self.outcome.operations + self.scheduler.busy < operations and not self.outcome.violations:
            while self.scheduler.busy < min(self.actors, len(self.scheduler.idle) + self.scheduler.busy):
                self._begin(self._next(), crash_rate=self.crash_rate)
            self._step()
            if not self.scheduler.busy and self.outcome.operations - self.checked >= THOROUGH_EVERY:
                self.checked = self.outcome.operations
                self.outcome.violations += invariants.thorough(self.world)

    def _next(self) -> Operation:
        self.world.tick()
        drawn = self.chance.random()
        if self.again and drawn < 0.3:
            return self.again.pop(self.chance.randrange(len(self.again)))
        if self.past and drawn > 0.85:
            self.outcome.repeats += 1
            return self.chance.choice(self.past)
        operation = offer(self.world)
        self.past.append(operation)
        return operation

    def _begin(self, operation: Operation, *, crash_rate: float) -> None:
        now = self.world.now
        self.scheduler.start(
            Task(
                act=lambda: operation.run(now),
                chance=random.Random(self.chance.random()),
                crash_rate=crash_rate,
                facts={"operation": operation, "after": self.last_entry},
            )
        )

    def _step(self) -> None:
        task = self.scheduler.step(self.chance)
        if task is None:
            return
        operation: Operation = task.facts["operation"]
        self.outcome.operations += operation.size
        self.outcome.acts += 1
        self._learn(operation, task)
        after = min([task.facts["after"], *(one.facts["after"] for one in self.scheduler.tasks)])
        self.last_entry, wrong = steps.asked(self.monitor, after=after, paid=self.world.paid)
        wrong += [*self.letters.asked(mail.outbox), *self.claims.asked()]
        self.outcome.violations += [f"after {operation.name}: {one}" for one in wrong]

    def _learn(self, operation: Operation, task: Task) -> None:
        error = task.error
        self.outcome.trace.append(f"{operation.name} {type(error).__name__ if error else 'done'}")
        if error is None:
            operation.done(task.result)
        elif isinstance(error, Crash):
            self.outcome.crashes += 1
            self.again.append(operation)
        elif isinstance(error, AppError):
            self.outcome.refusals += 1
        elif isinstance(error, OperationalError) and operation.name == "digests_close":
            self.outcome.refusals += 1  # it could not get between the writers; it tries again later
        else:
            kind = "5 acts wait for each other for ever" if "deadlock" in str(error) else "an act failed"
            what = str(error).splitlines()[0] if isinstance(error, DatabaseError) else repr(error)
            self.outcome.violations.append(f"{kind}: {operation.name}: {type(error).__name__}: {what}")

    def _finish(self) -> None:
        """Let every act that was begun or died come to its end, without further deaths."""
        while self.scheduler.busy or (self.again and not self.outcome.violations):
            if self.again and self.scheduler.busy < self.actors and self.scheduler.idle:
                self._begin(self.again.pop(0), crash_rate=0.0)
            for task in self.scheduler.tasks:
                task.crash_rate = 0.0
            self._step()
        if not self.outcome.violations:
            self.outcome.violations += invariants.thorough(self.world)
            self.outcome.violations += invariants.outside(self.world)
