"""`nosana chain …`: post, get, list, extend, stop, upload, download, validate, market, address."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from solders.keypair import Keypair

from nosana.chain import Chain, MarketAccount, wallet_save
from nosana.cli.frame import JOB_FAILED, USAGE, Output, command, common, group, stop
from nosana.cli.printing import dump, show_list, show_one
from nosana.cli.wallet import network as at
from nosana.cli.wallet.acts import (
    Found,
    definition_simple,
    failed,
    job_extend,
    job_find,
    job_list,
    job_stop,
    job_wait,
    market_find,
    nos,
    outcome,
)
from nosana.spec import DefinitionInvalid, Problem, definition_read, definition_validate

chain = group("The network with a wallet of your own, without the platform.")
market = group("Markets of the network.")
chain.add_typer(market, name="market")
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its address.")]
LONG_HELP = {"context_settings": {"help_option_names": ["--help"]}}
STATES = {"queued": 0, "running": 0, "done": 2, "completed": 2, "stopped": 3}


@command(chain, "address", platform=False)
def _address(
    wallet: at.Wallet = at.WALLET,
    new: Annotated[
        bool, typer.Option("--new", help="Make the key file; one that is there is never touched.")
    ] = False,
) -> None:
    """Print the address of your wallet."""
    if new:
        key = Keypair()
        at.run(_saved(key, wallet))
        typer.echo(key.pubkey())
        return
    typer.echo(at.Network("mainnet", None, wallet).key().pubkey())


async def _saved(key: Keypair, wallet: str) -> None:
    wallet_save(key, wallet)


@command(chain, "post", platform=False, **LONG_HELP)
def _post(
    words: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND]...", help="What the image runs.")] = None,
    to: Annotated[str, typer.Option("--market", "-m", help="Address or name of the market.")] = "",
    minutes: Annotated[int, typer.Option("--timeout", "-t", help="Minutes it may run.")] = 0,
    file: Annotated[str | None, typer.Option("--file", "-f", help="A definition, JSON or YAML.")] = None,
    address: Annotated[str | None, typer.Option("--url", help="Where a definition is.")] = None,
    image: Annotated[str, typer.Option("--image", "-i", help="The image of the container.")] = "ubuntu",
    gpu: Annotated[bool, typer.Option("--gpu", help="Give it the GPU.")] = False,
    kind: Annotated[str, typer.Option("--type", help="container is the only one.")] = "container",
    host: Annotated[str | None, typer.Option("--host", "-h", help="The one node that shall run it.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end, and show what it wrote.")] = False,
    download: Annotated[bool, typer.Option("--download", help="Keep its result as JOB.json.")] = False,
    network: at.Net = "mainnet",
    rpc: at.Rpc = None,
    wallet: at.Wallet = at.WALLET,
    ipfs: at.Pin = at.PIN,
    gateway: at.Gate = None,
    markets: at.List = None,
) -> None:
    """Post a job to a market, and pay its deposit from your wallet. Definition and result are public on IPFS."""
    if not to or minutes < 1:
        stop("a job takes --market and --timeout (minutes).", USAGE)
    if kind != "container":
        stop(f"there is no type “{kind}”; container is the only one.", USAGE)
    place = file or address
    if place and words:
        stop("say what shall run once: a command, or a definition.", USAGE)
    definition = checked(place) if place else definition_simple(image, words, gpu)
    net, store = at.Network(network, rpc, wallet), at.ipfs_of(ipfs, gateway, network)
    key = net.key()

    async def post(there: Chain) -> dict[str, Any]:
        found = await at.market_address(to, network, markets)
        cid = await store.pin_json(definition)
        job, signature = await job_list(there, key, market=found, cid=cid, timeout=minutes * 60, node=host)
        return (await job_find(there, job)).facts() | {"signature": signature}

    made = net.ask(post)
    if common.output is Output.TABLE:
        show_one(made, {**FIELDS, "signature": "signature"})
    elif not wait:
        dump(made)
    if wait or download:
        _end(net, store, made["job"], download=download)


def checked(place: str) -> Any:
    """Return the definition at a place; one that the network would refuse ends the command."""
    value, problems = _examined(place)
    wrong = [problem for problem in problems if problem.level == "error"]
    for problem in problems:
        typer.echo(f"{place}: {problem.level}: {problem}", err=True)
    if wrong:
        raise typer.Exit(USAGE)
    return value


def _examined(place: str) -> tuple[Any, list[Problem]]:
    try:
        value = definition_read(at.content_of(place))
    except DefinitionInvalid as error:
        return None, error.problems
    return value, definition_validate(value, extra="warning")


FIELDS: dict[str, Any] = {
    "job": "job",
    "status": "status",
    "market": "market",
    "node": "node",
    "time limit": lambda row: f"{row['timeout']} s",
    "deposit": lambda row: f"{nos(row['deposit'])} NOS",
    "cost": lambda row: "" if row["cost"] is None else f"{nos(row['cost'])} NOS",
    "definition": "ipfs_job",
    "result": "ipfs_result",
}


@command(chain, "get", platform=False)
def _get(
    job: JobId,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end, and show what it wrote.")] = False,
    download: Annotated[bool, typer.Option("--download", help="Keep its result as JOB.json.")] = False,
    network: at.Net = "mainnet",
    rpc: at.Rpc = None,
    ipfs: at.Pin = at.PIN,
    gateway: at.Gate = None,
) -> None:
    """Show a job as the chain has it."""
    net = at.Network(network, rpc)
    if not wait:
        found = net.ask(lambda there: job_find(there, job))
        show_one(found.facts(), FIELDS)
        if not download:
            return
    _end(net, at.ipfs_of(ipfs, gateway, network), job, download=download)


def _end(net: at.Network, store: Any, job: str, *, download: bool) -> None:
    """Wait for a job's end, and show or keep its result."""

    def tell(found: Found) -> None:
        node = f" on {found.run.node}" if found.run else ""
        typer.echo(f"- {found.status}{node}", err=True)

    found = net.ask(lambda there: job_wait(there, job, tell))
    cid = found.job.cid_result
    content = at.run(store.fetch(cid)) if cid else b""
    if download and content:
        path = Path(f"{job}.json")
        path.write_bytes(content)
        typer.echo(f"{path}: {len(content):,} bytes", err=True)
    flow = at.flow_of(content)
    if common.output is not Output.TABLE:
        dump({**found.facts(), "result": flow})
    else:
        typer.echo(outcome(flow) if content else "There is no result.")
    if found.status != "COMPLETED" or failed(flow):
        raise typer.Exit(JOB_FAILED)


