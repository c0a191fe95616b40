"""The answers of the platform as typed models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from nosana.client.errors import AnswerUnreadable
from nosana.client.models.base import Model
from nosana.client.models.jobs import (
    Asked,
    Attempt,
    Counted,
    Estimate,
    Figures,
    Job,
    JobEvent,
    LogLine,
    Market,
    Note,
    Outcome,
    Policy,
    Rehearsal,
    Result,
    Service,
    StateSeen,
    Template,
    TemplateVersion,
)
from nosana.client.models.money import (
    AutomaticTopUp,
    Balance,
    BalanceAlert,
    BillingDetails,
    Budget,
    Cap,
    Card,
    CreditNote,
    Hold,
    Invoice,
    Limit,
    LimitSet,
    Lot,
    Quote,
    Refund,
    Statement,
    TopUp,
    Transfer,
    Usage,
    UsageRow,
    VatCheck,
)
from nosana.client.models.people import (
    Approval,
    ApprovalLimits,
    AuditEvent,
    Domain,
    Invitation,
    Key,
    Member,
    Organisation,
    Person,
    Place,
    Project,
    SignIn,
    Terms,
    WhoAmI,
)
from nosana.client.models.support import Ticket, TicketMessage, Visit
from nosana.client.models.webhooks import (
    Channel,
    Delivery,
    DeliveryTry,
    Event,
    EventType,
    Notice,
    NoticeChoices,
    NoticeKind,
    Replay,
    Webhook,
)

if TYPE_CHECKING:
    from nosana.client.core import Core

__all__ = [
    "Approval", "ApprovalLimits", "Asked", "Attempt", "AuditEvent", "AutomaticTopUp", "Balance", "BalanceAlert",
    "Counted", "Figures", "Service",
    "BillingDetails", "Budget", "Cap", "Card", "Channel", "CreditNote", "Delivery", "DeliveryTry", "Domain", "Estimate",
    "Event", "EventType", "Hold", "Invitation", "Invoice", "Job", "JobEvent", "Key", "Limit", "LimitSet", "LogLine",
    "Lot", "Market", "Member", "Model", "Note", "Notice", "NoticeChoices", "NoticeKind", "Organisation",
    "Outcome", "Person", "Place", "Policy", "Project", "Quote", "Refund", "Rehearsal", "Replay", "Result",
    "SignIn", "StateSeen", "Statement", "Template", "TemplateVersion", "Terms", "Ticket",
    "TicketMessage", "TopUp", "Transfer", "Usage", "UsageRow", "VatCheck", "Visit", "Webhook", "WhoAmI",
]  # fmt: skip


def read(name: str, data: Any, core: Core) -> Any:
    """Return data as the model of that name, bound to the client that read it. Raises AnswerUnreadable."""
    kind: type[Model] = globals()[name]
    try:
        found = kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        sentence = f"The platform's answer is no {name} as this version knows it: {place}: {first['msg']}."
        raise AnswerUnreadable(sentence) from error
    found.bind(core)
    return found
