"""`Nosana` and `AsyncNosana`: the platform from a program."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nosana.client.core import Core, Reader
from nosana.client.lines import BlockingLine, WaitingLine
from nosana.client.modes import Async, Bound, M, Sync, act
from nosana.client.resources import documents, jobs, money, notices, payments, people, support, templates, webhooks
from nosana.client.retries import Patience
from nosana.client.settings import settings_find

if TYPE_CHECKING:
    from nosana.client.models import WhoAmI

C = TypeVar("C", bound="Client[Any]")
TIMEOUT_S = 30.0


class Client(Bound[M], Generic[M]):
    """What both clients offer, group by group."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.organisations: people.Organisations[M] = people.Organisations(core)
        self.members: people.Members[M] = people.Members(core)
        self.invitations: people.Invitations[M] = people.Invitations(core)
        self.domains: people.Domains[M] = people.Domains(core)
        self.projects: people.Projects[M] = people.Projects(core)
        self.keys: people.Keys[M] = people.Keys(core)
        self.approvals: people.Approvals[M] = people.Approvals(core)
        self.audit: people.Audit[M] = people.Audit(core)
        self.balance: money.Credits[M] = money.Credits(core)
        self.vouchers: money.Vouchers[M] = money.Vouchers(core)
        self.lots: money.Lots[M] = money.Lots(core)
        self.holds: money.Holds[M] = money.Holds(core)
        self.transfers: money.Transfers[M] = money.Transfers(core)
        self.usage: money.UsageReports[M] = money.UsageReports(core)
        self.caps: money.Caps[M] = money.Caps(core)
        self.budgets: money.Budgets[M] = money.Budgets(core)
        self.quotes: payments.Quotes[M] = payments.Quotes(core)
        self.topups: payments.TopUps[M] = payments.TopUps(core)
        self.refunds: payments.Refunds[M] = payments.Refunds(core)
        self.billing_details: documents.BillingDetails[M] = documents.BillingDetails(core)
        self.vat: documents.VatChecks[M] = documents.VatChecks(core)
        self.cards: payments.Cards[M] = payments.Cards(core)
        self.automatic_topup: payments.AutomaticTopUps[M] = payments.AutomaticTopUps(core)
        self.invoices: documents.Invoices[M] = documents.Invoices(core)
        self.credit_notes: documents.CreditNotes[M] = documents.CreditNotes(core)
        self.statements: documents.Statements[M] = documents.Statements(core)
        self.webhooks: webhooks.Webhooks[M] = webhooks.Webhooks(core)
        self.notices: notices.Notices[M] = notices.Notices(core)
        self.channels: notices.Channels[M] = notices.Channels(core)
        self.tickets: support.Tickets[M] = support.Tickets(core)
        self.visits: support.Visits[M] = support.Visits(core)
        self.feedback: support.FeedbackBox[M] = support.FeedbackBox(core)
        self.markets: jobs.Markets[M] = jobs.Markets(core)
        self.templates: templates.Templates[M] = templates.Templates(core)
        self.jobs: jobs.Jobs[M] = jobs.Jobs(core)

    def at(self: C, *, organisation: str | None = None, project: str | None = None) -> C:
        """Return the same client, on the same connections, for another organisation or project (slugs)."""
        other = object.__new__(type(self))
        Client.__init__(other, self._core.at(organisation=organisation, project=project))
        return other

    @act
    async def whoami(self) -> WhoAmI:
        """Return whom the platform takes the caller for, and what may be done where."""
        return await self._core.ask("WhoAmI", "GET", "/whoami")

    @act
    async def request(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Any:
        """Return what any address under /api/v1 answers, as JSON has it; for what this version has no name for.

        A path without a slash at its beginning is one of the organisation ("jobs").
        """
        return await self._core.ask(None, method, path, query=query, body=body)


class Nosana(Client[Sync]):
    """The platform, with calls that return when they are done. Use as `with Nosana() as client`, or `close()` it.

    Without arguments it asks the environment (`NOSANA_API_KEY`, `NOSANA_URL`, `NOSANA_ORGANISATION`, `NOSANA_PROJECT`,
    `NOSANA_PROFILE`), then the profile that `nosana login` wrote. `timeout` is the seconds an answer may take,
    `retries` how often a request is sent again where that is safe. Threads may share a client.

    Raises ConfigurationError.
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        url: str | None = None,
        organisation: str | None = None,
        project: str | None = None,
        profile: str | None = None,
        timeout: float = TIMEOUT_S,
        retries: int | None = None,
        patience: Patience | None = None,
        transport: Any = None,
        reader: Reader | None = None,
    ) -> None:
        settings = settings_find(key=key, url=url, organisation=organisation, project=project, profile=profile)
        line = BlockingLine(settings.url, timeout, transport)
        super().__init__(Core(settings, line, patience=_patience(patience, retries), reader=reader))

    def close(self) -> None:
        """Close the connections."""
        self._core.line.http.close()  # type: ignore[attr-defined]

    def __enter__(self) -> Nosana:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncNosana(Client[Async]):
    """The platform, with the same names as `Nosana`: calls are awaited, lists and streams are walked by `async for`.

    Takes the same arguments; use as `async with AsyncNosana() as client`, on asyncio or trio.
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        url: str | None = None,
        organisation: str | None = None,
        project: str | None = None,
        profile: str | None = None,
        timeout: float = TIMEOUT_S,
        retries: int | None = None,
        patience: Patience | None = None,
        transport: Any = None,
        reader: Reader | None = None,
    ) -> None:
        settings = settings_find(key=key, url=url, organisation=organisation, project=project, profile=profile)
        line = WaitingLine(settings.url, timeout, transport)
        super().__init__(Core(settings, line, patience=_patience(patience, retries), reader=reader))

    async def close(self) -> None:
        """Close the connections."""
        await self._core.line.close()

    async def __aenter__(self) -> AsyncNosana:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _patience(patience: Patience | None, retries: int | None) -> Patience:
    known = patience or Patience()
    return known if retries is None else Patience(retries, known.first, known.most, known.longest)
