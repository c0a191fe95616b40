"""Runs operations as containers through the Docker Engine API, which Podman's socket speaks too.

Source: network facts, 4.2, for names and networks. Each job has a network and volumes of its own, and no container
gains privileges.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from nosana.engine.local import LINE_LIMIT, text_of
from nosana.engine.runner import Emit, Launch, RunnerFailed, Say, Stream, resources_refuse

SOCKETS = ("/var/run/docker.sock", "/run/podman/podman.sock")
LABEL = "nosana.job"
_DRAIN_SECONDS = 5.0
_ATTACH_SECONDS = 30.0
_PULL_SECONDS = 1800.0
_STREAMS: dict[int, Stream] = {0: "stdout", 1: "stdout", 2: "stderr"}

RUNTIME_FAILED = "container-runtime-error"
PULL_FAILED = "image-pull-error"


class ContainerRunner:
    """Speaks to the engine on a Unix socket; `host_config` is merged into each container's HostConfig.

    `gpus` is "all", a comma-separated list of indexes, or empty for a node without a GPU.
    """

    def __init__(
        self,
        socket: str | Path,
        *,
        host_config: Mapping[str, Any] | None = None,
        network: bool = True,
        gpus: str = "",
    ) -> None:
        self._engine = Engine(str(socket))
        self._host_config, self._network, self._gpus = dict(host_config or {}), network, gpus

    async def answers(self) -> bool:
        """Return whether an engine is there."""
        try:
            return (await self._engine.ask("GET", "/_ping")).status_code == 200
        except RunnerFailed:
            return False

    async def start(self, launch: Launch, emit: Emit, say: Say) -> "Container":
        """Pull the image unless it is here, make the container and start it. Raises RunnerFailed."""
        resources_refuse(launch)
        await self._image(launch, say)
        if launch.gpu and not self._gpus:
            say("A GPU was asked for, and this node has none to give.")
        if self._network:
            await self._network_ensure(launch.job)
        await self._engine.ask("DELETE", f"/containers/{launch.name}", params={"force": "true", "v": "true"})
        for name in launch.volumes:
            await self.volume_create(launch.job, name)
        made = await self._engine.need(
            "POST", "/containers/create", RUNTIME_FAILED, name=launch.name, json=self._body(launch)
        )
        container = Container(self._engine, made["Id"], emit)
        try:
            await container.begin()
        except (RunnerFailed, asyncio.CancelledError):
            await container.remove()
            raise
        return container

    async def volume_create(self, job: str, name: str) -> str:
        """Make the job's volume unless it is there."""
        body = {"Name": f"{job}-{name}", "Labels": {LABEL: job}}
        await self._engine.need("POST", "/volumes/create", RUNTIME_FAILED, json=body)
        return f"{job}-{name}"

    async def clean(self, job: str) -> None:
        """Remove the job's containers, volumes and network; what is in the way stays and is no error."""
        wanted = {"filters": json.dumps({"label": [f"{LABEL}={job}"]})}
        found = await self._engine.ask("GET", "/containers/json", params={**wanted, "all": "true"})
        for container in found.json() if found.status_code == 200 else []:
            await self._engine.ask(
                "DELETE", f"/containers/{container['Id']}", params={"force": "true", "v": "true"}
            )
        volumes = await self._engine.ask("GET", "/volumes", params=wanted)
        for volume in (volumes.json().get("Volumes") or []) if volumes.status_code == 200 else []:
            await self._engine.ask("DELETE", f"/volumes/{volume['Name']}", params={"force": "true"})
        if self._network:
            await self._engine.ask("DELETE", f"/networks/{_network_name(job)}")

    async def _image(self, launch: Launch, say: Say) -> None:
        if (await self._engine.ask("GET", f"/images/{launch.image}/json")).status_code == 200:
            return
        say(f"Pulling the image {launch.image}.")
        login = ((launch.args.get("authentication") or {}).get("docker")) or {}
        headers = {}
        if login:
            known = {**login, "serveraddress": login.get("server", "")}
            headers["X-Registry-Auth"] = base64.urlsafe_b64encode(json.dumps(known).encode()).decode()
        tagged = ":" in launch.image.rsplit("/", 1)[-1]  # covers digests too: name@sha256:…
        image = launch.image if tagged else f"{launch.image}:latest"
        answer = await self._engine.ask(
            "POST", "/images/create", params={"fromImage": image}, headers=headers, timeout=_PULL_SECONDS
        )
        if answer.status_code != 200 or _pull_error(answer.text):
            why = _pull_error(answer.text) or _message(answer)
            raise RunnerFailed(f"The image {launch.image[:200]} could not be pulled: {why}", PULL_FAILED)

    async def _network_ensure(self, job: str) -> None:
        name = _network_name(job)
        if (await self._engine.ask("GET", f"/networks/{name}")).status_code != 200:
            body = {"Name": name, "Driver": "bridge", "Labels": {LABEL: job}}
            await self._engine.need("POST", "/networks/create", RUNTIME_FAILED, json=body)

    def _body(self, launch: Launch) -> dict[str, Any]:
        host: dict[str, Any] = {
            "Binds": [f"{launch.job}-{name}:{dest}" for name, dest in launch.volumes.items()],
            "SecurityOpt": ["no-new-privileges"],
            **self._host_config,
        }
        body: dict[str, Any] = {
            "Image": launch.image,
            "Env": [f"{key}={value}" for key, value in launch.env.items()],
            "Labels": {LABEL: launch.job},
            "HostConfig": host,
        }
        if launch.command:
            body["Cmd"] = list(launch.command)
        if launch.entrypoint:
            body["Entrypoint"] = list(launch.entrypoint)
        if launch.work_dir:
            body["WorkingDir"] = launch.work_dir
        if launch.gpu and self._gpus:
            wanted = {"Count": -1} if self._gpus == "all" else {"DeviceIDs": self._gpus.split(",")}
            host["DeviceRequests"] = [{"Driver": "nvidia", "Capabilities": [["gpu"]], **wanted}]
        if self._network:
            name = _network_name(launch.job)
            host["NetworkMode"] = name
            aliases = [launch.name, *_aliases(launch.args.get("aliases"))]
            body["NetworkingConfig"] = {"EndpointsConfig": {name: {"Aliases": aliases}}}
        return body


