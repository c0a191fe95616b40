"""What a node knows of its jobs, for those who ask over HTTP: a day long, also after a restart."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nosana.engine import Flow, FlowEvent
from nosana.spec import FlowState

KEPT_SECONDS = 24 * 3600
_WAITING_EVENTS = 30_000

Listener = asyncio.Queue[FlowEvent | None]


class Desk:
    """One job on this node; listeners get each event, then None at the end."""

    def __init__(self, job: str, project: str, definition: dict[str, Any]) -> None:
        self.job, self.project, self.definition = job, project, definition
        self.flow: Flow | None = None
        self.final: FlowState | None = None
        self.stop: Callable[[], None] = lambda: None
        self.timeout = 0
        self._listeners: set[Listener] = set()
        self._past: list[FlowEvent] = []

    def tell(self, event: FlowEvent) -> None:
        """Pass an event on; a listener that cannot keep up is let go."""
        for listener in list(self._listeners):
            try:
                listener.put_nowait(event)
            except asyncio.QueueFull:
                self._listeners.discard(listener)

    def listen(self) -> tuple[list[FlowEvent], Listener | None]:
        """Return all events so far and a queue of those to come, None when the job is over."""
        past = list(self.flow.events) if self.flow is not None else list(self._past)
        if self.final is not None:
            return past, None
        listener: Listener = asyncio.Queue(_WAITING_EVENTS)
        self._listeners.add(listener)
        return past, listener

    def leave(self, listener: Listener | None) -> None:
        """Stop listening."""
        if listener is not None:
            self._listeners.discard(listener)

    def close(self, state: FlowState) -> None:
        """Note the end."""
        self.final = state
        for listener in self._listeners:
            if listener.full():
                listener.get_nowait()
            listener.put_nowait(None)
        self._listeners.clear()

    def state(self, *, logs: bool = True) -> FlowState:
        """Return the flow state as it stands."""
        if self.final is None:
            return self.flow.state(logs=logs) if self.flow is not None else FlowState()
        if logs:
            return self.final
        states = [op.model_copy(update={"logs": []}) for op in self.final.op_states]
        return self.final.model_copy(update={"op_states": states})

    def revive(self, state: FlowState) -> None:
        """Take an earlier life's final state and its lines."""
        self.final = state
        self._past = [
            FlowEvent(
                op.operation_id,
                op.group,
                "error" if entry.type == "nodeerr" else "container",
                int(entry.timestamp or 0),
                entry.log or "",
            )
            for op in state.op_states
            for entry in op.logs
        ]
        self._past.sort(key=lambda event: event.timestamp)


class Board:
    """All jobs of this node; ended ones are kept in files under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.category = "STARTING"
        self._desks: dict[str, Desk] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.json"):
            if time.time() - file.stat().st_mtime > KEPT_SECONDS:
                file.unlink()

    def open(self, desk: Desk) -> None:
        """Add a job."""
        self._desks[desk.job] = desk

    def close(self, desk: Desk, state: FlowState) -> None:
        """Note a job's end and keep it."""
        desk.close(state)
        kept = {"project": desk.project, "definition": desk.definition, "state": state.to_json()}
        making = self.folder / f"{desk.job}.new"
        making.write_text(json.dumps(kept))
        making.replace(self.folder / f"{desk.job}.json")
        ended = [job for job, other in self._desks.items() if other.final is not None]
        for job in ended[:-5]:  # older ones are read from their files
            del self._desks[job]

    def desk(self, job: str) -> Desk | None:
        """Return a job that is or was here."""
        if job not in self._desks and job.isalnum():
            try:
                kept = json.loads((self.folder / f"{job}.json").read_text())
            except (OSError, ValueError):
                return None
            desk = Desk(job, kept["project"], kept["definition"])
            desk.revive(FlowState.model_validate(kept["state"]))
            return desk
        return self._desks.get(job)
