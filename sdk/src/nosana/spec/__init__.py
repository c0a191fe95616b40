"""Job definitions, version 0.1: typed models, a validator that answers in sentences, flow states and literals."""

from nosana.spec.definition import ContainerRun, CreateVolume, Definition, ExposedPort, Operation
from nosana.spec.flow import FlowState, LogEntry, OpState
from nosana.spec.lines import definition_lines, line_of
from nosana.spec.literals import LiteralUnresolved, Scope, args_resolve
from nosana.spec.problems import DefinitionInvalid, Level, Problem
from nosana.spec.read import definition_read
from nosana.spec.rules import ports_of, waits_in_vain
from nosana.spec.validate import definition_parse, definition_validate, file_validate

__all__ = [
    "ContainerRun",
    "CreateVolume",
    "Definition",
    "DefinitionInvalid",
    "ExposedPort",
    "FlowState",
    "Level",
    "LiteralUnresolved",
    "LogEntry",
    "OpState",
    "Operation",
    "Problem",
    "Scope",
    "args_resolve",
    "definition_lines",
    "definition_parse",
    "definition_read",
    "definition_validate",
    "file_validate",
    "line_of",
    "ports_of",
    "waits_in_vain",
]
