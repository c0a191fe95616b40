"""The ports a job's operations expose: under which address each is reached, and whether something answers there."""

import asyncio
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from nosana import base58

from apps.core.outbound import Answer, get
from apps.jobs.models import Job
from apps.jobs.state import State

PROBE_S = 4.0
PORTS_MOST = 20
VARIABLE = re.compile(r"%%globals?\.variables\.([^%]+)%%")


@dataclass(frozen=True)
class Service:
    """A port of an operation; `url` is empty where it has no public address, `checks` how the node tests it."""

    operation: str
    port: int
    kind: str
    url: str
    checks: list[str]


@dataclass(frozen=True)
class Health:
    """Whether a service answers: a word for its state, and a sentence."""

    state: str  # running, pending, stopped
    sentence: str


def services_of(job: Job) -> list[Service]:
    """Return the ports the job exposes; each has an address as soon as its try has one."""
    definition = job.definition if isinstance(job.definition, dict) else {}
    ops, variables = definition.get("ops"), _variables(definition)
    address = job.attempt.address if job.attempt else None
    found = []
    for index, op in enumerate(ops if isinstance(ops, list) else []):
        if not isinstance(op, dict):
            continue
        for port, full in _ports(op.get("args"), variables):
            url = service_url(address, index, port) if address else ""
            kind, checks = str(full.get("type") or ""), _checks(full.get("health_checks"))
            found.append(Service(str(op.get("id") or index)[:200], port, kind, url, checks))
    return found[:PORTS_MOST]


def service_url(address: str, operation: int, port: int) -> str:
    """Return where the network publishes a port of the job at this address; "" in the sandbox, which publishes none.

    The name is the network's own rule: the first 44 letters of base58(sha512("operation:port:job")).
    """
    if settings.NODE_DIRECTORY_FILE or settings.CHAIN_CLUSTER == "sandbox":
        return ""
    name = base58.encode(hashlib.sha512(f"{operation}:{port}:{address}".encode()).digest())[:44]
    return str(settings.NODE_URL_TEMPLATE).format(node=name)


def services_probe(job: Job, services: Sequence[Service]) -> list[tuple[Service, Health]]:
    """Ask each service whether it answers, all at once, for four seconds at most; only while the job runs."""
    if job.state != State.RUNNING:
        words = _("Closed: the job is over.") if job.over else _("Opens when a node runs the job.")
        return [(one, Health("stopped" if job.over else "pending", words)) for one in services]
    return list(zip(services, asyncio.run(_probe_all(services)), strict=True))


async def _probe_all(services: Sequence[Service]) -> list[Health]:
    answers = await asyncio.gather(*(_probe(one) for one in services))
    return [_health(one, answer) for one, answer in zip(services, answers, strict=True)]


async def _probe(service: Service) -> Answer | None:
    return await get(service.url, seconds=PROBE_S) if service.url else None


def _health(service: Service, answer: Answer | None) -> Health:
    if answer is None:
        return Health("pending", _("Sandbox nodes publish no addresses, so nobody can ask it."))
    if answer.status is None:
        return Health("pending", _("Does not answer yet: %(why)s") % {"why": answer.error})
    facts = {"status": answer.status, "ms": answer.milliseconds}
    if answer.status in (404, 502, 503) and not service.checks:
        return Health("pending", _("Answers with %(status)d after %(ms)d ms; it may still be starting.") % facts)
    if answer.status >= 500:
        return Health("failed", _("Answers with an error, %(status)d, after %(ms)d ms.") % facts)
    return Health("completed", _("Answers with %(status)d after %(ms)d ms.") % facts)


def _variables(definition: dict[str, Any]) -> dict[str, Any]:
    shared = definition.get("global")
    found = shared.get("variables") if isinstance(shared, dict) else None
    return found if isinstance(found, dict) else {}


def _ports(args: Any, variables: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    expose = args.get("expose") if isinstance(args, dict) else None
    for item in expose if isinstance(expose, list) else [expose]:
        full = item if isinstance(item, dict) else {}
        port = full.get("port", item)
        if isinstance(port, str) and (named := VARIABLE.fullmatch(port)):
            told = str(variables.get(named[1], ""))
            port = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else port
        if isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65_536:
            yield port, full


def _checks(checks: Any) -> list[str]:
    found = []
    for check in checks if isinstance(checks, list) else []:
        if isinstance(check, dict) and check.get("type") == "http":
            found.append(
                f"{check.get('method', 'GET')} {check.get('path', '/')} → {check.get('expected_status', 200)}"
            )
        elif isinstance(check, dict):
            found.append(str(check.get("type", ""))[:40])
    return found[:5]
