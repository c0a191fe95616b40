"""The form for one container of one's own, and the definition it stands for."""

import re
import shlex
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.jobs.launch.forms import PLAIN
from apps.jobs.pairs import pairs_read

PORT_TYPES = ("web", "api", "webapi", "websocket", "none")
SOURCES = {"HF": "repo", "Ollama": "model", "S3": "url"}
KNOWN_ARGS = {"image", "cmd", "env", "expose", "volumes", "resources", "work_dir", "gpu"}
RUN_ID = "main"
AREA = {"class": "code", "wrap": "off", **PLAIN}


class ContainerForm(forms.Form):
    """One container: image, command, and what it gets."""

    image = forms.CharField(
        max_length=500,
        label=_("Image"),
        help_text=_("With its registry and a tag: docker.io/library/python:3.12-slim"),
        error_messages={"required": _("Name the image to run.")},
        widget=forms.TextInput(attrs=PLAIN),
    )
    command = forms.CharField(
        required=False,
        max_length=100_000,
        label=_("Command"),
        help_text=_("Empty: what the image does by itself."),
        widget=forms.Textarea(attrs={"rows": 3, **AREA}),
    )
    command_kind = forms.ChoiceField(
        choices=[("shell", _("run by a shell")), ("arguments", _("given to the image’s own program"))],
        required=False,
        label=_("The command is"),
    )
    ports = forms.CharField(
        required=False,
        max_length=4_000,
        label=_("Ports"),
        help_text=_(
            "One a line: number, kind (web, api, webapi, websocket) and health path, as in: 8000 api /health"
        ),
        widget=forms.Textarea(attrs={"rows": 2, **AREA}),
    )
    env = forms.CharField(
        required=False,
        max_length=100_000,
        label=_("Environment"),
        help_text=_("One NAME=value a line; %%secret.NAME%% stands for a secret."),
        widget=forms.Textarea(attrs={"rows": 3, **AREA}),
    )
    volumes = forms.CharField(
        required=False,
        max_length=4_000,
        label=_("Volumes"),
        help_text=_("One a line: a name and its folder, as in: data /data. They live as long as the job."),
        widget=forms.Textarea(attrs={"rows": 2, **AREA}),
    )
    resources = forms.CharField(
        required=False,
        max_length=20_000,
        label=_("Models and data"),
        help_text=_("Fetched before it starts, one a line: HF owner/name /models, or Ollama llama3.2:3b"),
        widget=forms.Textarea(attrs={"rows": 2, **AREA}),
    )
    work_dir = forms.CharField(
        required=False, max_length=500, label=_("Working folder"), widget=forms.TextInput(attrs=PLAIN)
    )
    gpu = forms.BooleanField(required=False, initial=True, label=_("It uses the GPU"))
    vram = forms.IntegerField(required=False, min_value=0, max_value=2_000, label=_("GPU memory it needs, GB"))

    def clean_command(self) -> str:
        """Return the command with the line ends of the network's machines."""
        return self.cleaned_data["command"].replace("\r\n", "\n").strip()

    def clean_ports(self) -> list[dict[str, Any]]:
        """Return the ports. Raises ValidationError that says which line."""
        return [_port(number, words) for number, words in _lines(self.cleaned_data["ports"])]

    def clean_env(self) -> dict[str, str]:
        """Return the environment. Raises ValidationError that says which line."""
        return pairs_read(self.cleaned_data["env"], _now("environment"))

    def clean_volumes(self) -> list[dict[str, str]]:
        """Return the volumes. Raises ValidationError that says which line."""
        found = []
        for number, words in _lines(self.cleaned_data["volumes"]):
            if len(words) != 2 or not words[1].startswith("/"):
                raise _refused(number, _now("volumes"), "data /data")
            found.append({"name": words[0], "dest": words[1]})
        return found

    def clean_resources(self) -> list[dict[str, str]]:
        """Return the resources. Raises ValidationError that says which line."""
        return [_resource(number, words) for number, words in _lines(self.cleaned_data["resources"])]

    def clean(self) -> dict[str, Any]:
        """Check that arguments can be told apart. Raises no error; each is put at its field."""
        data = super().clean() or {}
        if data.get("command_kind") == "arguments" and data.get("command"):
            try:
                data["command"] = shlex.split(data["command"])
            except ValueError:
                self.add_error("command", _("A quote is opened and not closed."))
        return data

    @property
    def definition(self) -> dict[str, Any]:
        """Return the definition that a valid form stands for."""
        data = self.cleaned_data
        args = {
            "image": data["image"].strip(),
            "cmd": data["command"],
            "env": data["env"],
            "work_dir": data["work_dir"],
            "volumes": data["volumes"],
            "resources": data["resources"],
            "expose": data["ports"],
        }
        kept = {name: value for name, value in args.items() if value} | ({"gpu": True} if data["gpu"] else {})
        names = dict.fromkeys(one["name"] for one in data["volumes"])
        ops: list[dict[str, Any]] = [
            {"type": "container/create-volume", "id": f"volume-{name}", "args": {"name": name}} for name in names
        ]
        meta: dict[str, Any] = {"trigger": "dashboard"}
        if data["vram"]:
            meta["system_resources"] = {"required_vram": data["vram"]}
        return {
            "version": "0.1",
            "type": "container",
            "meta": meta,
            "ops": [*ops, {"type": "container/run", "id": RUN_ID, "args": kept}],
        }

    @staticmethod
    def of(definition: dict[str, Any]) -> dict[str, Any] | None:
        """Return a definition as the form shows it; None for one that says more than the form can."""
        try:
            return _shown(definition)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