@command(chain, "list", platform=False)
def _list(
    state: Annotated[str | None, typer.Option("--state", help="queued, running, completed, stopped.")] = None,
    of_market: Annotated[str | None, typer.Option("--market", "-m", help="Only this market.")] = None,
    node: Annotated[str | None, typer.Option("--node", help="Only those that this node ended.")] = None,
    poster: Annotated[str | None, typer.Option("--poster", help="Whose; else your wallet's.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50,
    network: at.Net = "mainnet",
    rpc: at.Rpc = None,
    wallet: at.Wallet = at.WALLET,
    markets: at.List = None,
) -> None:
    """List jobs that are on the chain, newest first; those that were cleaned away are not there any more."""
    if state is not None and state not in STATES:
        stop(f"there is no state “{state}”; states are {', '.join(STATES)}.", USAGE)
    net = at.Network(network, rpc, wallet)
    project = poster or (None if node else str(net.key().pubkey()))

    async def ask(there: Chain) -> list[Found]:
        place = await at.market_address(of_market, network, markets) if of_market else None
        wanted = None if state is None else STATES[state]
        jobs = await there.jobs(project=project, market=place, node=node, state=wanted)
        live = await there.runs() if any(job.state == 0 for job in jobs.values()) else {}
        runs = {run.job: (address, run) for address, run in live.items()}
        found = []
        for address, job in jobs.items():
            spot, run = runs.get(address, ("", None))
            found.append(Found(address, job, run, spot))
        return found

    found = [one for one in net.ask(ask) if state is None or _is(one, state)]
    found.sort(key=lambda one: (not one.over, one.run.time if one.run else one.job.time_start), reverse=True)
    columns = {name: FIELDS[name] for name in ("job", "status", "market", "node", "deposit", "cost")}
    show_list([one.facts() for one in found[:limit]], columns, empty="There is no such job.")


def _is(found: Found, state: str) -> bool:
    return found.status.lower() == {"done": "completed"}.get(state, state)


@command(chain, "stop", platform=False)
def _stop(job: JobId, network: at.Net = "mainnet", rpc: at.Rpc = None, wallet: at.Wallet = at.WALLET) -> None:
    """Stop your job: a queued one is delisted, a running one is ended, one that its node gave up is taken back."""
    net = at.Network(network, rpc, wallet)
    key = net.key()

    async def act(there: Chain) -> tuple[str, str]:
        return await job_stop(there, key, await job_find(there, job))

    done, signature = net.ask(act)
    show_one({"job": job, "done": done, "signature": signature}, {n: n for n in ("job", "done", "signature")})


@command(chain, "extend", platform=False)
def _extend(
    job: JobId,
    minutes: Annotated[int, typer.Option("--timeout", "-t", min=1, help="Minutes more.")],
    network: at.Net = "mainnet",
    rpc: at.Rpc = None,
    wallet: at.Wallet = at.WALLET,
) -> None:
    """Give your job more time, and pay the deposit for it."""
    net = at.Network(network, rpc, wallet)
    key = net.key()

    async def act(there: Chain) -> tuple[int, str]:
        return await job_extend(there, key, await job_find(there, job), minutes * 60)

    whole, signature = net.ask(act)
    show_one(
        {"job": job, "timeout": whole, "signature": signature},
        {"job": "job", "time limit": lambda row: f"{row['timeout']} s", "signature": "signature"},
    )


@command(chain, "validate", platform=False)
def _validate(
    place: Annotated[str, typer.Argument(metavar="FILE|URL", help="A definition, JSON or YAML.")],
) -> None:
    """Say whether the network takes a definition; ends with 2 if not."""
    checked(place)
    typer.echo(f"{place}: valid")


@command(chain, "upload", platform=False)
def _upload(
    path: Annotated[Path, typer.Argument(help="The file.")], ipfs: at.Pin = at.PIN, gateway: at.Gate = None
) -> None:
    """Pin a file on IPFS, where everybody can read it, and print its CID."""
    typer.echo(at.run(at.ipfs_of(ipfs, gateway).pin_bytes(at.content_of(str(path)), path.name)))


@command(chain, "download", platform=False)
def _download(
    cid: Annotated[str, typer.Argument(help="What the file is called on IPFS.")],
    path: Annotated[Path | None, typer.Argument(help="Where it goes; else standard output.")] = None,
    ipfs: at.Pin = at.PIN,
    gateway: at.Gate = None,
) -> None:
    """Fetch a file from IPFS."""
    try:
        content = at.run(at.ipfs_of(ipfs, gateway).fetch(cid))
    except ValueError as error:
        stop(f"“{cid}” is no CID: {error}", USAGE)
    if path is None:
        typer.echo(content, nl=False)
    else:
        path.write_bytes(content)
        typer.echo(f"{path}: {len(content):,} bytes", err=True)


@command(market, "list", platform=False)
def _market_list(network: at.Net = "mainnet", rpc: at.Rpc = None) -> None:
    """List the markets of the network."""
    found = at.Network(network, rpc).ask(lambda there: there.markets())
    rows = [_market(address, one) for address, one in sorted(found.items(), key=lambda pair: pair[1].job_price)]
    show_list(rows, MARKET, empty="There is no market.")


def _market(address: str, found: MarketAccount) -> dict[str, Any]:
    return {
        "market": address,
        "price": found.job_price,
        "timeout": found.job_timeout,
        "nodes_waiting": found.nodes_waiting,
        "jobs_waiting": found.jobs_waiting,
        "access_key": found.access_key,
        "stake": found.node_xnos_minimum,
        "authority": found.authority,
    }


MARKET: dict[str, Any] = {
    "market": "market",
    "NOS/h": lambda row: nos(row["price"] * 3600),
    "nodes": "nodes_waiting",
    "jobs": "jobs_waiting",
    "longest": lambda row: f"{row['timeout']} s",
    "access key": "access_key",
}


@command(market, "get", platform=False)
def _market_get(
    which: Annotated[str, typer.Argument(metavar="MARKET", help="Its address or name.")],
    network: at.Net = "mainnet",
    rpc: at.Rpc = None,
    markets: at.List = None,
) -> None:
    """Show one market."""

    async def ask(there: Chain) -> tuple[str, MarketAccount]:
        address = await at.market_address(which, network, markets)
        return address, await market_find(there, address)

    address, found = at.Network(network, rpc).ask(ask)
    show_one(_market(address, found), {**MARKET, "authority": "authority"})
