"""A node's engine: runs a job definition operation by operation and gives the flow state that nodes pin."""

from nosana.engine.flow import Flow, unix_ms
from nosana.engine.local import LocalRunner
from nosana.engine.record import FlowEvent, Stop
from nosana.engine.runner import Launch, Runner, RunnerFailed, Running

__all__ = [
    "Flow",
    "FlowEvent",
    "Launch",
    "LocalRunner",
    "Runner",
    "RunnerFailed",
    "Running",
    "Stop",
    "unix_ms",
]