def _lines(text: str) -> list[tuple[int, list[str]]]:
    rows = enumerate(text.splitlines(), start=1)
    return [(number, line.split()) for number, line in rows if line.strip() and not line.lstrip().startswith("#")]


def _refused(number: int, what: str, example: str) -> forms.ValidationError:
    return forms.ValidationError(
        _("Line %(number)d of the %(what)s cannot be read: write it as in “%(example)s”.")
        % {"number": number, "what": what, "example": example}
    )


def _port(number: int, words: list[str]) -> dict[str, Any]:
    example = _refused(number, _now("ports"), "8000 api /health")
    if not re.fullmatch(r"\d{1,5}", words[0]) or len(words) > 3:
        raise example
    port: dict[str, Any] = {"port": int(words[0])}
    for word in words[1:]:
        if word in PORT_TYPES:
            port["type"] = word
        elif word.startswith("/"):
            check = {"type": "http", "path": word, "method": "GET", "expected_status": 200, "continuous": False}
            port["health_checks"] = [check]
        else:
            raise example
    return port


def _resource(number: int, words: list[str]) -> dict[str, str]:
    known = {kind.lower(): kind for kind in SOURCES}
    kind = known.get(words[0].lower())
    if kind is None or len(words) not in (2, 3) or (len(words) == 2 and kind != "Ollama"):
        raise _refused(number, _now("models and data"), "HF owner/name /models")
    found = {"type": kind, SOURCES[kind]: words[1]}
    return {**found, "target": words[2]} if len(words) == 3 else found


def _shown(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the form's values. Raises ValueError, KeyError and others where the form cannot say it."""
    if set(definition) - {"version", "type", "meta", "ops"}:
        raise ValueError
    *before, run = definition["ops"]
    args = run["args"]
    if any(op["type"] != "container/create-volume" for op in before) or run["type"] != "container/run":
        raise ValueError
    if set(args) - KNOWN_ARGS or any(set(op) - {"type", "id", "args"} for op in definition["ops"]):
        raise ValueError
    if {op["args"]["name"] for op in before} != {one["name"] for one in args.get("volumes", [])}:
        raise ValueError
    cmd = args.get("cmd", "")
    return {
        "image": args["image"],
        "command": cmd if isinstance(cmd, str) else shlex.join(cmd),
        "command_kind": "shell" if isinstance(cmd, str) else "arguments",
        "env": "\n".join(f"{name}={_one_line(value)}" for name, value in args.get("env", {}).items()),
        "ports": "\n".join(_port_line(one) for one in _exposed(args.get("expose", []))),
        "volumes": "\n".join(f"{one['name']} {one['dest']}" for one in args.get("volumes", [])),
        "resources": "\n".join(_resource_line(one) for one in args.get("resources", [])),
        "work_dir": args.get("work_dir", ""),
        "gpu": args.get("gpu", False),
        "vram": ((definition.get("meta") or {}).get("system_resources") or {}).get("required_vram"),
    }


def _one_line(text: str) -> str:
    if text != text.strip() or "\n" in text:
        raise ValueError
    return text


def _exposed(expose: Any) -> list[Any]:
    return expose if isinstance(expose, list) else [expose]


def _port_line(one: Any) -> str:
    if isinstance(one, int):
        return str(one)
    words = [str(int(one["port"])), *([one["type"]] if "type" in one else [])]
    checks = one.get("health_checks", [])
    if checks:
        words.append(checks[0]["path"])
    if _port(0, words) != one:
        raise ValueError
    return " ".join(words)


def _resource_line(one: dict[str, str]) -> str:
    words = [one["type"], one[SOURCES[one["type"]]], *([one["target"]] if "target" in one else [])]
    if _resource(0, words) != one:
        raise ValueError
    return " ".join(words)
