"""What comes in from programs, nodes, Stripe and the network, and what goes out."""

from tests.security.breaking.defence import APPENDED, ATTACKS, OUTBOUND, SITE, Defence

BODIES, CALLS = "tests/security/test_bodies.py", "tests/security/test_outbound_calls.py"
INBOX, KEYS = "tests/payments/test_inbox.py", "tests/organisations/test_keys.py"
LIMITS, EXCHANGE = "tests/payments/test_limits.py", "tests/bridge/test_exchange.py"
BODY = "apps/core/bodies.py"

DEFENCES = (
    Defence(
        "calls to inner addresses", "the look at addresses", "apps/core/outbound.py",
        "if not inner.is_global or inner.is_multicast or inner.is_reserved or tunnel:", "if inner.is_loopback:",
        f"{OUTBOUND}::test_an_inner_address_is_refused_by_its_text",
    ),
    Defence(
        "calls to inner addresses through tunnels", "the list of tunnels", "apps/core/outbound.py",
        "or inner.is_reserved or tunnel:", "or inner.is_reserved:",
        f"{OUTBOUND}::test_an_inner_address_is_refused_by_its_text",
    ),
    Defence(
        "inner addresses in odd spellings", "the look at what a name resolves to", "apps/core/outbound.py",
        "    for address in addresses:\n        public_check(address)\n", "",
        f"{OUTBOUND}::test_odd_spellings_of_inner_addresses_reach_nothing",
    ),
    Defence(
        "a name with an inner address among others", "the look at every address", "apps/core/outbound.py",
        "    for address in addresses:\n        public_check(address)\n", "    public_check(addresses[0])\n",
        f"{OUTBOUND}::test_a_name_that_has_an_inner_address_is_refused",
    ),
    Defence(
        "a name that changes between look and call (DNS rebinding)", "the call to the checked address",
        "apps/core/outbound.py",
        "        host=await _resolved(parts.host, parts.port or (443 if parts.scheme == \"https\" else 80))\n",
        "        host=parts.host if await _resolved(parts.host, parts.port or 443) else \"\"\n",
        f"{OUTBOUND}::test_the_connection_goes_to_the_address_that_was_checked",
    ),
    Defence(
        "the same, of a provider", "the call to the checked address", "apps/core/outbound_requests.py",
        "        host[\"host\"] = _resolved(", "        _ = _resolved(",
        f"{CALLS}::test_a_provider_is_called_at_the_address_that_was_checked",
    ),
    Defence(
        "addresses that are none", "the look at the text", "apps/core/outbound.py",
        "    if parts.scheme not in schemes or not host:", "    if not host:",
        f"{OUTBOUND}::test_what_is_no_web_address_is_refused_with_a_sentence",
    ),
    Defence(
        "an answer that leads to an inner address", "no redirects", "apps/core/outbound.py", "follow_redirects=False",
        "follow_redirects=True", f"{CALLS}::test_a_redirect_is_an_answer_and_no_way",
    ),
    Defence(
        "the same, of a webhook", "no redirects", "apps/core/outbound.py", "follow_redirects=False",
        "follow_redirects=True", "tests/notifications/test_webhooks.py::test_redirects_are_not_followed",
    ),
    Defence(
        "an answer without end", "the first 4 kB alone", "apps/core/outbound.py", "if len(read) >= most:", "if False:",
        f"{OUTBOUND}::test_only_the_beginning_of_a_long_answer_is_read",
    ),
    Defence(
        "a way past the one door", "the table of who calls out", "apps/core/csv.py", "import csv\n",
        "import asyncio\n\nimport httpx\n", f"{CALLS}::test_nobody_else_calls_out",
    ),
    Defence(
        "a large body", "the limit by its length", BODY, "            reader.told()\n", "",
        f"{BODIES}::test_a_body_that_announces_too_much_is_refused_before_it_is_sent",
    ),
    Defence(
        "an endless body", "the count of what came", BODY, "if self.seen > self.most:", "if False:",
        f"{BODIES}::test_a_chunked_body_is_refused_once_it_is_too_large",
    ),
    Defence(
        "a body that stands still", "the longest silence", BODY,
        "pause = min(settings.BODY_PAUSE_SECONDS, self.ends - asyncio.get_running_loop().time())",
        "pause = self.ends - asyncio.get_running_loop().time()",
        f"{BODIES}::test_a_body_that_does_not_come_is_left",
    ),
    Defence(
        "a body that trickles", "the longest time", BODY,
        "pause = min(settings.BODY_PAUSE_SECONDS, self.ends - asyncio.get_running_loop().time())",
        "pause = settings.BODY_PAUSE_SECONDS", f"{BODIES}::test_a_body_that_only_trickles_is_left_at_last",
    ),
    Defence(
        "zero bytes and half characters in JSON", "the look at texts", "apps/core/rest/bodies.py",
        "        _text_check(value)\n", "",
        "tests/core/test_api_frame.py::test_a_text_that_no_database_keeps_is_refused_before_it_is_read",
    ),
    Defence(
        "JSON that is nested without end", "the refusal of depth", "apps/core/rest/bodies.py",
        "except RecursionError as error:", "except ZeroDivisionError as error:",
        f"{ATTACKS}::test_no_value_in_any_field_of_the_api_is_our_failure",
    ),
    Defence(
        "zero bytes in questions", "the look at the query", "apps/core/middleware.py",
        'if "%00" in request.META.get("QUERY_STRING", ""):', "if False:",
        "tests/permissions/test_matrix.py::test_nonsense_in_a_question_is_no_crash",
    ),
    Defence(
        "fields nobody asked for", "strict bodies", "apps/core/rest/bodies.py",
        "for name in data if name not in self.fields}", "for name in data if False}",
        "tests/organisations/test_api.py::test_an_unknown_field_is_named",
    ),
    Defence(
        "a flood of the API", "the rate of a caller", "apps/core/rest/limits.py", "used <= limit", "True",
        "tests/core/test_api_frame.py::test_requests_are_counted_by_key_and_refused_beyond_the_limit",
    ),
    Defence(
        "a forged address of the client", "the list of our proxies", "apps/core/addresses.py",
        "    while hops and _trusted(address):", "    while hops:",
        "tests/core/test_addresses.py::test_only_our_own_proxies_are_believed",
    ),
    Defence(
        "a key with another ending", "the digest of the whole key", "apps/organisations/selectors/keys.py",
        "if key is None or not hmac.compare_digest(key.digest, read.digest):", "if key is None:",
        f"{KEYS}::test_other_texts_are_refused_each_with_its_reason",
    ),
    Defence(
        "a key from another network", "its networks", "apps/organisations/selectors/keys.py",
        "if key.allowed_networks and not", "if False and not",
        f"{KEYS}::test_a_key_with_networks_is_used_from_them_only",
    ),
    Defence(
        "a key that was revoked", "the look at its end", "apps/organisations/selectors/keys.py",
        "    if key.revoked_at is not None:", "    if False:",
        f"{KEYS}::test_a_revoked_key_is_refused_at_once_and_a_repeat_changes_nothing",
    ),
    Defence(
        "events that Stripe did not send", "its signature", "apps/payments/gateway/events.py",
        "    signature_check(raw_body, signature)\n", "",
        f"{INBOX}::test_what_stripe_did_not_sign_just_now_is_refused",
    ),
    Defence(
        "an old event, once more", "its time", "apps/payments/gateway/events.py",
        "if now.timestamp() - signed_at > TOLERANCE_SECONDS:", "if False:",
        f"{INBOX}::test_an_old_delivery_is_refused_as_a_replay_even_when_its_event_is_known",
    ),
    Defence(
        "the same with a second time in its header", "the first time counts", "apps/payments/gateway/events.py",
        'next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))',
        'max(int(part[2:]) for part in signature.split(",") if part.startswith("t="))',
        "tests/payments/test_poison.py::test_a_second_time_in_the_header_makes_an_old_delivery_no_younger",
    ),
    Defence(
        "card after card", "the paces", "apps/payments/services/limits.py", "        if count >= most:",
        "        if False:", f"{LIMITS}::test_card_after_card_is_stopped_and_the_moment_named",
    ),
    Defence(
        "much at once by a new customer", "the ceilings", "apps/payments/services/limits.py",
        "    if ceiling is not None:\n        raise TopUpLimited(", "    if False:\n        raise TopUpLimited(",
        f"{LIMITS}::test_ten_at_once_never_pass_the_ceiling_together",
    ),
    Defence(
        "a node that runs another job", "its signature", "apps/bridge/services/exchange.py",
        "    if known and said.signed_by(known):", "    if known:",
        f"{EXCHANGE}::test_whoever_does_not_prove_it_gets_nothing",
    ),
    Defence(
        "a node's header, kept", "its time", "apps/bridge/services/exchange.py", "if not said.fresh(now, FRESH):",
        "if False:", f"{EXCHANGE}::test_whoever_does_not_prove_it_gets_nothing",
    ),
    Defence(
        "a node that comes back when the job is over", "the end of the job", "apps/bridge/services/exchange.py",
        "        if exchange.result_at is not None:\n            raise Conflict(\n                _(\"The result",
        "        if False:\n            raise Conflict(\n                _(\"The result",
        f"{EXCHANGE}::test_a_header_that_somebody_kept_opens_nothing_once_the_job_is_over",
    ),
    Defence(
        "production with unfit settings", "the checks at the start", "apps/support/checks.py", APPENDED,
        "production_fit = lambda *_, **__: []", "tests/security/test_production.py::test_each_unfit_setting_is_named",
    ),
    Defence(
        "a known key of sessions", "the look at the key", "apps/core/environment.py", APPENDED,
        "secret_key = lambda env, *, environment: env.str('DJANGO_SECRET_KEY', default='x' * 60)",
        "tests/security/test_production.py::test_only_the_sandbox_does_without_a_secret_key",
    ),
    Defence(
        "a cookie on an open line", "the way to TLS", SITE,
        '    "django.middleware.security.SecurityMiddleware",\n',
        "", "tests/security/test_headers.py::test_over_tls_cookies_and_addresses_stay_there",
    ),
)  # fmt: skip
