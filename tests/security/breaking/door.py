"""What strangers try at the door."""

from tests.security.breaking.defence import APPENDED, ATTACKS, DOOR, PROCESS, SAFETY, SIGN_IN, SITE, Defence

DEFENCES = (
    Defence(
        "who has an account, by words", "one answer for all at a reset", SIGN_IN, APPENDED,
        "ACCOUNT_PREVENT_ENUMERATION = False", f"{DOOR}::test_a_reset_says_the_same_whoever_asks",
    ),
    Defence(
        "who has an account, by signing up", "one answer for all at sign-up", SIGN_IN, APPENDED,
        "ACCOUNT_PREVENT_ENUMERATION = False",
        "tests/users/test_sign_up.py::test_signing_up_twice_looks_the_same_and_only_the_mail_tells",
    ),
    Defence(
        "who has an account, by time", "the hash that is made for nobody", "apps/users/adapter.py", APPENDED,
        "from allauth.account.auth_backends import AuthenticationBackend as B\n"
        "B._mitigate_timing_attack = lambda *_: 0",
        f"{DOOR}::test_an_unknown_account_reads_and_costs_what_a_wrong_password_does",
    ),
    Defence(
        "guessing passwords of one account", "the limit per address", SIGN_IN, "20/m/ip,10/15m/key", "20/m/ip",
        f"{DOOR}::test_ten_wrong_passwords_and_the_right_one_has_to_wait_for_that_account_alone",
    ),
    Defence(
        "guessing passwords of many accounts", "the limit per IP address", SIGN_IN,
        '"login_failed": "20/m/ip,10/15m/key"', '"login_failed": "10/15m/key"',
        f"{DOOR}::test_twenty_wrong_passwords_from_one_place_and_it_waits_whosever_they_are",
    ),
    Defence(
        "guessing codes", "the limit of failed sign-ins", SIGN_IN, '"login_failed": "20/m/ip,10/15m/key"',
        '"login_failed": False', "tests/users/test_factors.py::test_codes_are_guessed_a_few_times_only",
    ),
    Defence(
        "passwords known from breaches", "the question to the register", "apps/users/breaches.py",
        "if breaches_of(password):", "if False:",
        "tests/users/test_breaches.py::test_a_known_password_is_refused_at_sign_up_with_a_sentence",
    ),
    Defence(
        "a session planted before", "the new session of a sign-in", "apps/users/adapter.py", APPENDED,
        "from django.contrib.sessions.backends.base import SessionBase\nSessionBase.cycle_key = lambda self: None",
        f"{DOOR}::test_a_session_from_before_signing_in_is_not_the_one_after",
    ),
    Defence(
        "a link of the door that leads elsewhere", "the look at `next`", "apps/users/adapter.py",
        "    def get_client_ip(",
        "    def is_safe_url(self, url: str) -> bool:\n        return True\n\n    def get_client_ip(",
        f"{DOOR}::test_a_link_leads_nowhere_but_here",
    ),
    Defence(
        "a page that leads elsewhere", "the look at where a banner was put away",
        "apps/support/announcements/views.py",
        "url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())", "True",
        f"{ATTACKS}::test_nothing_leads_to_another_site",
    ),
    Defence(
        "a page that leads elsewhere, by Referer", "the look at where a language was chosen", "apps/console/views.py",
        "url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())", "True",
        f"{ATTACKS}::test_nothing_leads_to_another_site",
    ),
    Defence(
        "a foreign host", "the list of hosts", PROCESS, 'default=["127.0.0.1", "localhost", "testserver"]',
        'default=["*"]', f"{ATTACKS}::test_another_host_is_not_answered",
    ),
    Defence(
        "a foreign host that a proxy is said to have seen", "no faith in X-Forwarded-Host", SAFETY,
        "X_FRAME_OPTIONS =", "USE_X_FORWARDED_HOST = True\nX_FRAME_OPTIONS =",
        f"{ATTACKS}::test_a_forwarded_host_is_not_believed",
    ),
    Defence(
        "a foreign host in the link of a mail", "links that name our own host", "apps/users/adapter.py",
        "return settings.BASE_URL + path", "return self.request.build_absolute_uri(path)",
        f"{DOOR}::test_the_link_of_a_reset_names_our_own_host_whatever_the_request_named",
    ),
    Defence(
        "a form of another site", "the token of forms", SITE,
        '    "django.middleware.csrf.CsrfViewMiddleware",\n', "", f"{ATTACKS}::test_no_form_is_taken_without_its_token",
    ),
    Defence(
        "a form of another site, one page", "the token of one form", "apps/organisations/views/keys.py",
        "@login_required\n@never_cache\n@require_http_methods([\"GET\", \"HEAD\", \"POST\"])\ndef key_new(",
        "from django.views.decorators.csrf import csrf_exempt\n\n\n@csrf_exempt\n@login_required\n"
        "@require_http_methods([\"GET\", \"HEAD\", \"POST\"])\ndef key_new(",
        f"{ATTACKS}::test_no_form_is_taken_without_its_token",
    ),
    Defence(
        "a form of another site, of the API", "the token for sessions at the API",
        "apps/organisations/api/authentication.py", APPENDED,
        "from rest_framework.authentication import SessionAuthentication as S\nS.enforce_csrf = lambda *_: None",
        f"{ATTACKS}::test_no_form_is_taken_without_its_token",
    ),
    Defence(
        "a form of another site, at sign-in", "the token of forms", SITE,
        '    "django.middleware.csrf.CsrfViewMiddleware",\n', "", f"{DOOR}::test_a_form_without_its_token_is_refused",
    ),
    Defence(
        "a form of another site, at the admin", "the token of forms", SITE,
        '    "django.middleware.csrf.CsrfViewMiddleware",\n', "",
        f"{ATTACKS}::test_no_form_of_sign_in_or_the_admin_is_taken_without_its_token",
    ),
    Defence(
        "a passkey used on another page", "the look at the page's origin", SIGN_IN, APPENDED,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True",
        "tests/users/test_passkeys.py::test_one_that_was_used_on_another_page_opens_nothing",
    ),
    Defence(
        "a passkey made on another page", "the look at the page's origin", SIGN_IN, APPENDED,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True",
        "tests/users/test_passkeys.py::test_nor_is_one_kept_that_was_made_on_another_page",
    ),
    Defence(
        "a passkey's answer to another question", "the challenge of the session", "apps/users/factors.py", APPENDED,
        "import fido2.server as s\ns.constant_time.bytes_eq = lambda a, b: True",
        "tests/users/test_passkeys.py::test_an_answer_to_another_question_opens_nothing",
    ),
    Defence(
        "another's passkey", "the look at the signature", "apps/users/factors.py", APPENDED,
        "from fido2.cose import ES256\nES256.verify = lambda *_: None",
        "tests/users/test_passkeys.py::test_anothers_key_signs_nothing_in_ones_name",
    ),
    Defence(
        "a copy of the database: authenticator apps", "the seal", "apps/users/factors.py",
        "        return seal(text, purpose=PURPOSE)", "        return text",
        "tests/users/test_factors.py::test_the_secret_of_an_app_is_sealed_in_the_database",
    ),
    Defence(
        "a session left open", "asking anew", "apps/console/guards.py",
        "or not _person(request) or fresh(request):", "or True:",
        "tests/organisations/test_sign_in.py::test_what_matters_most_asks_anew_after_a_quarter_of_an_hour",
    ),
    Defence(
        "a session left open, by a script", "asking anew", "apps/console/guards.py",
        '    "organisations_api:keys": POST,\n', "",
        "tests/organisations/test_sign_in.py::test_a_script_in_an_old_session_makes_no_key",
    ),
    Defence(
        "a session that never ends", "the longest time", "apps/users/seen.py", "> settings.SESSION_LONGEST", "> 1e12",
        "tests/users/test_seen.py::test_a_sign_in_ends_after_thirty_days_however_busy_it_is",
    ),
    Defence(
        "members without a second factor", "the organisation's rule", "apps/organisations/sign_in_rules.py",
        "    if organisation.second_factor_required and not ways.second_factor:", "    if False:",
        "tests/organisations/test_sign_in.py::"
        "test_without_a_second_factor_nothing_there_opens_and_the_page_says_what_to_do",
    ),
)  # fmt: skip
