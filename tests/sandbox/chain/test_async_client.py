"""Everything the `solana` package's AsyncClient asks, read by its own strict parsers."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from nosana.chain import ata, cluster_profile
from solana.rpc.async_api import AsyncClient
from solana.rpc.commitment import Processed
from solana.rpc.models import DataSliceOpts, MemcmpOpts, TokenAccountOpts, TxOpts
from solana.rpc.websocket_api import SolanaWsClient
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.rpc.config import RpcTransactionLogsFilterMentions
from solders.system_program import TransferParams, transfer
from solders.token import ID as TOKEN
from solders.transaction import VersionedTransaction

from tests.sandbox.chain.serving import Served

pytestmark = pytest.mark.anyio
SOL = 10**9
MINT = cluster_profile("sandbox", "http://127.0.0.1:1").mint


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Choose asyncio alone."""
    return "asyncio"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose transactions are final at once."""
    served = Served(tmp_path_factory.mktemp("chain"), "--slot-ms", "50", "--instant").start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def owner(served: Served) -> Keypair:
    """Somebody with SOL and NOS."""
    pair = Keypair()
    served.faucet(str(pair.pubkey()), lamports=10 * SOL, nos=7)
    return pair


async def signed(client: AsyncClient, payer: Keypair, amount: int) -> VersionedTransaction:
    latest = (await client.get_latest_blockhash(Processed)).value
    step = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=Keypair().pubkey(), lamports=amount))
    message = MessageV0.try_compile(payer.pubkey(), [step], [], latest.blockhash)
    return VersionedTransaction(message, [payer])


async def test_a_transaction_is_sent_confirmed_and_read_back(served: Served, owner: Keypair) -> None:
    async with AsyncClient(served.url) as client:
        transaction = await signed(client, owner, SOL)
        signature = (await client.send_transaction(transaction, TxOpts(skip_preflight=False))).value
        height = (await client.get_block_height()).value + 150
        await client.confirm_transaction(signature, sleep_seconds=0.05, last_valid_block_height=height)
        for encoding in ("base64", "json", "jsonParsed"):
            found = (
                await client.get_transaction(signature, encoding=encoding, max_supported_transaction_version=0)
            ).value
            assert found is not None
            assert found.transaction.meta is not None
            assert (found.transaction.meta.err, found.transaction.meta.fee) == (None, 5000)
        lines = (await client.get_signatures_for_address(owner.pubkey(), limit=1)).value
        assert [line.signature for line in lines] == [signature]


async def test_a_simulation_is_read(served: Served, owner: Keypair) -> None:
    async with AsyncClient(served.url) as client:
        seen = (await client.simulate_transaction(await signed(client, owner, SOL), sig_verify=True)).value
        assert seen.err is None
        assert seen.units_consumed
        refused = (await client.simulate_transaction(await signed(client, owner, 500 * SOL))).value
        assert refused.err is not None
        assert refused.logs


async def test_the_cluster_is_read(served: Served, owner: Keypair) -> None:
    async with AsyncClient(served.url) as client:
        assert await client.is_connected()
        info = (await client.get_epoch_info()).value
        assert info.absolute_slot > info.block_height > 0
        assert (await client.get_version()).value.solana_core
        assert (await client.get_genesis_hash()).value
        assert (await client.get_slot()).value
        assert (await client.get_minimum_balance_for_rent_exemption(165)).value == 2_039_280
        message = (await signed(client, owner, SOL)).message
        assert isinstance(message, MessageV0)
        assert (await client.get_fee_for_message(message)).value == 5000
        assert (await client.get_recent_prioritization_fees()).value == []


async def test_accounts_are_read(served: Served, owner: Keypair) -> None:
    account, mint = Pubkey.from_string(ata(owner.pubkey(), MINT)), Pubkey.from_string(MINT)
    async with AsyncClient(served.url) as client:
        assert (await client.get_balance(owner.pubkey())).value > SOL
        found = (await client.get_account_info(account)).value
        assert found is not None
        assert (found.owner, len(found.data)) == (TOKEN, 165)
        parsed = (await client.get_account_info_json_parsed(account)).value
        assert parsed is not None
        both = (await client.get_multiple_accounts([account, Keypair().pubkey()])).value
        assert both[1] is None
        assert (await client.get_token_account_balance(account)).value.amount == "7"
        assert (await client.get_token_supply(mint)).value.amount == "7"
        mine = await client.get_token_accounts_by_owner(owner.pubkey(), TokenAccountOpts(mint=mint))
        assert [line.pubkey for line in mine.value] == [account]
        options = TokenAccountOpts(program_id=TOKEN)
        shown: Any = await client.get_token_accounts_by_owner_json_parsed(owner.pubkey(), options)
        assert shown.value[0].account.data.parsed["info"]["tokenAmount"]["amount"] == "7"
        filters = [165, MemcmpOpts(offset=32, bytes=str(owner.pubkey()))]
        piece = DataSliceOpts(offset=0, length=32)
        listed = (await client.get_program_accounts(TOKEN, filters=filters, data_slice=piece)).value
        assert [(line.pubkey, line.account.data) for line in listed] == [(account, bytes(mint))]


async def test_an_airdrop_is_read(served: Served) -> None:
    to = Keypair().pubkey()
    async with AsyncClient(served.url) as client:
        signature = (await client.request_airdrop(to, SOL)).value
        status = (await client.get_signature_statuses([signature], search_transaction_history=True)).value[0]
        assert status is not None
        assert status.err is None
        assert (await client.get_balance(to)).value == SOL


async def test_many_may_ask_at_once(served: Served, owner: Keypair) -> None:
    async with AsyncClient(served.url) as client:
        ready = [await signed(client, owner, SOL // 100 + n) for n in range(20)]
        sent = await asyncio.gather(*(client.send_transaction(transaction) for transaction in ready))
        statuses = (await client.get_signature_statuses([answer.value for answer in sent])).value
        assert all(status is not None and status.err is None for status in statuses)


async def test_subscriptions_are_read(served: Served, owner: Keypair) -> None:
    to = Keypair().pubkey()
    address = served.url.replace("http", "ws")
    async with AsyncClient(served.url) as client, asyncio.timeout(60):
        socket = await SolanaWsClient(address).connect()
        await socket.slot_subscribe()
        slots = [(await socket.recv()).result.slot for _ in range(2)]
        assert slots[1] == slots[0] + 1
        await socket.close()
        step = transfer(TransferParams(from_pubkey=owner.pubkey(), to_pubkey=to, lamports=SOL // 10))
        blockhash = (await client.get_latest_blockhash(Processed)).value.blockhash
        ready = VersionedTransaction(MessageV0.try_compile(owner.pubkey(), [step], [], blockhash), [owner])
        socket = await SolanaWsClient(address).connect()
        await socket.account_subscribe(pubkey=to, commitment=Processed, encoding="base64")
        await socket.logs_subscribe(filter_=RpcTransactionLogsFilterMentions(to), commitment=Processed)
        await socket.signature_subscribe(signature=ready.signatures[0], commitment=Processed)
        await client.send_transaction(ready)
        kinds = {type(await socket.recv()).__name__ for _ in range(3)}
        assert kinds == {"AccountNotification", "LogsNotification", "SignatureNotification"}
        await socket.close()