class Container:
    """A container that was made; its lines are read until it ends, then it is removed."""

    def __init__(self, engine: "Engine", identifier: str, emit: Emit) -> None:
        self.provider_id, self.address = identifier, "127.0.0.1"
        self._engine, self._emit = engine, emit
        self._reader: asyncio.Task[None] | None = None
        self._refusal = ""

    async def begin(self) -> None:
        """Start it, its lines being read from the first on, and learn its address. Raises RunnerFailed."""
        attached = asyncio.Event()
        # Attached, not by the log file: Podman skips lines when it follows one that grows fast.
        self._reader = asyncio.create_task(self._read(attached))
        waiting = asyncio.create_task(attached.wait())
        await asyncio.wait([self._reader, waiting], timeout=_ATTACH_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not attached.is_set():
            said = self._refusal or "the container's lines do not come."
            raise RunnerFailed(f"The container engine refused: {said}", RUNTIME_FAILED)
        await self._engine.need("POST", f"/containers/{self.provider_id}/start", RUNTIME_FAILED)
        seen = await self._engine.need("GET", f"/containers/{self.provider_id}/json", RUNTIME_FAILED)
        settings = seen.get("NetworkSettings") or {}
        networks = (settings.get("Networks") or {}).values()
        addresses = [settings.get("IPAddress"), *(network.get("IPAddress") for network in networks)]
        self.address = next((address for address in addresses if address), self.address)

    async def wait(self) -> int:
        """Return the exit code when it has ended and its lines are read; it is removed then."""
        try:
            answer = await self._engine.ask("POST", f"/containers/{self.provider_id}/wait", timeout=None)
            if self._reader is not None:
                await asyncio.wait([self._reader], timeout=_DRAIN_SECONDS)
            return int(answer.json()["StatusCode"]) if answer.status_code == 200 else 137
        finally:
            await self.remove()

    async def stop(self, grace_seconds: float) -> None:
        """Ask it to end, then kill it."""
        params = {"t": str(max(1, round(grace_seconds)))}
        await self._engine.ask("POST", f"/containers/{self.provider_id}/stop", params=params, timeout=60)

    async def remove(self) -> None:
        """Remove it, whatever it does."""
        if self._reader is not None:
            self._reader.cancel()
        params = {"force": "true", "v": "true"}
        with contextlib.suppress(RunnerFailed):
            await self._engine.ask("DELETE", f"/containers/{self.provider_id}", params=params)

    async def _read(self, attached: asyncio.Event) -> None:
        """Take the engine's frames apart: 1 byte stream, 3 bytes nothing, 4 bytes length, then the bytes."""
        rest: dict[Stream, bytes] = {"stdout": b"", "stderr": b""}
        waiting = b""

        async def take(piece: bytes) -> None:
            nonlocal waiting
            waiting += piece
            while len(waiting) >= 8 and len(waiting) >= 8 + (size := int.from_bytes(waiting[4:8], "big")):
                stream = _STREAMS.get(waiting[0], "stdout")
                rest[stream] = self._lines(stream, rest[stream] + waiting[8 : 8 + size])
                waiting = waiting[8 + size :]

        try:
            await self._engine.attach(self.provider_id, attached, take)
        except RunnerFailed as error:
            self._refusal = str(error)
        for stream, left in rest.items():
            if left:
                self._emit(stream, text_of(left))

    def _lines(self, stream: Stream, data: bytes) -> bytes:
        *lines, left = data.split(b"\n")
        for line in lines:
            self._emit(stream, text_of(line))
        while len(left) > LINE_LIMIT:
            self._emit(stream, text_of(left[:LINE_LIMIT]))
            left = left[LINE_LIMIT:]
        return left


class Engine:
    """The Engine API over its Unix socket."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def _client(self, timeout: float | None) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(uds=self._socket)
        return httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=timeout)

    async def ask(self, method: str, path: str, *, timeout: float | None = 30, **options: Any) -> httpx.Response:
        """Return the engine's answer whatever it says. Raises RunnerFailed when there is none."""
        try:
            async with self._client(timeout) as client:
                return await client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise RunnerFailed(
                f"The container engine at {self._socket} did not answer: {type(error).__name__}.", RUNTIME_FAILED
            ) from error

    async def need(self, method: str, path: str, event: str, *, name: str = "", json: Any = None) -> Any:
        """Return what the engine answers. Raises RunnerFailed with its own words when it refuses."""
        params = {"name": name} if name else None
        answer = await self.ask(method, path, params=params, json=json, timeout=120)
        if answer.status_code >= 400:
            raise RunnerFailed(f"The container engine refused: {_message(answer)}", event)
        return answer.json() if answer.content else {}

    async def attach(
        self, container: str, attached: asyncio.Event, take: Callable[[bytes], Awaitable[None]]
    ) -> None:
        """Set `attached` once the container's lines come here, and pass them on until it ends."""
        path, params = f"/containers/{container}/attach", {"stream": "true", "stdout": "true", "stderr": "true"}
        try:
            async with self._client(None) as client, client.stream("POST", path, params=params) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    raise RunnerFailed(_message(answer), RUNTIME_FAILED)
                attached.set()
                async for piece in answer.aiter_raw():
                    await take(piece)
        except httpx.HTTPError as error:
            raise RunnerFailed(f"The lines of a container stopped coming: {error}.", RUNTIME_FAILED) from error


def _network_name(job: str) -> str:
    return f"nosana-{job}"


def _aliases(value: Any) -> list[str]:
    items = value.split(",") if isinstance(value, str) else value or []
    return [str(item).strip() for item in items if str(item).strip()]


def _message(answer: httpx.Response) -> str:
    try:
        said = answer.json()
        return str(said.get("message") or said.get("cause") or said)[:500]
    except (ValueError, AttributeError):
        return answer.text.strip()[:500] or f"status {answer.status_code}"


def _pull_error(text: str) -> str:
    """Return the error among the lines of a pull, which come with status 200."""
    for line in text.splitlines():
        with contextlib.suppress(ValueError, AttributeError):
            if error := json.loads(line).get("error"):
                return str(error)[:500]
    return ""
