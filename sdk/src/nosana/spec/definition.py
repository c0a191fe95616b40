"""The job definition, version 0.1, as typed models. Source: network facts, 3.1 to 3.4."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Tag

from nosana.spec.fields import (
    Identifier,
    LiteralText,
    Maybe,
    Number,
    Spread,
    Strict,
    TextMap,
    TextOrTexts,
    by_kind,
)

LogType = Literal["stdin", "stdout", "stderr", "nodeerr"]
TextOrNumber = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[Number, Tag("<number>")], by_kind("a text or a number")
]
MetaValue = Annotated[
    Annotated[str, Tag("<text>")]
    | Annotated[Number, Tag("<number>")]
    | Annotated[list[Any], Tag("<list>")]
    | Annotated[dict[str, TextOrNumber], Tag("<map>")],
    by_kind("a text, a number, a list or a flat map"),
]


class Meta(Strict):
    """Free notes beside a definition; any key is allowed."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, MetaValue]

    trigger: Maybe[str] = None
    system_resources: Maybe[dict[str, TextOrNumber]] = None


class Global(Strict):
    """Values an operation takes when it does not set its own; `env` is merged and the operation wins."""

    image: Maybe[str] = None
    gpu: Maybe[bool] = None
    entrypoint: Maybe[TextOrTexts] = None
    env: Maybe[dict[str, str]] = None
    work_dir: Maybe[str] = None
    variables: Maybe[dict[str, str]] = None


class LogisticsArgs(Strict):
    """Where the definition or the results are exchanged."""

    endpoint: Maybe[str] = None


class LogisticsEnd(Strict):
    """One direction of a confidential exchange."""

    type: Literal["api", "api-listen"]
    args: LogisticsArgs


class Logistics(Strict):
    """How a confidential job's definition and results travel past IPFS."""

    send: LogisticsEnd
    receive: LogisticsEnd


class HttpCheck(Strict):
    """An exposed port is healthy when this request is answered with `expected_status`."""

    type: Literal["http"]
    path: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    expected_status: Number
    continuous: bool
    headers: Maybe[dict[str, str]] = None
    body: Any = None


class WebSocketCheck(Strict):
    """An exposed port is healthy when a WebSocket on it answers `expected_response`."""

    type: Literal["websocket"]
    expected_response: str
    continuous: bool


HealthCheck = Annotated[HttpCheck | WebSocketCheck, Field(discriminator="type")]


class ExposedPort(Strict):
    """A port of the container that gets a public address."""

    port: Annotated[
        Annotated[Number, Tag("<number>")] | Annotated[LiteralText, Tag("<text>")],
        by_kind("a port number or a literal such as %%global.variables.port%%"),
    ]
    type: Maybe[Literal["web", "api", "webapi", "websocket", "none"]] = None
    health_checks: Maybe[list[HealthCheck]] = None


_Port = (
    Annotated[Number, Tag("<number>")]
    | Annotated[ExposedPort, Tag("<map>")]
    | Annotated[LiteralText, Tag("<text>")]
)
ExposeItem = Annotated[
    _Port | Annotated[Spread, Tag("<spread>")],
    by_kind("a port number, a literal or a map with `port`"),
]
Expose = Annotated[
    _Port | Annotated[list[ExposeItem], Tag("<list>")],
    by_kind("a port number, a literal, a map with `port`, or a list of these"),
]


class Volume(Strict):
    """A named volume and where the container sees it."""

    name: str
    dest: str


class Bucket(Strict):
    """One of several S3 sources."""

    url: str
    files: Maybe[list[str]] = None


class Iam(Strict):
    """Keys for a private S3 bucket; public unless the job is confidential."""

    REGION: str
    ACCESS_KEY_ID: str
    SECRET_ACCESS_KEY: str


class S3Resource(Strict):
    """Files from S3, mounted at `target`, read-only unless `allowWrite`."""

    type: Literal["S3"]
    target: str
    url: Maybe[str] = None
    bucket: Maybe[str] = None
    buckets: Maybe[list[Bucket]] = None
    files: Maybe[list[str]] = None
    allow_write: Maybe[bool] = Field(default=None, alias="allowWrite")
    iam: Maybe[Iam] = Field(default=None, alias="IAM")


