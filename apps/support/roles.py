"""What each of the staff's roles may see and do, as one readable table; groups in the database hold it.

Whoever changes a line here writes a migration that calls `roles_write` with the new table: a test holds the newest
one against this page, and docs/support.md too (`manage.py staff_roles --write docs/support.md`). A superuser may do
everything, and alone gives roles.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.management import create_permissions

SUPPORT, FINANCE, OPERATOR = "support", "finance", "operator"
ROLES = (SUPPORT, FINANCE, OPERATOR)
ROLE_WORDS = {
    SUPPORT: "answers customers",
    FINANCE: "sees to money",
    OPERATOR: "keeps jobs, chain and tasks going",
}


@dataclass(frozen=True)
class Right:
    """What somebody may do, in words; the permissions behind it, each `app.codename`; the roles that have it."""

    words: str
    permissions: tuple[str, ...]
    roles: tuple[str, ...]


def _see(words: str, places: str, *roles: str) -> Right:
    """Return the right to look at the rows of these models, named as in `app.model`."""
    named = (place.split(".") for place in places.split())
    return Right(words, tuple(f"{app}.view_{model}" for app, model in named), roles or ROLES)


SIGHTS = (
    _see(
        "organisations at a glance, their keys by prefix, domains, approvals",
        "organisations.organisation organisations.apikey organisations.approval organisations.domain",
    ),
    _see("jobs with their cost, tries, orders, markets", "jobs.job jobs.attempt jobs.market bridge.order"),
    _see(
        "invoices, credit notes, top-ups, refunds, disputes, goodwill",
        "billing.invoice billing.creditnote payments.topup payments.refund payments.dispute billing.goodwill",
    ),
    _see("holds, and invoices that wait for a number", "billing.hold billing.invoicedue"),
    _see("mails and tasks", "core.mail core.message"),
    _see("webhook endpoints and deliveries", "notifications.endpoint notifications.delivery"),
    _see("what colleagues did, and why", "core.staffact"),
    _see("notes on organisations", "support.note"),
    _see("announcements", "support.announcement"),
    _see("tickets, and the answers kept ready", "support.ticket support.cannedanswer"),
    _see("early users with what they did and said", "support.feedback"),
    _see("events of Stripe", "payments.stripeevent", FINANCE, OPERATOR),
    _see(
        "cards, customers at Stripe, rules of automatic top-ups, declines, ceilings, vouchers",
        "payments.card payments.stripecustomer payments.topuprule payments.decline payments.allowance billing.voucher",
        SUPPORT,
        FINANCE,
    ),
    _see("the price of NOS", "billing.rate billing.reading billing.jump", FINANCE, OPERATOR),
    _see("the treasury and stray accounts", "bridge.treasuryreading bridge.stray", FINANCE, OPERATOR),
    _see(
        "reconciliation day by day, and the close of months",
        "support.reconciliationday support.reconciliationitem support.monthclose",
        FINANCE,
        OPERATOR,
    ),
)
ACTS = (
    Right("freeze and thaw an organisation", ("organisations.freeze_organisation",), ROLES),
    Right("set and remove an organisation's caps", ("billing.change_cap",), (SUPPORT, FINANCE)),
    Right(
        "send again: invoices, proofs of an address, mails, events to webhooks",
        ("core.change_mail", "notifications.change_delivery"),
        ROLES,
    ),
    Right("write notes on an organisation", ("support.add_note",), ROLES),
    Right(
        "write announcements, and end them",
        ("support.add_announcement", "support.change_announcement"),
        (SUPPORT, OPERATOR),
    ),
    Right("make the platform read-only for a while, and end that", ("support.stop_writing",), (OPERATOR,)),
    Right("answer tickets, and give them an owner", ("support.change_ticket",), ROLES),
    Right("answer feedback", ("support.change_feedback",), ROLES),
    Right(
        "keep answers ready",
        ("support.add_cannedanswer", "support.change_cannedanswer", "support.delete_cannedanswer"),
        (SUPPORT,),
    ),
    Right("look into an organisation that allows it", ("support.visit_organisations",), (SUPPORT,)),
    Right("give goodwill credits", ("billing.add_goodwill",), (SUPPORT, FINANCE)),
    Right("make a trial longer", ("billing.add_trialextension",), (SUPPORT, FINANCE)),
    Right("refund", ("payments.add_refund",), (FINANCE,)),
    Right("decide about held payments, and set ceilings for top-ups", ("payments.release_topup",), (FINANCE,)),
    Right("decide what colleagues ask for", ("organisations.change_approval",), (FINANCE,)),
    Right("own and resolve what reconciliation did not match", ("support.change_reconciliationitem",), (FINANCE,)),
    Right("sign a month off, or take that back", ("support.change_monthclose",), (FINANCE,)),
    Right("prove a domain", ("organisations.change_domain",), (SUPPORT,)),
    Right("answer disputes", ("payments.change_dispute",), (FINANCE,)),
    Right("make and withdraw vouchers", ("billing.add_voucher",), (FINANCE,)),
    Right("ask Stripe again about a top-up", ("payments.change_topup",), (FINANCE,)),
    Right("confirm a jump of the price", ("billing.change_jump",), (FINANCE,)),
    Right("handle an event of Stripe again", ("payments.change_stripeevent",), (FINANCE, OPERATOR)),
    Right("try given-up tasks again", ("core.change_message",), (OPERATOR,)),
    Right("try parked orders again", ("bridge.change_order",), (OPERATOR,)),
    Right("have chain, log and result of a job read again", ("jobs.observe_job",), (SUPPORT, OPERATOR)),
    Right("end a job", ("jobs.end_job",), (SUPPORT, OPERATOR)),
    Right("move a waiting job to another market", ("jobs.move_job",), (SUPPORT, OPERATOR)),
    Right("take back from the chain what a job left there", ("jobs.recover_job",), (OPERATOR,)),
    Right("settle a parked try by hand", ("jobs.change_attempt",), (FINANCE, OPERATOR)),
    Right("hide, order and annotate markets", ("jobs.change_market",), (OPERATOR,)),
)


def permissions_of(role: str, rights: Iterable[Right] = (*SIGHTS, *ACTS)) -> list[str]:
    """Return every permission of a role, in order."""
    return sorted({name for right in rights if role in right.roles for name in right.permissions})


def roles_write(apps: Any, table: Mapping[str, Iterable[str]]) -> None:
    """Make each group of the table have exactly these permissions; for migrations, so `apps` is a registry.

    Raises ValueError for a permission of no model that the migration depends on.
    """
    for app in apps.get_app_configs():  # `migrate` itself would make permissions only once it has ended
        before, app.models_module = getattr(app, "models_module", None), True
        create_permissions(app, apps=apps, verbosity=0)
        app.models_module = before
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    known = {
        f"{one.content_type.app_label}.{one.codename}": one
        for one in permissions.objects.select_related("content_type")
    }
    for role, names in table.items():
        missing = set(names) - set(known)
        if missing:
            raise ValueError(f"No model has these permissions of {role}: {', '.join(sorted(missing))}.")
        group, _made = groups.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in names])


def roles_table() -> str:
    """Return who may see and do what, as a table in Markdown."""
    lines = ["| | " + " | ".join((*ROLES, "superuser")) + " |", "|---|" + "---|" * (len(ROLES) + 1)]
    for head, rights in (("**see**", SIGHTS), ("**do**", ACTS)):
        lines.append(f"| {head} |" + " |" * (len(ROLES) + 1))
        for right in rights:
            marks = ["yes" if role in right.roles else "" for role in ROLES]
            lines.append(f"| {right.words} | " + " | ".join((*marks, "yes")) + " |")
    told = "only superusers: give and take roles, look into an organisation without its approval"
    return "\n".join([*lines, f"| {told} |" + " |" * len(ROLES) + " yes |"]) + "\n"
