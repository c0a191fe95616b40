"""The whole platform on one machine: which processes there are, in which order they start, what each is told."""

import asyncio
import json
import secrets
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox import forks, markets
from sandbox.ports import free_port
from sandbox.rates import NOS_FEED
from sandbox.supervisor import Part, Supervisor

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
TREASURY_NOS = 10_000
NODES = 2


@dataclass
class Stage:
    """One sandbox with the platform on it, over the folder `data`.

    `fixed` asks for the usual ports, so that addresses stay the same from one start to the next.
    """

    data: Path
    supervisor: Supervisor
    fixed: bool = False
    env: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    async def start(self) -> None:
        """Start everything and return when every part answers. Raises PartFailed."""
        forks.warm()
        self.data.mkdir(parents=True, exist_ok=True)
        self._environment()
        await self._world_outside()
        self.env["CHAIN_GENESIS_HASH"] = await markets.genesis_hash(self.urls["chain"])
        # The pages and the nodes take their time to start and need nothing that is prepared meanwhile.
        await asyncio.gather(self._prepare(), self._doors(), self._markets())
        await self._platform()

    async def platform_again(self) -> None:
        """Start the platform's own processes after they were ended; the world outside went on."""
        await asyncio.gather(self._doors(), self._platform())

    def port(self, preferred: int) -> int:
        """Return the port a part gets: the usual one in a fixed sandbox, any free one elsewhere."""
        return free_port(preferred if self.fixed else 0)

    def _environment(self) -> None:
        for name in ("mail", "keys"):
            (self.data / name).mkdir(exist_ok=True)
        (self.data / "keys").chmod(0o700)
        web = self.port(8000)
        self.urls["web"] = f"http://127.0.0.1:{web}"
        self.env |= {
            "NOSANA_ENVIRONMENT": "sandbox",
            "NOSANA_BASE_URL": self.urls["web"],
            "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
            "DJANGO_SECRET_KEY": self.secret("django"),
            "EMAIL_URL": f"filemail:///{self.data / 'mail'}",  # three slashes and an absolute path
            "STRIPE_SECRET_KEY": f"sk_test_{self.secret('stripe')}",
            "STRIPE_WEBHOOK_SECRET": f"whsec_{self.secret('webhook')}",
            "NODE_DIRECTORY_FILE": str(self.data / "nodes.json"),
            "MARKETS_FILE": str(self.data / "markets.json"),
            "CHAIN_CLUSTER": "sandbox",
            "CHAIN_SEED_FILE": str(self.data / "keys" / "seed"),
            "CHAIN_TREASURY_FILE": str(self.data / "keys" / "treasury.json"),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def secret(self, name: str) -> str:
        """Return this sandbox's own secret of that name, made on its first start."""
        path = self.data / "keys" / f"{name}.secret"
        if not path.exists():
            path.write_text(secrets.token_hex(24))
            path.chmod(0o600)
        return path.read_text()

    def _part(self, name: str, *command: str, ready: str = r"^ready (?P<said>.*)") -> Part:
        return Part(name, [PYTHON, *command], env=self.env, ready=ready)

    def _outside(self, name: str, port: int, *options: str, **paths: str) -> Part:
        paths = paths or {"data": str(self.data / name)}
        named = [word for path, value in paths.items() for word in (f"--{path}", value)]
        return self._part(name, "-m", f"sandbox.{name}", "--port", str(port), *named, *options)

    async def _world_outside(self) -> None:
        webhook = f"{self.urls['web']}/webhooks/stripe/"
        services, chain, stripe, ipfs, rates, vies, listing, mailbox = await self.supervisor.start_all(
            self._part("services", "-m", "sandbox.services", "--data", str(self.data)),
            self._outside("chain", self.port(8899)),
            self._outside(
                "stripe",
                self.port(12111),
                *("--webhook", webhook, "--webhook-secret", self.env["STRIPE_WEBHOOK_SECRET"]),
            ),
            self._outside("ipfs", self.port(5080)),
            self._outside("rates", self.port(5090)),
            self._outside("vies", self.port(5091)),
            self._outside("listing", self.port(5092), markets=self.env["MARKETS_FILE"]),
            self._outside("mailbox", self.port(8025), data=str(self.data / "mail")),
        )
        self.urls |= {"chain": chain, "stripe": stripe, "ipfs": ipfs, "mails": mailbox}
        self.env["DATABASE_URL"], self.env["REDIS_URL"] = services.split()
        self.env |= {
            "CHAIN_RPC_URL": chain,
            "STRIPE_API_URL": stripe,
            "STRIPE_CHECKOUT_ORIGINS": stripe,
            "STRIPE_BANK_METHODS": "EUR=sepa_debit;GBP=bacs_debit;USD=us_bank_account",
            "IPFS_API_URL": ipfs,
            "IPFS_GATEWAY_URL": ipfs,
            "VIES_URL": f"{vies}/rest-api",
            "MARKETS_API_URL": f"{listing}/api",
            "COINGECKO_URL": f"{rates}/api/v3",
            "PYTH_URL": f"{rates}/hermes",
            "PYTH_API_KEY": "sandbox",
            "PYTH_NOS_FEED": NOS_FEED,
        }

    async def _prepare(self) -> None:
        options = ("--keys", str(self.data / "keys"), "--rpc", self.urls["chain"], "--nos", str(TREASURY_NOS))
        await self.supervisor.run(self._part("prepare", "-m", "sandbox.prepare", *options))

    async def _doors(self) -> None:
        port = self.urls["web"].rsplit(":", 1)[1]
        web = self._part(
            "web",
            *("-m", "uvicorn", "nosana_web.asgi:application", "--host", "127.0.0.1", "--port", port),
            *("--timeout-graceful-shutdown", "2", "--no-access-log"),
            ready="Uvicorn running",
        )
        # Under ASGI each request would open a connection of its own.
        await self.supervisor.start_all(replace(web, env=self.env | {"DATABASE_POOL": "1"}))

    async def _markets(self) -> None:
        await markets.markets_open(self.urls["chain"], self.data)
        await self.supervisor.start_all(*self._nodes())

    async def _platform(self) -> None:
        celery = ("-m", "celery", "-A", "nosana_web")
        queues = ("-Q", "default,payments,bridge,mail,results", "-c", "3")
        quiet = ("--without-gossip", "--without-mingle", "-n", "worker@sandbox", "--loglevel", "INFO")
        schedule = ("-s", str(self.data / "beat"), "--pidfile=", "--loglevel", "INFO")
        await self.supervisor.start_all(
            self._part("worker", *celery, "worker", *queues, *quiet, ready=r"\bready\."),
            self._part("observer", "manage.py", "bridge_observe"),
            self._part("collector", "manage.py", "bridge_collect"),
            self._part("beat", *celery, "beat", *schedule, ready="is starting"),
        )

    def _nodes(self) -> list[Part]:
        addresses = [market["address"] for market in json.loads((self.data / "markets.json").read_text())]
        options = (
            "--rpc",
            self.urls["chain"],
            "--ipfs",
            self.urls["ipfs"],
            "--directory",
            str(self.data / "nodes.json"),
        )
        return [
            self._part(
                f"node-{number}",
                *("-m", "sandbox.node", "--port", "0", "--data", str(self.data / f"node-{number}"), *options),
                *("--market", addresses[(number - 1) % len(addresses)], "--name", f"node-{number}"),
            )
            for number in range(1, NODES + 1)
        ]
