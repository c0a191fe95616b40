"""What the models cannot say: rules between operations. Source: network facts, 3.1 to 3.6, and our own checks."""

import re
from collections.abc import Iterator, Sequence

from nosana.spec.definition import ContainerRun, Definition, ExposedPort, Operation, ResultPattern, S3Resource
from nosana.spec.fields import Spread
from nosana.spec.literals import GLOBAL_NAMES, Reference, literal_parse, literals_in
from nosana.spec.patterns import pattern_compile
from nosana.spec.problems import Level, Problem, Step, did_you_mean, path_of, shorten, words

PORTS = range(1, 65536)


def rule_problems(definition: Definition, *, extra: Level = "error") -> list[Problem]:
    """Return what breaks a rule; `extra` is the level of checks the network itself does not make."""
    problems = [*_nothing_to_run(definition, extra), *_ids(definition)]
    groups = list(dict.fromkeys(op.group for op in definition.ops))
    for index, op in enumerate(definition.ops):
        problems += _execution(definition.ops, index, op, extra)
        problems += _results(index, op)
        if isinstance(op, ContainerRun):
            problems += _image(index, op, extra)
            problems += _ports(index, op, extra)
            problems += _resources(index, op, extra)
            problems += _literals(definition, groups, index, op, extra)
    return [*problems, *_circles(definition.ops, extra), *_never_released(definition.ops)]


def ports_of(op: Operation) -> list[tuple[tuple[Step, ...], int | float | str, ExposedPort | None]]:
    """Return the ports an operation exposes: path within args, port or literal, the full form when written so."""
    expose = op.args.expose if isinstance(op, ContainerRun) else None
    if expose is None:
        return []
    items = expose if isinstance(expose, list) else [expose]
    found: list[tuple[tuple[Step, ...], int | float | str, ExposedPort | None]] = []
    for index, item in enumerate(items):
        steps: tuple[Step, ...] = ("expose", index) if isinstance(expose, list) else ("expose",)
        if isinstance(item, ExposedPort):
            found.append(((*steps, "port"), item.port, item))
        elif not isinstance(item, Spread):
            found.append((steps, item, None))
    return found


def _nothing_to_run(definition: Definition, extra: Level) -> Iterator[Problem]:
    # A stub of a confidential job has no operations: the real definition arrives by its logistics.
    if not definition.ops and definition.logistics is None:
        yield Problem("ops", "There is no operation, so nothing would run: add one.", extra)


def _ids(definition: Definition) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, op in enumerate(definition.ops):
        if op.id in first:
            sentence = (
                f'The id "{shorten(op.id)}" is already that of ops[{first[op.id]}]: give each operation its own.'
            )
            yield Problem(f"ops[{index}].id", sentence)
        first.setdefault(op.id, index)


def _execution(ops: Sequence[Operation], index: int, op: Operation, extra: Level) -> Iterator[Problem]:
    if op.execution is None:
        return
    if op.execution.stop_if_dependent_stops is not None and op.execution.depends_on is None:
        path = f"ops[{index}].execution.stop_if_dependent_stops"
        yield Problem(path, "This key is only allowed together with depends_on: add it or leave this out.")
    by_id = {other.id: other for other in ops}
    for place, name in enumerate(op.depends_on):
        path = f"ops[{index}].execution.depends_on[{place}]"
        if name == op.id:
            yield Problem(path, "An operation cannot wait for itself: take its own id out.", extra)
        elif name not in by_id:
            hint = did_you_mean(name, by_id)
            sentence = f'There is no operation "{shorten(name)}": name one of this definition.{hint}'
            yield Problem(path, sentence, extra)
        elif by_id[name].group != op.group:
            yield Problem(
                path,
                f'"{shorten(name)}" runs in group "{shorten(by_id[name].group)}" and this operation in '
                f'"{shorten(op.group)}": put both in one group (groups already run one after another).',
                extra,
            )


def _circles(ops: Sequence[Operation], extra: Level) -> Iterator[Problem]:
    waits = {op.id: set(op.depends_on) for op in ops}
    while free := [name for name, needs in waits.items() if not needs & waits.keys()]:
        for name in free:
            del waits[name]
    caught = [op for op in ops if op.id in waits and op.id not in op.depends_on]
    if caught:
        index = ops.index(caught[0])
        names = words([shorten(op.id) for op in caught], "and")
        sentence = f"The operations {names} wait for each other in a circle: take one dependency out."
        yield Problem(f"ops[{index}].execution.depends_on", sentence, extra)


def waits_in_vain(ops: Sequence[Operation]) -> Problem | None:
    """Return why the dependencies cannot be resolved (nodes say "init error"), None when they can."""
    problems = [problem for index, op in enumerate(ops) for problem in _execution(ops, index, op, "error")]
    return next(iter([*problems, *_circles(ops, "error")]), None)


