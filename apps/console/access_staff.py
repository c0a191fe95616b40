"""Routes of the desk, which only the platform's own people open: by method, what each is for."""

STAFF: dict[str, dict[str, str]] = {
    "support:treasury": {"GET": "how the treasury stands"},
    "support:search": {"GET": "what a word names, of what the person may see"},
    "support:organisation": {"GET": "an organisation at a glance"},
    "support:note": {"POST": "a note on an organisation, for colleagues"},
    "support:job": {"GET": "why a job cost what it cost"},
    "support:staff": {"GET": "superusers only", "POST": "superusers only"},
    "support:visit_begin": {"POST": "of one's own, once it is approved"},
    "support:visit_end": {"POST": "of one's own"},
    "support:reconciliation": {"GET": "the days, with what matched"},
    "support:reconciliation_day": {"GET": "a day of Stripe, ledger and chain"},
    "support:reconciliation_items": {"GET": "what did not match"},
    "support:reconciliation_item": {"GET": "what did not match, and what was done about it"},
    "support:reconciliation_act": {"POST": "owner, comment, resolution; books are never touched"},
    "support:closes": {"GET": "the months, with who signed them off"},
    "support:close": {"GET": "the steps of a month's close"},
    "support:close_act": {"POST": "signs a month off, or takes that back"},
    "support:close_export": {"GET": "postings and chart of accounts of a month"},
    "support:close_vat": {"POST": "draws a month's VAT report"},
}
