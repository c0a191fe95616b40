"""The only way upwards: what a lower floor says or asks, and who above it answers. One page of dotted names.

An announcement is a fact with ids: `announce("billing.topup_credited", topup_id=…)` writes one message per
listener in the caller's transaction; each listener is the name of a task. A port is a question asked at once:
`ask("organisations.close_obstacles", …)` calls each dotted function and returns the list of answers.
"""

ANNOUNCEMENTS: dict[str, list[str]] = {
    "organisations.created": ["billing.wallet_open", "billing.trial_grant"],  # organisation_id
    # approval_id, state, round: it was asked, asks again, or is over
    "organisations.approval_moved": ["notifications.approval_tell"],
    # event_id: the line of the trail about a changed rule, sign-in or domain, or somebody whom a domain let in
    "organisations.sign_in_moved": ["notifications.sign_in_tell"],
    "organisations.freeze_moved": ["notifications.freeze_tell"],  # event_id: staff froze or thawed it
    "organisations.stop_wanted": ["jobs.stop_all"],  # organisation_id: staff froze it and want its jobs stopped
    "organisations.invitation_accepted": ["notifications.invitation_tell"],  # invitation_id
    "billing.credited": [],  # organisation_id
    "billing.vat_refund_due": ["payments.vat_refund_want"],  # topup_id, currency, minor
    # organisation_id: the available credits fell below a level somebody watches (billing.services.balance_watch)
    "billing.balance_changed": ["billing.balance_check", "payments.auto_top_up"],
    "billing.refunded": [],  # reversal_id: money of a top-up went back, by a refund or a lost dispute
    "billing.disputed": [],  # reversal_id: a bank took a payment back until it is decided; credits are frozen
    "jobs.wanted": ["bridge.order_make"],  # want_id
    "jobs.ended": ["bridge.result_fetch"],  # attempt_id: a node ran it and the chain says it ended
}

PORTS: dict[str, list[str]] = {
    # key: an organisation's own sign-in, as users.social.ProviderFacts
    "users.provider_facts": ["apps.organisations.services.sign_in.provider_facts"],
    # key, email, user or None, now: the organisation's provider names somebody; raises a refusal
    "users.provider_vouches": ["apps.organisations.services.sign_in.provider_vouches"],
    # user, email, now: an address was confirmed as the person's
    "users.address_proven": ["apps.organisations.services.sign_in.address_joins"],
    # name: the TXT records that DNS has under it
    "organisations.txt_records": ["apps.organisations.dns.txt_records"],
    # An approved act, done in the approving transaction (docs/approvals.md); returns "noun:<id>" of what it made.
    "approvals.job": ["apps.jobs.services.job_approved"],  # approval, now
    "approvals.cap": ["apps.billing.services.cap_approved"],  # approval, now
    "approvals.refund": ["apps.payments.services.refund_approved"],  # approval, now
    "approvals.visit": ["apps.support.services.visit_approved"],  # approval, now
    "approvals.goodwill": ["apps.billing.services.goodwill_approved"],  # approval, now
    "approvals.staff_cap": ["apps.billing.services.staff_cap_approved"],  # approval, now
    "approvals.trial": ["apps.billing.services.trial_approved"],  # approval, now
    "approvals.allowance": ["apps.payments.services.allowance_approved"],  # approval, now
    "approvals.release": ["apps.payments.services.release_approved"],  # approval, now
    # quote_ids: which of them something was paid with, so that the others may be deleted
    "billing.quotes_in_use": ["apps.payments.selectors.quotes_in_use"],
    # organisation_id, since, until: what shows that a disputed payment was used, as a core.sheets.Sheet
    "payments.evidence": ["apps.jobs.evidence.job_evidence"],
    # now: whether the platform is read-only, so that nothing new is begun
    "core.read_only": ["apps.support.announcements.services.read_only"],
    # every sentence an app keeps for many readers, in English, to be said again in theirs (core.retelling)
    "core.kept_sentences": [
        "apps.organisations.sentences.kept_sentences",
        "apps.notifications.sentences.kept_sentences",
        "apps.billing.sentences.kept_sentences",
        "apps.payments.sentences.kept_sentences",
        "apps.jobs.sentences.kept_sentences",
        "apps.bridge.sentences.kept_sentences",
    ],
    # source: whether its hold is still needed, or None for a foreign source
    "billing.hold_needed": ["apps.jobs.selectors.hold_needed"],
    # the kinds of events an app tells to webhooks, each a notifications.types.EventType
    "notifications.event_types": [
        "apps.jobs.events.event_types",
        "apps.billing.events.event_types",
        "apps.payments.events.event_types",
        "apps.notifications.events.event_types",
        "apps.support.events.event_types",
    ],
    # user_id: what stands against erasing a person, as sentences; and the erasing itself, in its transaction (now)
    "people.erase_obstacles": ["apps.organisations.personal.erase_obstacles"],
    "people.erase": [
        "apps.organisations.personal.member_erase",
        "apps.notifications.personal.reader_erase",
        "apps.payments.personal.payer_erase",
    ],
    # organisation_id: what is still open in it, as a list of organisations.closing.Obstacle
    "organisations.close_obstacles": [
        "apps.billing.closing.close_obstacles",
        "apps.payments.closing.close_obstacles",
        "apps.jobs.closing.close_obstacles",
    ],
}
