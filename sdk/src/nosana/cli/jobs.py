"""Jobs: launch, follow, look, stop."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nosana.cli.follow import exposes, follow, print_line, report
from nosana.cli.frame import JOB_FAILED, USAGE, Output, client, command, common, group, id_of, seconds, stop
from nosana.cli.printing import credits, dump, duration, show_list, show_one, since, when
from nosana.client.definitions import template_filled
from nosana.client.waiting import OVER

job = group("Jobs.")
_check = id_of("job", "nosana job list")
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its id.", callback=_check)]


def pairs(texts: list[str] | None, what: str) -> dict[str, str] | None:
    """Return NAME=value texts by name; @FILE reads a value from a file."""
    found = {}
    for text in texts or []:
        name, mark, value = text.partition("=")
        if not mark or not name:
            stop(f"{what} takes NAME=value, not “{text}”.", USAGE)
        if value.startswith("@"):
            try:
                value = Path(value[1:]).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                stop(f"{value[1:]} cannot be read: {error}.", USAGE)
        found[name] = value
    return found or None


def definition_of_file(place: str) -> dict[str, Any]:
    """Return the definition in a file (JSON or YAML; “-” is standard input)."""
    content = sys.stdin.buffer.read() if place == "-" else _bytes(Path(place))
    spec = importlib.import_module("nosana.spec")
    try:
        found = spec.definition_read(content)
    except spec.DefinitionInvalid as error:
        stop(f"{place}: {error}", USAGE)
    if not isinstance(found, dict):
        stop(f"{place} holds no definition, which is an object.", USAGE)
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        stop(f"{path} cannot be read: {error.strerror}.", USAGE)


def gpu_of(text: str | None) -> bool | int | str:
    """Return what `--gpu` says: any, so many GB, or a part of a name."""
    if text is None:
        return False
    if text.lower() in ("any", "true", "yes"):
        return True
    found = re.fullmatch(r"(\d+)\s*GB", text, re.IGNORECASE)
    return int(found[1]) if found else text


File = Annotated[
    str | None, typer.Option("--file", "-f", help="A definition instead (JSON or YAML; - is standard input).")
]
OfTemplate = Annotated[str | None, typer.Option("--template", "-T", help="A template instead (slug).")]
Variables = Annotated[list[str] | None, typer.Option("--var", help="NAME=value of the template.")]
Environment = Annotated[list[str] | None, typer.Option("--env", "-e", help="NAME=value or NAME=@FILE.")]
Secrets = Annotated[
    list[str] | None, typer.Option("--secret", help="NAME=value or NAME=@FILE, for %%secret.NAME%%.")
]
Ports = Annotated[list[int] | None, typer.Option("--expose", help="A port that is reached from outside.")]
LabelTexts = Annotated[
    list[str] | None, typer.Option("--label", "-l", help="NAME=value, by which usage is counted.")
]
OneNode = Annotated[str | None, typer.Option("--node", help="The address of the one node that shall run it.")]
InMarket = Annotated[str | None, typer.Option("--market", "-m", help="Slug or address; else the cheapest.")]
TimeLimit = Annotated[
    str | None, typer.Option("--timeout", "-t", help="It runs no longer: 90s, 10m, 2h; else 1h.")
]


@command(job, "run")
def _run(
    image: Annotated[str | None, typer.Argument(metavar="[IMAGE]", help="The image of the container.")] = None,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]...", help="What it runs; write -- before it.")
    ] = None,
    file: File = None,
    template: OfTemplate = None,
    var: Variables = None,
    gpu: Annotated[str | None, typer.Option("--gpu", help="any, 24GB, or a part of its name.")] = None,
    market: InMarket = None,
    timeout: TimeLimit = None,
    name: Annotated[str | None, typer.Option("--name", "-n", help="What it is called.")] = None,
    env: Environment = None,
    secret: Secrets = None,
    expose: Ports = None,
    public: Annotated[
        bool, typer.Option("--public", help="Let anyone read it; else only you and its node.")
    ] = False,
    label: LabelTexts = None,
    node: OneNode = None,
    reason: Annotated[str | None, typer.Option("--reason", help="For whoever must approve it.")] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Print its id and return at once.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost; launch nothing.")] = False,
    key: Annotated[
        str | None, typer.Option("--idempotency-key", help="Launch once, however often this is repeated.")
    ] = None,
) -> None:
    """Launch a job, show how it comes about, and stream its log. Ctrl-C leaves it running.

    Ends with 0 if it completed and every operation ended with 0, else with 8.
    """
    _consistent(image, file, template, of_image=bool(env or expose), of_template=bool(var))
    given: dict[str, Any] = {
        "gpu": gpu_of(gpu), "market": market, "timeout_s": seconds(timeout or "1h"), "name": name, "public": public,
        "secrets": pairs(secret, "--secret"), "labels": pairs(label, "--label"), "node": node,
    }  # fmt: skip
    number = None
    with client() as asked:
        if template is not None:
            number = _of_template(asked, template, given, pairs(var, "--var") or {}, timeout=timeout)
        elif file is not None:
            given |= {"definition": definition_of_file(file), "name": name or _stem(file)}
        else:
            given |= {"image": image, "command": [*words] if words else None}
        if dry_run:
            return _estimate(asked.jobs.rehearse(**given))
        if image is not None:
            given |= {"env": pairs(env, "--env"), "expose": _ports(expose)}
        made = asked.jobs.run(
            **given, template=template, template_number=number, reason=reason, idempotency_key=key
        )
        if detach:
            return _made(made)
        raise typer.Exit(follow(asked, made))


def _consistent(
    image: str | None, file: str | None, template: str | None, *, of_image: bool, of_template: bool
) -> None:
    """End with a sentence where options do not go together."""
    if sum(what is not None for what in (image, file, template)) != 1:
        stop("say what shall run: an image, or a definition with --file, or a --template.", USAGE)
    if of_image and image is None:
        stop("--env and --expose belong to an image; write them into the definition.", USAGE)
    if of_template and template is None:
        stop("--var belongs to a --template.", USAGE)


def _of_template(
    asked: Any, slug: str, given: dict[str, Any], variables: dict[str, str], *, timeout: str | None
) -> int | None:
    """Put what a template says into what is given, where nothing else was said; return its version."""
    found = asked.templates.get(slug)
    given["definition"] = template_filled(found, variables, given["secrets"] or ())
    given["name"] = given["name"] or found["title"]
    given["gpu"] = given["gpu"] or found["vram_gb"] or False
    if timeout is None:
        given["timeout_s"] = found["minutes"] * 60
    number: int | None = found.get("version")
    return number


def _stem(file: str) -> str:
    return "Job" if file == "-" else Path(file).stem


def _ports(ports: list[int] | None) -> int | list[int] | None:
    return ports[0] if ports and len(ports) == 1 else ports


def _estimate(found: dict[str, Any]) -> None:
    cost = found["estimate"]
    show_one(
        found,
        {
            "would be": lambda _: "launched" if found["outcome"] == "launched" else "sent to somebody to approve",
            "market": "market",
            "project": "project",
            "holds at most": lambda _: f"{credits(cost['total_micro'])} credits",
            "an hour": lambda _: f"{credits(cost['per_hour_micro'])} credits",
        },
    )


def state_of(job: Mapping[str, Any]) -> str:
    """Return the state of a job; of one that shall stop and has not yet, that it is stopping."""
    return "stopping" if job["stop_requested_at"] and job["state"] not in OVER else str(job["state"])


COLUMNS: dict[str, Any] = {
    "id": "id",
    "name": "name",
    "state": state_of,
    "market": "market",
    "launched": lambda row: when(row["created_at"]),
    "ran": lambda row: duration(since(row["started_at"], row["ended_at"])),
    "cost": lambda row: credits(row["cost_micro"]),
}


@command(job, "list")
def _list(
    state: Annotated[
        str | None, typer.Option("--state", "-s", help="pending, queued, running, completed, stopped, failed.")
    ] = None,
    market: Annotated[str | None, typer.Option("--market", "-m", help="Slug.")] = None,
    member: Annotated[str | None, typer.Option("--member", help="Whose: an e-mail address.")] = None,
    search: Annotated[str | None, typer.Option("--search", help="A part of the name, or its address.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 20,
) -> None:
    """List jobs, newest first."""
    with client() as asked:
        found = asked.jobs.list(
            state=state, market=market, member=member, q=search, project=common.project, limit=limit
        )
        show_list(found, COLUMNS, empty="There is no such job.")


@command(job, "show")
def _show(job_id: JobId) -> None:
    """Show one job: how it stands, what it costs, where it runs."""
    with client() as asked:
        found = asked.jobs.get(job_id)
        table = common.output is Output.TABLE
        events = asked.jobs.events(job_id).all() if table else []
        services = asked.jobs.services(job_id, probe=True).all() if table and exposes(found) else []
    show_one(found, FIELDS)
    for one in services:
        typer.echo(f"service     {one['operation']}:{one['port']}  {one['url'] or ''}  {one['sentence']}")
    if events:
        typer.echo()
    for event in events:
        typer.echo(f"{when(event['at'])}  {event['sentence']}")


FIELDS: dict[str, Any] = {
    "id": "id",
    "name": "name",
    "state": lambda row: state_of(row) + (f" ({row['reason']})" if row["reason"] else ""),
    "why": "sentence",
    "project": "project",
    "by": "member",
    "market": "market",
    "price": lambda row: f"{credits(row['price_micro'] * 3600)} credits an hour",
    "holds": lambda row: f"{credits(row['held_micro'])} credits at most",
    "cost": lambda row: f"{credits(row['cost_micro'])} credits" + ("" if row["settled"] else " so far"),
    "time limit": lambda row: duration(row["timeout_s"]),
    "ran": lambda row: duration(since(row["started_at"], row["ended_at"])),
    "node": "node",
    "address": "address",
    "page": "url",
}


@command(job, "logs")
def _logs(
    job_id: JobId,
    follow_: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until it ends. Ctrl-C leaves it.")
    ] = False,
    tail: Annotated[int | None, typer.Option("--tail", min=1, help="Only the last lines.")] = None,
    search: Annotated[str | None, typer.Option("--search", help="Only lines that hold these words.")] = None,
    stamps: Annotated[bool, typer.Option("--timestamps", help="With time, operation and stream.")] = False,
) -> None:
    """Print what a job wrote; with -o json one object a line."""
    with client() as asked:
        if follow_:
            raise typer.Exit(follow(asked, asked.jobs.get(job_id), tail=tail, stamps=stamps, quiet=True))
        lines = asked.jobs.log_search(job_id, search) if search else asked.jobs.log_lines(job_id)
        kept = list(lines)[-tail:] if tail else lines
        for line in kept:
            print_line(line, stamps)


@command(job, "wait")
def _wait(
    job_id: JobId,
    timeout: Annotated[str | None, typer.Option("--timeout", "-t", help="Give up after: 90s, 10m, 2h.")] = None,
    settled: Annotated[bool, typer.Option("--settled", help="Also until its cost is final.")] = False,
) -> None:
    """Wait for a job's end. Ends with 0 if it completed, 8 if not, 124 if it took too long."""
    with client() as asked:
        found = asked.jobs.wait(job_id, timeout=seconds(timeout) if timeout else None, settled=settled)
        raise typer.Exit(report(asked, found))