def _never_released(ops: Sequence[Operation]) -> Iterator[Problem]:
    waited_for = {name for op in ops for name in op.depends_on}
    for index, op in enumerate(ops):
        ports = ports_of(op)
        if op.id in waited_for and ports and not any(full and full.health_checks for _, _, full in ports):
            yield Problem(
                f"ops[{index}].args.expose",
                "Operations that wait for an exposed one start when a health check passes, and this has none: "
                "add health_checks to the port.",
                "warning",
            )


def _results(index: int, op: Operation) -> Iterator[Problem]:
    for name, pattern in (op.results or {}).items():
        path = path_of(("ops", index, "results", name))
        regex = pattern.regex if isinstance(pattern, ResultPattern) else pattern
        if isinstance(pattern, ResultPattern) and len(set(pattern.log_type)) < len(pattern.log_type):
            yield Problem(f"{path}.logType", "Each log type may stand in this list once: take the repeats out.")
        try:
            pattern_compile(regex)
        except (re.error, RecursionError, OverflowError) as error:
            yield Problem(path, f"This may not be a regular expression ({error}): correct it.", "warning")


def _image(index: int, op: ContainerRun, extra: Level) -> Iterator[Problem]:
    image = op.args.image
    if not image or (re.search(r"\s", image) and "%%" not in image):
        sentence = f'"{shorten(image)}" names no image: write one such as ubuntu:24.04, without spaces.'
        yield Problem(f"ops[{index}].args.image", sentence, extra)


def _ports(index: int, op: ContainerRun, extra: Level) -> Iterator[Problem]:
    seen: set[int | float | str] = set()
    for steps, port, _ in ports_of(op):
        path = path_of(("ops", index, "args", *steps))
        if port in seen:
            yield Problem(path, f"Port {port} is exposed twice: keep one of them.")
        seen.add(port)
        if not isinstance(port, str) and port not in PORTS:
            yield Problem(path, f"{port} is not a port: write a whole number from 1 to 65535.", extra)


def _resources(index: int, op: ContainerRun, extra: Level) -> Iterator[Problem]:
    for place, resource in enumerate(op.args.resources or []):
        if isinstance(resource, S3Resource) and not (resource.url or resource.bucket or resource.buckets):
            path = f"ops[{index}].args.resources[{place}]"
            yield Problem(path, "This S3 resource has no source: add url, bucket or buckets.", extra)


def _literals(
    definition: Definition, groups: list[str], index: int, op: ContainerRun, extra: Level
) -> Iterator[Problem]:
    args = op.args.model_dump(by_alias=True, exclude_unset=True)
    for steps, literal in literals_in(args):
        path = path_of(("ops", index, "args", *steps))
        reference = literal_parse(literal)
        if reference is None:
            yield Problem(path, f"{shorten(literal)} is not a literal the network knows: see its forms.", extra)
        elif reference.op is None:
            yield from _global_literal(definition, reference, path, extra)
        else:
            yield from _op_literal(definition.ops, groups, op, reference, path, extra)


def _global_literal(definition: Definition, reference: Reference, path: str, extra: Level) -> Iterator[Problem]:
    if reference.kind == "variable":
        variables = (definition.global_ and definition.global_.variables) or {}
        if reference.name not in variables:
            hint = did_you_mean(reference.name, variables)
            sentence = f'There is no "{shorten(reference.name)}" in global.variables: add it.{hint}'
            yield Problem(path, sentence, extra)
    elif reference.name not in GLOBAL_NAMES:
        hint = did_you_mean(reference.name, GLOBAL_NAMES)
        sentence = f'There is no global "{shorten(reference.name)}": write {words(GLOBAL_NAMES)}.{hint}'
        yield Problem(path, sentence, extra)


def _op_literal(
    ops: Sequence[Operation], groups: list[str], op: Operation, reference: Reference, path: str, extra: Level
) -> Iterator[Problem]:
    source = next((other for other in ops if other.id == reference.op), None)
    if source is None:
        hint = did_you_mean(reference.op or "", [other.id for other in ops])
        yield Problem(
            path, f'There is no operation "{shorten(reference.op or "")}" to take a value from.{hint}', extra
        )
    elif reference.kind == "endpoint":
        exposed = [str(port) for _, port, _ in ports_of(source)]
        if reference.name not in exposed and not any("%%" in port for port in exposed):
            sentence = (
                f'"{shorten(source.id)}" does not expose port {shorten(reference.name)}: add it to its expose.'
            )
            yield Problem(path, sentence, extra)
    elif reference.kind == "result":
        if reference.name not in (source.results or {}):
            hint = did_you_mean(reference.name, source.results or {})
            sentence = (
                f'"{shorten(source.id)}" has no result "{shorten(reference.name)}": add it to its results.{hint}'
            )
            yield Problem(path, sentence, extra)
        elif source.id == op.id or groups.index(source.group) > groups.index(op.group):
            sentence = f'The results of "{shorten(source.id)}" are not known yet when this starts: run it earlier.'
            yield Problem(path, sentence, extra)
        elif source.group == op.group:
            sentence = (
                f'"{shorten(source.id)}" runs at the same time, so its results may not be known when this starts.'
            )
            yield Problem(path, sentence, "warning")
