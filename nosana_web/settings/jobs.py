"""Jobs: the chain they run on, their private parts, their logs."""

from nosana_web.settings.process import BASE_URL, env

# --- chain -----------------------------------------------------------------------------------------------
CHAIN_CLUSTER = env.str("CHAIN_CLUSTER", default="sandbox")  # a profile of nosana.chain
# Where people look at what is on the chain; {kind} is tx or address, {name} the signature or address. "" for no links.
CHAIN_EXPLORER = env.str(
    "CHAIN_EXPLORER",
    default={
        "mainnet": "https://explorer.solana.com/{kind}/{name}",
        "devnet": "https://explorer.solana.com/{kind}/{name}?cluster=devnet",
    }.get(CHAIN_CLUSTER, ""),
)
CHAIN_RPC_URL = env.str("CHAIN_RPC_URL", default="")
CHAIN_WS_URL = env.str("CHAIN_WS_URL", default="")
CHAIN_GENESIS_HASH = env.str("CHAIN_GENESIS_HASH", default="")
CHAIN_FEE_DIVISOR = env.int("CHAIN_FEE_DIVISOR", default=0)
# What a unit of computation is offered beyond the base fee, micro-lamports: more in times when blocks are full.
CHAIN_PRIORITY_FEE = env.int("CHAIN_PRIORITY_FEE", default=0)
# The master seed is read by worker processes only (bridge), from a file or, where files are unwelcome, a variable.
CHAIN_SEED_FILE = env.str("CHAIN_SEED_FILE", default="")
CHAIN_SEED_VERSION = env.int("CHAIN_SEED_VERSION", default=1)
CHAIN_TREASURY_FILE = env.str("CHAIN_TREASURY_FILE", default="")
TREASURY_LAMPORTS_FLOOR = env.int("TREASURY_LAMPORTS_FLOOR", default=100_000_000)  # a day takes that at least
MARKETS_FILE = env.str("MARKETS_FILE", default="")  # catalogue of the markets we trust: address, name, GPU, VRAM
# The network's own list of markets (names, GPUs, prices in dollars); empty: it is not asked. Its markets are offered
# besides those of the catalogue only if their authority on the chain is named here.
MARKETS_API_URL = env.str(
    "MARKETS_API_URL",
    default={
        "mainnet": "https://dashboard.k8s.prd.nos.ci/api",
        "devnet": "https://dashboard.k8s.dev.nos.ci/api",
    }.get(CHAIN_CLUSTER, ""),
)
MARKETS_AUTHORITIES = env.list("MARKETS_AUTHORITIES", default=[])
IPFS_API_URL = env.str("IPFS_API_URL", default="https://api.pinata.cloud")
IPFS_GATEWAY_URL = env.str("IPFS_GATEWAY_URL", default="https://nosana.mypinata.cloud")
IPFS_TOKEN = env.str("IPFS_TOKEN", default="")
NODE_URL_TEMPLATE = env.str("NODE_URL_TEMPLATE", default="https://{node}.node.k8s.prd.nos.ci")
NODE_DIRECTORY_FILE = env.str("NODE_DIRECTORY_FILE", default="")  # sandbox: where nodes without a domain listen

# --- private jobs ----------------------------------------------------------------------------------------
# Keys for the secrets of jobs: this file, or the variable JOB_SECRETS_KEYS (apps/jobs/vault.py).
JOB_SECRETS_KEY_FILE = env.str("JOB_SECRETS_KEY_FILE", default="")
# Where nodes fetch private definitions and deliver results; https outside the sandbox.
NODE_EXCHANGE_URL = env.str("NODE_EXCHANGE_URL", default=BASE_URL)

# --- logs of jobs ----------------------------------------------------------------------------------------
JOB_LOG_BYTES = env.int("JOB_LOG_BYTES", default=1_000_000_000)  # kept of one job at most
JOB_LOG_DAYS = env.int("JOB_LOG_DAYS", default=90)  # kept after a job's end, where its organisation says nothing