class HuggingFaceResource(Strict):
    """A repository from Hugging Face, mounted read-only at `target`."""

    type: Literal["HF"]
    repo: str
    target: str
    revision: Maybe[str] = None
    files: Maybe[list[str]] = None
    access_token: Maybe[str] = Field(default=None, alias="accessToken")


class OllamaResource(Strict):
    """A model from Ollama's library, mounted at `target` (default /root/.ollama/models)."""

    type: Literal["Ollama"]
    model: str
    target: Maybe[str] = None


_ResourceOfType = Annotated[S3Resource | HuggingFaceResource | OllamaResource, Field(discriminator="type")]
Resource = Annotated[
    Annotated[_ResourceOfType, Tag("<map>")] | Annotated[Spread, Tag("<spread>")],
    by_kind("a map with `type`"),
]
VolumeItem = Annotated[
    Annotated[Volume, Tag("<map>")] | Annotated[Spread, Tag("<spread>")],
    by_kind("a map with `name` and `dest`"),
]


class DockerLogin(Strict):
    """Login for a private image."""

    username: Maybe[str] = None
    password: Maybe[str] = None
    email: Maybe[str] = None
    server: Maybe[str] = None


class Authentication(Strict):
    """Logins an operation needs; public unless the job is confidential."""

    docker: Maybe[DockerLogin] = None


class RestartOnFailure(Strict):
    """Restart after a failure, at most `restart_tries` times."""

    policy: Literal["on-failure"]
    restart_tries: Maybe[Number] = None


class RunArgs(Strict):
    """What `container/run` runs."""

    image: str
    cmd: Maybe[TextOrTexts] = None
    entrypoint: Maybe[TextOrTexts] = None
    env: Maybe[TextMap] = None
    work_dir: Maybe[str] = None
    gpu: Maybe[bool] = None
    volumes: Maybe[list[VolumeItem]] = None
    expose: Maybe[Expose] = None
    private: Maybe[bool] = None
    aliases: Maybe[TextOrTexts] = None
    restart_policy: Maybe[
        Annotated[
            Annotated[Literal["no", "always", "unless-stopped", "on-failure"], Tag("<text>")]
            | Annotated[RestartOnFailure, Tag("<map>")],
            by_kind('a text such as "no", or a map with `policy`'),
        ]
    ] = None
    resources: Maybe[list[Resource]] = None
    authentication: Maybe[Authentication] = None


class VolumeArgs(Strict):
    """What `container/create-volume` makes."""

    name: str


class ResultPattern(Strict):
    """A result picked from the log lines of the given types only."""

    regex: str
    log_type: Annotated[list[LogType], Field(min_length=1, max_length=4)] = Field(alias="logType")


class Execution(Strict):
    """When an operation runs: its group, what it waits for."""

    group: Maybe[str] = None
    depends_on: Maybe[list[str]] = None
    stop_if_dependent_stops: Maybe[bool] = None


class _Operation(Strict):
    id: Identifier
    results: Maybe[
        dict[
            str,
            Annotated[
                Annotated[str, Tag("<text>")] | Annotated[ResultPattern, Tag("<map>")],
                by_kind("a regular expression or a map with `regex` and `logType`"),
            ],
        ]
    ] = None
    execution: Maybe[Execution] = None

    @property
    def group(self) -> str:
        """The group it runs in; its own id by default."""
        return (self.execution and self.execution.group) or self.id

    @property
    def depends_on(self) -> list[str]:
        """The operations of its group it waits for."""
        return list((self.execution and self.execution.depends_on) or [])


class ContainerRun(_Operation):
    """Run a container until it ends."""

    type: Literal["container/run"]
    args: RunArgs


class CreateVolume(_Operation):
    """Make a volume later operations can mount."""

    type: Literal["container/create-volume"]
    args: VolumeArgs


Operation = Annotated[ContainerRun | CreateVolume, Field(discriminator="type")]


class Definition(Strict):
    """A job definition, version 0.1."""

    version: Literal["0.1"]
    type: Literal["container"]
    ops: list[Operation]
    meta: Maybe[Meta] = None
    global_: Maybe[Global] = Field(default=None, alias="global")
    logistics: Maybe[Logistics] = None
    deployment_id: Maybe[str] = None

    def to_json(self) -> dict[str, Any]:
        """Return the definition as it is written in JSON, without keys that were not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