@command(job, "stop")
def _stop(
    job_ids: Annotated[list[str], typer.Argument(metavar="JOB...", help="Their ids.", callback=_check)],
) -> None:
    """Stop jobs: a queued one costs nothing, a running one its seconds."""
    with client() as asked:
        found = [asked.jobs.stop(job_id) for job_id in job_ids]
    show_list(found, {"id": "id", "name": "name", "state": state_of}, empty="")


@command(job, "restart")
def _restart(
    job_id: JobId,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Print its id and return at once.")] = False,
) -> None:
    """Launch a job once more, the same in everything, and follow it."""
    with client() as asked:
        made = asked.jobs.restart(job_id)
        if not detach:
            raise typer.Exit(follow(asked, made))
    _made(made)


def _made(made: dict[str, Any]) -> None:
    if common.output is Output.TABLE:
        typer.echo(made["id"])
    else:
        dump(made)


@command(job, "extend")
def _extend(
    job_id: JobId,
    timeout: Annotated[str, typer.Option("--timeout", "-t", help="The new time limit, in all: 90m, 3h.")],
) -> None:
    """Give a running job more time; what that costs at most is held."""
    with client() as asked:
        show_one(asked.jobs.extend(job_id, seconds(timeout)), FIELDS)


@command(job, "results")
def _results(
    job_id: JobId,
    whole: Annotated[bool, typer.Option("--whole", help="The whole result as it is kept, as JSON.")] = False,
) -> None:
    """Show what a job's operations gave back. Ends with 8 if one did not end with 0."""
    with client() as asked:
        if whole:
            typer.echo(asked.jobs.result_file(job_id).decode())
            return
        found = asked.jobs.result(job_id)
    if common.output is not Output.TABLE:
        dump(found)
    elif found["stored_at"] is None:
        typer.echo("There is no result yet.")
    else:
        for one in found["operations"]:
            typer.echo(f"{one['operation']}: {one['status']}, exit code {one['exit_code']}")
            for name, values in one["values"].items():
                typer.echo(f"  {name}: {', '.join(values)}")
            for error in one["errors"]:
                typer.echo(f"  {error}", err=True)
    if any(one["exit_code"] not in (0, None) for one in found["operations"]):
        raise typer.Exit(JOB_FAILED)


@command(job, "validate")
def _validate(
    files: Annotated[list[str], typer.Argument(help="Definitions (JSON or YAML; - is standard input).")],
) -> None:
    """Check definitions on this machine: what is wrong, on which line, and how to mend it. Ends with 2 if one is wrong.

    A warning is no error: the network takes the definition, and it may not do what is meant.
    """
    check = importlib.import_module("nosana.spec").file_validate
    found = [(file, line, problem) for file in files for line, problem in check(file)]
    wrong = {file for file, _, problem in found if problem.level == "error"}
    if common.output is not Output.TABLE:
        dump(
            [
                {"file": file, "line": line, "path": one.path, "level": one.level, "sentence": one.sentence}
                for file, line, one in found
            ]
        )
    else:
        for file, line, problem in found:
            place = file if line is None else f"{file}:{line}"
            typer.echo(f"{place}: {'warning: ' if problem.level == 'warning' else ''}{problem}", err=True)
        for file in files:
            if file not in wrong:
                typer.echo(f"{file}: is a definition.")
    if wrong:
        raise typer.Exit(USAGE)
