"""Values for the examples of the reference: of Acme B.V., its people, and a job of theirs on 31 January 2027."""

from typing import Any

NODE, JOB = "HGHEodfLB2GXUE6Ub8tmzahPtfdTXFeqW8RP3x3mkGhS", "0199aaaa-0000-7000-8000-00000000000a"
ADDRESS = "3nUYmd4DqCzW4tBGGEc6uVV7GhBTcgQZLPjNqPgVdmpT"
SIGNATURE = "4LZbvvevXTiEfi66mSmNibfKHzQsPCSwp5Cu49b4E8RWSfvfoMvAxg3W3cKY8qhJFpi5C9hAWuFy1xNRLwxF95TU"
CID = "Qma1Gw6FcDBYrVqoFoTuBQzjhuwzuwgBN2GBed7M1EoJLt"
NOW, TOMORROW, EARLIER = "2027-01-31T12:00:00Z", "2027-02-01T12:00:00Z", "2027-01-12T09:30:00Z"
MONTH = {"starts_at": "2026-12-31T23:00:00Z", "ends_at": "2027-01-31T23:00:00Z", "time_zone": "Europe/Amsterdam"}
PAGE = f"https://console.example/o/acme/jobs/{JOB}/"
SELLER = {
    "name": "Nosana Web B.V.", "address": "Herengracht 2, 1015 BA Amsterdam", "country": "NL",
    "vat_id": "NL000099998B57", "email": "billing@nosana-web.example", "registration": "KvK 00000000",
}  # fmt: skip
DEFINITION = {
    "version": "0.1",
    "type": "container",
    "ops": [{"type": "container/run", "id": "main", "args": {"image": "ubuntu", "cmd": ["echo", "hello"]}}],
}
FORMATS = {
    "uuid": JOB,
    "date-time": NOW,
    "date": "2027-01-31",
    "email": "mia@acme.example",
    "uri": "https://acme.example/hooks/nosana",
}
# By the name of the field, whatever it belongs to.
WORDS: dict[str, Any] = {
    "act": "cap.set", "actor": "person", "address": ADDRESS, "agent": "nosana/0.2.0", "answer": "ok",
    "archived_at": None, "author": "mia@acme.example", "brand": "visa", "by": "project", "card": None,
    "checkout_url": "https://checkout.example/pay/1", "cid": CID, "closed_at": None, "code": "WELCOME-2027",
    "consultation": "WAPIAAAAX1", "content": "{}", "cost_centre": "R&D", "country": "NL", "currency": "EUR",
    "daily_hour": 8, "days": None, "decided_by": None, "definition": DEFINITION, "definition_cid": CID,
    "deleted_at": None, "description": "Events for our own console", "detail": "The name is too long.",
    "digest": "9f" * 32, "document": "NW-2027-000001", "edited_at": None, "email": "mia@acme.example",
    "environment": "live", "error": "", "errors": [], "failing_since": None, "failure": "",
    "finance_email": "finance@acme.example", "format": "nosana-audit-proof/1", "frozen_at": None,
    "gpu": "NVIDIA RTX 4090", "invited_by": "olga@acme.example", "invoice": "NW-2027-000001",
    "key": "nos_live_84qdxnVXlhia…", "labels": {"team": "search"},
    "last4": "4242", "legal_name": "Acme B.V.", "level": "project", "limited": False, "list_signature": SIGNATURE,
    "mail": "daily", "market": "nvidia-4090", "member": "mia@acme.example", "method": "card", "missing_since": None,
    "month": "2027-01", "name": "Training", "networks": ["203.0.113.0/24"], "next_cursor": None, "node": NODE,
    "node_wanted": NODE, "note": "", "number": "NW-2027-000001", "off_at": None, "off_reason": "",
    "old_secret_until": None, "op": "main", "operation": "main", "outcome": "launched", "path": ["9f" * 32],
    "paused_until": None, "people": ["olga@acme.example"], "period": "month", "permissions": ["jobs.view"],
    "po_number": "4711", "prefix": "84qdxnVXlhia", "program": "Nosana command line", "project": "default",
    "projects": {"default": "developer"}, "quiet_from": 22, "quiet_until": 7, "reason": "", "record": "{}",
    "reference": "pi_SxqTcAMAwQD3YmQ3SpxRoh1u", "refusal": "", "registration": "KvK 00000000", "replaces": None,
    "requester": "mia@acme.example", "result_cid": CID, "revoked_at": None, "role": "developer", "root": "9f" * 32,
    "run_address": NODE, "salt": "00" * 16, "scopes": ["jobs.view", "jobs.launch"],
    "secret": "whsec_Hspv5+PJu48XNw52mFWQg9aEJYyc46C8", "secrets": {"HF_TOKEN": "hf_secret"},
    "sentence": "A node runs it.", "series_prefix": "NW", "settle_signature": SIGNATURE, "signature": SIGNATURE,
    "slug": "acme", "source": "oracle", "status": "success", "stop_requested_at": None, "stream": "container",
    "subject": f"job:{JOB}", "successor": None, "summary": "Runs a command.", "table": "new@acme.example, developer",
    "tags": ["first-job", "cpu"], "target": "default", "template": "hello-gpu", "text": "hello",
    "time_zone": "Europe/Amsterdam", "title": "Hello, GPU", "to": "olga@acme.example", "topup_id": None,
    "type": "job.completed", "types": ["job.completed"], "url": "https://acme.example/hooks/nosana",
    "values": {}, "variables": [], "vat_bp": 2_100, "vat_id": "NL000099998B57", "vat_note": "",
    "vat_rule": "domestic", "version": "2026-11", "who": "mia@acme.example", "marks": [50, 80, 100],
    "timeout_s": 3_600, "seconds": 3_600, "limit": 50,
}  # fmt: skip
# By a number's ending: its unit.
UNITS = {"_micro": 1_500_000, "_minor": 10_000, "_bp": 2_100, "_s": 3_600, "_hours": 24, "_percent": 98}
MOMENTS = {"expires_at": TOMORROW, "created_at": EARLIER, "deadline": "2027-02-07T12:00:00Z"}
MOMENTS |= {"resets_at": MONTH["ends_at"]}
_AMOUNTS = {"currency": "EUR", "net_minor": 10_000, "vat_minor": 2_100, "total_minor": 12_100}
_RATE: dict[str, Any] = {"rate_micro": 420_000, "spread_bp": 200, "rate_charged_micro": 428_400}
_RATE |= {"rate_source": "pyth", "rate_at": NOW}
_CREDITS = {"credits_micro": 233_426_704}
_ENDPOINT = {"types": ["job.completed"], "url": "https://acme.example/hooks/nosana"}
_EVENT = {
    "type": "job.completed", "subject": f"job:{JOB}", "sequence": 2, "at": NOW,
    "data": {
        "id": JOB, "name": "Training", "state": "completed", "reason": "finished", "project": "default",
        "sentence": "The node finished it after 120 s.",
    },
}  # fmt: skip
_DELIVERY = {"state": "delivered", "tries": 1, "delivered_at": NOW}
_LIMIT: dict[str, Any] = {"name": "Default", "limit_micro": 500_000_000, "used_micro": 120_000_000}
_LIMIT |= {"left_micro": 380_000_000}
_LIMIT |= {"level": "project", "subject": "0199aaaa-0000-7000-8000-00000000000d"}
_PAID = {"number": "NW-2027-000001", "issued_at": NOW, **_AMOUNTS}
_CLOSED: dict[str, Any] = {"opening_micro": 100_000_000, "change_micro": -12_500_000, "closing_micro": 87_500_000}
_CLOSED |= {"lines": 14}
_CLOSED |= {"closed_at": "2027-02-01T03:00:00Z"}
_TEMPLATE = {"slug": "hello-gpu", "own": True, "version": 3, "gpu": "any", "vram_gb": 0, "minutes": 10}
_KEY: dict[str, Any] = {"name": "CI", "kind": "personal", "project": None, "networks": [], "last_used_at": NOW}
_KEY |= {"expires_at": None}
_TICKET: dict[str, Any] = {"number": 1042, "subject": "The log stops at line 7", "state": "waiting", "job": JOB}
_TICKET |= {"invoice": None, "opened_by": "mia@acme.example", "opened_at": EARLIER, "moved_at": NOW}
_JOB = {
    "id": JOB, "name": "Training", "state": "running", "reason": "", "sentence": "Node HGHEodfL… runs it.",
    "project": "default", "member": "mia@acme.example", "market": "nvidia-4090", "timeout_s": 3600,
    "visibility": "private", "price_micro": 115, "held_micro": 434_700, "cost_micro": 13_800, "settled": False,
    "attempt": 1, "address": ADDRESS, "node": NODE, "created_at": "2027-01-31T12:00:00Z",
    "queued_at": "2027-01-31T12:00:01Z", "started_at": "2027-01-31T12:00:04Z", "ended_at": None,
    "stop_requested_at": None, "result_at": None,
}  # fmt: skip
# By the shape they belong to: what its fields are there; the others are as their names say.
SHAPES: dict[str, dict[str, Any]] = {
    "ApprovalShape": {
        "kind": "Launch a job", "subject": f"job:{JOB}", "amount_micro": 120_000_000, "state": "open", "round": 1,
        "worst_case": "It costs 120.00 credits at most.", "lines": {"Market": "NVIDIA RTX 4090"}, "outcome": "",
        "ended_at": None, "created_at": NOW,
    },
    "ApprovalLimits": {"approval_job_micro": 100_000_000, "approval_cap_micro": 500_000_000},
    "PatchedApprovalLimits": {"approval_job_micro": 100_000_000, "approval_cap_micro": 500_000_000},
    "AttemptShape": {
        "number": 1, "price_micro": 115, "held_micro": 434_700, "listed_at": "2027-01-31T12:00:01Z",
        "started_at": "2027-01-31T12:00:04Z", "ended_at": "2027-01-31T12:02:04Z", "settle_slot": 943,
        "seconds": 120, "cost_micro": 13_800, "fee_micro": 690, "released_micro": 420_210,
        "settled_at": "2027-01-31T12:02:20Z",
    },
    "AuditShape": {
        "id": 41, "act": "cap.set", "subject": "cap:0199aaaa-0000-7000-8000-00000000000c", "address": "203.0.113.7",
        "before": None, "after": {"limit_micro": 500_000_000, "period": "month"}, "erased": False,
    },
    "BalanceShape": {"available_micro": 232_992_004, "held_micro": 434_700, "frozen_micro": 0},
    "BudgetShape": {**_LIMIT, "limit_micro": 400_000_000, "left_micro": 280_000_000},
    "CapShape": _LIMIT,
    "CardShape": {"expires_month": 12, "expires_year": 2029, "country": "NL", "default": True},
    "ChatShape": {"kind": "slack", "url": "hooks.slack.com", "description": "#gpu-jobs", "project": None},
    "ChoicesShape": {"time_zone": "Europe/Amsterdam", "daily_hour": 8},
    "CountShape": {"count": 12},
    "CreditNoteShape": {**_PAID, "number": "NWC-2027-000001"},
    "CreditNoteWhole": {
        **_PAID, "number": "NWC-2027-000001", "kind": "credit_note", "supplied_at": NOW, "vat_home": None,
        "reason": "The unused credits were refunded.", "seller": SELLER,
    },
    "DeliveryShape": _DELIVERY,
    "DeliveryWhole": _DELIVERY,
    "DigestsShape": {"digests": {"2027-01-30": "9f" * 32, "2027-01-31": "4b" * 32}},
    "DocumentLineShape": {
        "description": "Compute credits for the Nosana network", **_CREDITS, "rate_micro": 428_400,
        "net_minor": 10_000,
    },
    "DomainNew": {"name": "acme.example"},
    "DomainShape": {
        "name": "acme.example", "record_name": "_nosana-web.acme.example",
        "record_text": "nosana-web-verification=a85e0c76102aa3984336de4b4ca30c10",
        "verified_at": NOW, "verified_by": "dns", "join_role": "viewer",
    },
    "EndpointShape": _ENDPOINT,
    "EndpointShown": _ENDPOINT,
    "EstimateShape": {
        "network_micro": 414_000, "network_fee_micro": 0, "platform_fee_micro": 20_700, "total_micro": 434_700,
        "per_hour_micro": 434_700,
    },
    "EventShape": _EVENT,
    "EventTypeShape": {"name": "job.completed", "sentence": "A job ended well.", "example": _EVENT["data"]},
    "HoldShape": {
        "source": f"job:{JOB}:1", "label": "Training", "project_slug": "default", "api_key": None,
        "network_micro": 414_000, "network_fee_micro": 0, "platform_fee_micro": 20_700, "amount_micro": 434_700,
        "state": "open", "placed_at": NOW, "expires_at": "2027-02-07T13:00:00Z", "ended_at": None,
    },
    "InvitationShape": {
        "email": "new@acme.example", "projects": None, "state": "open", "sends": 1, "sent_at": NOW, "created_at": NOW,
        "expires_at": "2027-02-07T12:00:00Z",
    },
    "InvoiceShape": _PAID,
    "InvoiceWhole": {
        **_PAID, **_RATE, **_CREDITS, "kind": "invoice", "supplied_at": NOW, "vat_home": None, "vat_check": None,
        "places": [], "seller": SELLER,
    },
    "JobEvent": {"seq": 3, "kind": "running", "state": "running", "act": "list", "slot": 935}
    | {"sentence": "Node HGHEodfL… runs it."},
    "KeyShape": _KEY,
    "KeyShown": _KEY,
    "KeepingBody": {"days": 30},
    "KindShape": {"kind": "job.settled", "label": "A job’s cost is final", "here": True, "alarm": False},
    "KindSumShape": {"name": "Jobs", "count": 12, "micro": -12_500_000},
    "LimitShape": {"limit_micro": 500_000_000},
    "LineShape": {"seq": 2, "stream": "container", "text": "hello"},
    "LogShape": {"next_after": 2, "dropped_lines": 0},
    "LotShape": {
        "kind": "paid", "project": None, "project_slug": None, "granted_micro": 233_426_704,
        "remaining_micro": 232_992_004, "net_minor": 10_000, "vat_minor": 2_100, "expires_at": None,
        "topup_id": "0199aaaa-0000-7000-8000-00000000000b",
    },
    "MarketShape": {
        "slug": "nvidia-4090", "address": "CDiQYgCayfrE1pP7yGE6MvdBh21K8otqnRK5EuYrSx7k", "name": "NVIDIA RTX 4090",
        "vram_gb": 24, "price_micro": 115, "usd_micro_hour": 190_400, "job_timeout": 7_200, "nodes_waiting": 3,
        "queue_type": 1, "queue_len": 3, "wait_median_s": 2, "jobs_counted": 214,
    },
    "MemberShape": {"id": 7, "name": "Mia", "projects": None},
    "MovementShape": {"at": "2027-01-31 13:00", "text": "Top-up", "micro": 233_426_704},
    "NoteShape": {"text": "The loss flattens after an hour; shorter runs are enough."},
    "NoteBody": {"text": "The loss flattens after an hour; shorter runs are enough."},
    "PatchedNoteBody": {"text": "Half an hour is enough."},
    "NoticeShape": {
        "kind": "job.settled", "title": "“Training” ended and cost 0.01449 credits",
        "text": "Settled for 120 s; the rest of the hold is released.", "alarm": False, "url": PAGE,
    },
    "OrganisationShape": {
        "name": "Acme", "address": "Herengracht 1, 1015 BA Amsterdam", "approval_job_micro": 100_000_000,
        "approval_cap_micro": None, "audit_retention_days": None,
        "finance_email": "finance@acme.example",
    },
    "OutcomeShape": {"exit_code": 0},
    "PartyShape": {"name": "Acme B.V.", "address": "Herengracht 1, 1015 BA Amsterdam", "email": "finance@acme.example"},
    "PersonShape": {"name": "Mia"},
    "PlaceProofShape": {"kind": "card", "reference": "NL"},
    "PlaceShape": {
        "name": "Acme", "permissions": ["jobs.launch", "jobs.stop", "jobs.view"], "projects": None,
    },
    "ProjectShape": {"slug": "default", "name": "Default"},
    "ProjectNew": {"name": "Search", "labels": {"team": "search"}},
    "PatchedProjectChange": {"name": "Search", "archived": False},
    "ProjectSumShape": {"name": "Default", "jobs": 12, "seconds": 108_000, "micro": 12_500_000},
    "QuoteShape": {**_AMOUNTS, **_RATE, **_CREDITS, "created_at": NOW, "expires_at": "2027-01-31T13:00:00Z"},
    "RefundShape": {
        "topup": "0199aaaa-0000-7000-8000-00000000000b", "state": "succeeded", "gross_minor": 12_100, "ended_at": NOW,
        "created_at": NOW,
    },
    "RefundNew": {"reason": "We topped up twice by mistake."},
    "RehearsalShape": {"outcome": "launched"},
    "ResultShape": {"truncated": False},
    "Retention": {"days": 365},
    "RuleShown": {
        "on": True, "below_micro": 50_000_000, "amount_minor": 10_000, "days": None, "month_cap_minor": 50_000,
        "declines": 0, "month_charged_minor": 10_000, "month_left_minor": 40_000, "updated_at": EARLIER,
    },
    "ServiceShape": {
        "port": 8000, "kind": "api", "url": f"https://{CID[:20].lower()}.node.example", "health": "answers",
        "checks": ["GET /health → 200"], "sentence": "Answers with 200 after 12 ms.",
    },
    "FiguresShape": {"name": "gpu_percent", "unit": "%", "points": [{"at": NOW, "value": 87.0}]},
    "SettledJobShape": {
        "at": "2027-01-31 13:02", "project": "Default", "text": "Training", "seconds": 120, "micro": 14_490,
    },
    "SignInRulesShape": {"sso_only": False, "provider": "oidc", "issuer": "https://login.acme.example"},
    "StatementDataShape": {
        **_CLOSED, **MONTH, "seller": SELLER, "title": "Statement of January 2027",
        "last_day": "2027-01-31T00:00:00+01:00",
    },
    "StatementShape": _CLOSED | MONTH,
    "StatementWhole": _CLOSED | MONTH,
    "TicketShape": _TICKET,
    "TicketWhole": _TICKET,
    "TicketMessageShape": {"author": "mia@acme.example", "by_staff": False, "solved": False}
    | {"text": "It ran for an hour and then nothing more came. What can I do?"},
    "VisitShape": {
        "staff": "sam@nosana-web.example", "reason": "Your ticket #1042", "minutes": 30, "glass_broken": False,
        "ended_at": None, "ended_how": "", "pages": 4, "approved_at": NOW, "began_at": NOW, "expires_at": NOW,
    },
    "FeedbackNew": {"text": "How do I see the files of my first job?"},
    "TemplateBrief": _TEMPLATE,
    "TemplateNew": {"note": "The first version."},
    "TemplateShape": {**_TEMPLATE, "description": "Prints hello, to see that everything works."},
    "TemplateVersionNew": {"base": 3},
    "TemplateVersionShape": {"number": 3, "note": "A shorter command.", "restored_from": None},
    "TermsShape": {"accepted_by": "olga@acme.example", "accepted_at": EARLIER},
    "TopUpShape": {
        **_AMOUNTS, **_CREDITS, "state": "open", "automatic": False, "rate_charged_micro": 428_400, "paid_at": None,
        "created_at": NOW, "expires_at": "2027-01-31T13:00:00Z",
    },
    "TransferShape": {
        "id": 18, "kind": "settlement", "amount_micro": 420_210, "source": f"job:{JOB}:1",
        "sentence": "Training cost 0.01449 credits; the rest of its hold came back",
    },
    "TryShape": {"status": 200, "milliseconds": 84},
    "UsageRowShape": {"name": "Default", "records": 12, "seconds": 108_000, "amount_micro": 12_500_000},
    "UsageShape": {"since": MONTH["starts_at"], "until": MONTH["ends_at"], "cut": False},
    "VatCheckShape": {"state": "valid", "name": "Acme B.V."},
    "VatRateShape": {"bp": 2_100, "net_minor": 10_000, "vat_minor": 2_100},
    "WhoAmIShape": {"sign_in": None},
}  # fmt: skip
_DAYS = "These days cannot be: the first is not after the last, and three years apart at most."
_ODD = "There is no such field here; remove it, or compare its spelling with the reference."
# One refusal of each status: its code, its sentence, and what else it says.
REFUSALS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "400": ("invalid", f"colour: {_ODD}", {"fields": {"colour": [_ODD]}}),
    "401": ("key_unknown", "This API key is unknown; compare it with the one you were shown.", {}),
    "402": (
        "insufficient_credits",
        "This needs 12 credits and Acme has 10: 2 are missing. Top up, or choose a cheaper market.",
        {
            "missing_micro": 2_000_000,
            "needed_micro": 12_000_000,
            "usable_micro": 10_000_000,
            "next": {"label": "Top up", "url": "https://console.example/o/acme/billing/top-up/"},
        },
    ),
    "403": ("denied", "Your role in Acme, viewer, does not allow this; ask an owner or an admin.", {}),
    "404": ("not_found", "There is no such job in Acme.", {}),
    "405": ("method_not_allowed", "Method “PUT” not allowed; use GET or POST.", {}),
    "409": ("key_reused", "This Idempotency-Key came with another request before; use a new one.", {}),
    "412": (
        "changed_meanwhile",
        "This has changed since you read it: read it again, then change what it is now.",
        {},
    ),
    "413": (
        "body_too_large",
        "The body is over the limit of 1,048,576 bytes. Nothing was changed: send less at once.",
        {},
    ),
    "415": (
        "unsupported_media_type",
        "The body is not announced as JSON: send “Content-Type: application/json”.",
        {},
    ),
    "422": ("period_unknown", _DAYS, {"fields": {"since": [_DAYS]}}),
    "429": ("rate_limited", "More than 600 requests a minute: wait 12 s, then go on more slowly.", {}),
    "500": (
        "server_error",
        "Something went wrong on our side; nothing is half done. Try again, with the same Idempotency-Key.",
        {},
    ),
    "503": (
        "read_only",
        "We are working on the platform: it can be read, but not changed, for a few minutes.",
        {},
    ),
}
# What is a file to keep, by the ids of the addresses.
FILES: dict[str, Any] = {
    "jobs_log_text_get": f"{NOW.replace('Z', '.042000Z')} main container: hello\n",
    "jobs_log_json_get": '{"seq": 2, "op": "main", "stream": "container", "at": "2027-01-31T12:00:05.042000Z", '
    '"text": "hello"}\n',
    "jobs_log_stream_get": 'retry: 1000\n\nevent: state\ndata: {"state": "running", "seen": "4-0-0"}\n\n'
    'id: 2\nevent: log\ndata: {"seq": 2, "op": "main", "stream": "container", '
    '"at": "2027-01-31T12:00:05.042000Z", "text": "hello"}\n\n',
    "billing_usage_csv_get": "settled_at,started_at,ended_at,seconds,credits,source,job,project,member,api_key,market,"
    "template,labels\n2027-01-31T12:02:20+00:00,2027-01-31T12:00:04+00:00,2027-01-31T12:02:04+00:00,120,0.014490,"
    f"job:{JOB}:1,Training,Default,mia@acme.example,,nvidia-4090,,team=search\n",
    "jobs_result_file_get": {
        "status": "success", "startTime": 1_801_396_804_000, "endTime": 1_801_396_924_000, "errors": [],
        "opStates": [{"operationId": "main", "group": "main", "status": "success", "exitCode": 0, "logs": []}],
    },
    "billing_ledger_proof_get": {
        "format": "nosana-web ledger proof 1", "made_at": NOW, "first": "2027-01-01", "last": "2027-01-30",
        "accounts": ["org:0199aaaa-0000-7000-8000-00000000000b:available"], "chain": [], "days": [],
    },
}  # fmt: skip
# What hangs together, as a whole.
WHOLE: dict[str, Any] = {
    "JobNew": {
        "name": "Training",
        "definition": DEFINITION,
        "market": "nvidia-4090",
        "timeout_s": 3600,
        "project": "default",
        "labels": {"team": "search"},
    },
    "JobShape": _JOB,
    "JobWhole": _JOB
    | {
        "definition": DEFINITION, "secrets": ["HF_TOKEN"], "secrets_of": None,
        "policy": {
            "queue_limit_s": None, "queue_then": "wait", "silent_limit_s": 900, "reposts": 1, "near_then": "warn",
            "extend_by_s": 3600, "extend_most_s": 86_400,
        },
        "template": "", "template_number": None, "labels": {"team": "search"}, "node_wanted": None, "url": PAGE,
    },
    "PatchedJobChange": {"name": "Training, second try"},
    "JobExtend": {"timeout_s": 7200},
    "PolicyShape": {
        "queue_limit_s": None, "queue_then": "wait", "silent_limit_s": 900, "reposts": 1, "near_then": "warn",
        "extend_by_s": 3600, "extend_most_s": 86_400,
    },
    "PatchedPolicyChange": {"queue_limit_s": 3600, "queue_then": "give_up", "reposts": 1},
    "PatchedOrganisationChange": {"finance_email": "finance@acme.example", "time_zone": "Europe/Amsterdam"},
    "PatchedMemberChange": {"role": "viewer"},
    "PatchedBillingDetailsChange": {"po_number": "4711", "cost_centre": "R&D"},
    "PatchedDomainChange": {"join_role": "viewer"},
    "InvitationNew": {"email": "new@acme.example", "role": "developer", "projects": None},
    "KeyNew": {"name": "CI", "scopes": ["jobs.view", "jobs.launch"], "kind": "personal"},
    "CapSet": {"level": "organisation", "period": "month", "limit_micro": 500_000_000},
    "BudgetSet": {
        "level": "organisation", "period": "month", "limit_micro": 400_000_000, "marks": [50, 80, 100],
        "people": ["olga@acme.example"],
    },
    "TicketNew": {"subject": _TICKET["subject"], "text": "It ran for an hour. What can I do?", "job": JOB},
    "ReplyNew": {"text": "It did it again.", "solved": False},
    "RuleBody": {
        "on": True, "mode": "threshold", "currency": "EUR", "below_micro": 50_000_000, "amount_minor": 10_000,
        "month_cap_minor": 50_000,
    },
    "MoveBody": {"target": "default", "micro": 1_000_000},
    "AlertBody": {"below_micro": 50_000_000, "hours": 24, "addresses": ["finance@acme.example"]},
    "EndpointNew": {"url": "https://acme.example/hooks/nosana", "types": ["job.completed"]},
    "PatchedEndpointChange": {"on": True},
    "ChatNew": {"kind": "slack", "url": "https://hooks.slack.com/services/T0/B0/secret", "description": "#gpu-jobs"},
    "PatchedChatTurn": {"on": False},
    "PatchedChoicesChange": {"kinds": {"job.completed": {"mail": "daily"}}, "quiet_from": 22, "quiet_until": 7},
}  # fmt: skip
