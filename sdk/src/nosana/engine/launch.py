"""Fills an operation's args: global values, literals, operators. Source: network facts, 3.1, 3.3, 3.6."""

from typing import Any

from nosana.engine.runner import Launch, RunnerFailed
from nosana.spec import Definition, LiteralUnresolved, Scope, args_resolve
from nosana.spec.definition import ContainerRun

_FROM_GLOBAL = ("image", "gpu", "entrypoint", "work_dir")


def launch_make(definition: Definition, op: ContainerRun, index: int, scope: Scope) -> Launch:
    """Return the operation ready to run. Raises RunnerFailed when a literal stands for nothing."""
    written: dict[str, Any] = op.args.model_dump(by_alias=True, exclude_unset=True)
    shared: dict[str, Any] = (
        definition.global_.model_dump(by_alias=True, exclude_unset=True) if definition.global_ else {}
    )
    for key in _FROM_GLOBAL:
        if written.get(key) is None and shared.get(key) is not None:
            written[key] = shared[key]
    written["env"] = {**(shared.get("env") or {}), **(written.get("env") or {})}
    try:
        args = args_resolve(written, scope)
    except LiteralUnresolved as error:
        raise RunnerFailed(str(error)) from error
    return Launch(
        job=scope.job,
        op_id=op.id,
        index=index,
        image=str(args["image"]),
        command=_command(args.get("cmd")),
        entrypoint=_texts(args["entrypoint"]) if args.get("entrypoint") else None,
        env={**{key: str(value) for key, value in args["env"].items()}, "NOSANA_ID": scope.job},
        work_dir=args.get("work_dir"),
        gpu=bool(args.get("gpu")),
        volumes={volume["name"]: volume["dest"] for volume in args.get("volumes") or []},
        args=args,
    )


def restart_limit(args: dict[str, Any] | Any, exit_code: int) -> float:
    """Return how often an operation that ended so may be started again: 0, a number, or infinity."""
    policy = args.get("restart_policy")
    tries = float("inf")
    if isinstance(policy, dict):
        tries = float(policy.get("restart_tries") or "inf")
        policy = policy["policy"]
    if policy in ("always", "unless-stopped") or (policy == "on-failure" and exit_code != 0):
        return tries
    return 0


def ports_to_check(args: Any) -> list[tuple[int, dict[str, Any]]]:
    """Return each health check of the exposed ports with its port; only numeric ports are probed."""
    expose = args.get("expose")
    items = expose if isinstance(expose, list) else [expose]
    found: list[tuple[int, dict[str, Any]]] = []
    for item in items:
        if isinstance(item, dict):
            port = item.get("port")
            number = int(port) if isinstance(port, str) and port.isdigit() else port
            if isinstance(number, int):
                found += [(number, check) for check in item.get("health_checks") or []]
    return found


def _command(cmd: Any) -> list[str]:
    if cmd is None:
        return []
    return ["/bin/sh", "-c", cmd] if isinstance(cmd, str) else _texts(cmd)


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
