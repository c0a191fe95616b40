"""Definitions of our own in every shape that the network's published templates have."""

from typing import Any


def one(args: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a definition with one container."""
    operation = {"type": "container/run", "id": more.pop("id", "serve"), "args": {"gpu": True, **args}}
    return {"version": "0.1", "type": "container", "ops": [operation], **more}


CHECK = {"type": "http", "path": "/health", "method": "GET", "expected_status": 200, "continuous": True}
SHAPES: dict[str, dict[str, Any]] = {
    "a server behind a shell, without the image's own entrypoint": one(
        {
            "image": "docker.io/acme/server:1", "entrypoint": [], "expose": 9000,
            "cmd": ["/bin/sh", "-c", "python3 -m acme.server --port 9000"],
        },
        meta={"trigger": "dashboard", "system_requirements": {"required_vram": 16}},
    ),
    "a web page with models from a bucket and an empty command": one(
        {
            "image": "docker.io/acme/pictures:2", "cmd": [], "expose": 8188,
            "resources": [{"type": "S3", "url": "https://models.acme.example/one", "target": "/models"}],
        },
        id="acme-pictures",
        meta={"trigger": "dashboard", "system_requirements": {"vram_total_mb": 12288}},
    ),
    "a notebook": one(
        {"image": "docker.io/acme/notebook:main", "cmd": ["jupyter", "lab", "--token=''"], "expose": 8888},
        meta={"trigger": "cli"},
    ),
    "a server with health checks and a token to fill in": one(
        {
            "image": "docker.io/acme/omni:3", "cmd": ["serve", "acme/model"],
            "expose": [{"port": 8000, "health_checks": [CHECK]}],
            "env": {"HF_TOKEN": "<your token>", "WORKERS": "1"},
        },
        meta={"trigger": "dashboard", "system_requirements": {"required_vram": 96}},
    ),
    "a model server whose model is a variable": one(
        {
            "image": "docker.io/acme/models:0.3", "expose": [{"port": 11434, "health_checks": [CHECK]}],
            "resources": [{"type": "Ollama", "model": "%%global.variables.MODEL%%"}],
        },
        **{"global": {"variables": {"MODEL": "acme:27b"}}},
        meta={"trigger": "dashboard", "system_requirements": {"vram_total_mb": 23552}},
    ),
    "a model from a hub at a revision": one(
        {
            "image": "docker.io/acme/hub:1", "cmd": "serve --model /models/one",
            "resources": [
                {"type": "HF", "repo": "acme/one", "revision": "main", "target": "/models/one", "files": ["a.bin"]}
            ],
        }
    ),
    "settings for all operations, volumes and two ports": {
        "version": "0.1", "type": "container",
        "global": {"image": "docker.io/acme/base:1", "gpu": True, "env": {"A": "b"}, "work_dir": "/work"},
        "ops": [
            {"type": "container/create-volume", "id": "disk", "args": {"name": "disk"}},
            {
                "type": "container/run", "id": "run",
                "args": {
                    "image": "docker.io/acme/base:1", "cmd": ["go"], "expose": [80, 81],
                    "volumes": [{"name": "disk", "dest": "/data"}],
                },
                "results": {"loss": "loss=(.*)", "all": {"regex": "*", "logType": ["stdout"]}},
            },
        ],
    },
    "operations of one group that wait for another": {
        "version": "0.1", "type": "container",
        "ops": [
            {
                "type": "container/run", "id": "server", "execution": {"group": "g"},
                "args": {"image": "docker.io/acme/server:1", "expose": {"port": 80, "health_checks": [CHECK]}},
            },
            {
                "type": "container/run", "id": "client",
                "execution": {"group": "g", "depends_on": ["server"], "stop_if_dependent_stops": True},
                "args": {"image": "docker.io/acme/client:1", "cmd": ["ask", "%%ops.server.host%%"]},
            },
        ],
    },
}  # fmt: skip
