"""What is tried at organisations' own sign-ins."""

from tests.security.breaking.defence import APPENDED, SAML, SIGN_IN, SSO, Defence

DEFENCES = (
    Defence(
        "a provider that names strangers", "its proven domains", "apps/organisations/services/sign_in/joining.py",
        "    if domain is None:", "    if domain is None and False:",
        f"{SSO}::test_an_address_outside_the_proven_domains_is_nobody",
    ),
    Defence(
        "a domain that is only named", "its proof", "apps/organisations/services/sign_in/joining.py",
        "filter(organisation=organisation, name=name, verified_at__isnull=False).first()",
        "filter(organisation=organisation, name=name).first()",
        f"{SSO}::test_a_domain_that_is_only_named_proves_nothing",
    ),
    Defence(
        "a domain taken over by a record of others", "the organisation's own record",
        "apps/organisations/services/sign_in/domains.py", "if domain.record_text not in (found or ()):",
        "if not found:",
        "tests/organisations/test_sign_in.py::test_a_domain_is_proven_by_its_own_record_and_by_no_other",
    ),
    Defence(
        "a domain that changed hands", "looking again every day", "apps/organisations/services/sign_in/rechecks.py",
        "            domain.verified_at, domain.verified_by = None, \"\"\n", "",
        "tests/organisations/test_domains.py::test_a_lost_record_warns_first_and_ends_the_proof_after_a_week",
    ),
    Defence(
        "a domain proven twice", "one organisation only", "apps/organisations/services/sign_in/domains.py",
        "    except IntegrityError as error:\n        raise Conflict(\n            _(\"Another organisation",
        "    except ZeroDivisionError as error:\n        raise Conflict(\n            _(\"Another organisation",
        "tests/organisations/test_sign_in.py::test_a_domain_is_proven_by_one_organisation_only",
    ),
    Defence(
        "joining by a domain that is not proven", "its proof", "apps/organisations/services/sign_in/domains.py",
        "if role and domain.verified_at is None:", "if False:",
        "tests/organisations/test_sign_in.py::test_an_unproven_domain_opens_nothing",
    ),
    Defence(
        "a provider that opens other organisations", "one organisation a provider",
        "apps/organisations/sign_in_rules.py", "    if not ways.own or organisation.sso_only:",
        "    if organisation.sso_only:", f"{SSO}::test_such_a_session_opens_this_organisation_and_no_other",
    ),
    Defence(
        "a provider that opens the person's account", "ways of the person's own", "apps/console/guards.py",
        "and not ways_of(request).own:", "and False:",
        f"{SSO}::test_nor_does_it_reach_what_opens_the_persons_account",
    ),
    Defence(
        "a way around the own sign-in", "the organisation's rule", "apps/organisations/sign_in_rules.py",
        "    if not ways.own or organisation.sso_only:", "    if not ways.own:",
        f"{SSO}::test_with_sso_only_nothing_else_opens_the_organisation",
    ),
    Defence(
        "an account made beforehand", "the password that goes", "apps/users/services.py",
        "        user.set_unusable_password()\n        user.save(update_fields=[\"password\"])\n        Authenticator",
        "        Authenticator",
        f"{SSO}::test_an_account_that_somebody_else_made_and_never_opened_loses_their_password",
    ),
    Defence(
        "OpenID Connect for another audience or issuer", "the checks of the token", "apps/users/social.py", APPENDED,
        "from allauth.socialaccount.internal import jwtkit as k, statekit\nimport jwt\n"
        "k.verify_and_decode = lambda **m: jwt.decode(m['credential'], options={'verify_signature': False})",
        f"{SSO}::test_an_answer_that_is_not_for_us_or_not_sound_opens_nothing",
    ),
    Defence(
        "OpenID Connect about two people", "the look at both answers", "apps/users/social.py",
        'told.get("sub") != proven.get("sub")', "False",
        f"{SSO}::test_an_answer_that_is_not_for_us_or_not_sound_opens_nothing",
    ),
    Defence(
        "OpenID Connect in another browser, or twice", "the state of the session", "apps/users/social.py", APPENDED,
        "from allauth.socialaccount.internal import statekit as s\n"
        "_kept = {}\n_stash = s.stash_state\n\n\ndef _keep(request, state, state_id=None):\n"
        "    found = _stash(request, state, state_id)\n    _kept[found] = state\n    return found\n\n\n"
        "s.stash_state, s.unstash_state = _keep, lambda request, state_id: _kept.get(state_id)",
        f"{SSO}::test_an_answer_counts_once_and_in_the_browser_that_asked",
    ),
    Defence(
        "an issuer on an inner network", "the look at its address", "apps/organisations/services/sign_in/providers.py",
        "        address_check(url)", "        pass", f"{SSO}::test_an_issuer_on_an_inner_network_is_refused",
    ),
    Defence(
        "an issuer that leads to an inner network", "the door of outbound calls", "apps/core/outbound_requests.py",
        "            public_check(address)", "            pass",
        "tests/security/test_outbound_calls.py::test_a_provider_reaches_no_inner_address_by_name_or_redirect",
    ),
    Defence(
        "SAML: unsigned", "any look at an answer", "apps/users/social.py", APPENDED,
        "from onelogin.saml2.response import OneLogin_Saml2_Response as R\nR.is_valid = lambda *a, **k: True",
        f"{SAML}::test_an_answer_that_is_not_for_us_or_not_sound_opens_nothing[sign]",
    ),
    Defence(
        "SAML: audience, recipient, destination, issuer, time", "strictness",
        "apps/organisations/services/sign_in/joining.py", '"strict": True', '"strict": False',
        f"{SAML}::test_an_answer_that_is_not_for_us_or_not_sound_opens_nothing",
    ),
    Defence(
        "SAML: another key", "the look at the signature", "apps/users/social.py", APPENDED,
        "from onelogin.saml2.utils import OneLogin_Saml2_Utils as U\n"
        "U.validate_sign = staticmethod(lambda *a, **k: True)",
        f"{SAML}::test_another_key_signs_nothing",
    ),
    Defence(
        "SAML: replayed", "one answer a question", "apps/users/social.py", APPENDED,
        "from allauth.socialaccount.internal import statekit as s\n"
        "_kept = {}\n_stash = s.stash_state\n\n\ndef _keep(request, state, state_id=None):\n"
        "    found = _stash(request, state, state_id)\n    _kept[found] = state\n    return found\n\n\n"
        "s.stash_state, s.unstash_state = _keep, lambda request, state_id: _kept.get(state_id)",
        f"{SAML}::test_an_answer_counts_once",
    ),
    Defence(
        "SAML: in another browser", "the state of the session", "apps/users/social.py", APPENDED,
        "from allauth.socialaccount.internal import statekit as s\n"
        "_kept = {}\n_stash = s.stash_state\n\n\ndef _keep(request, state, state_id=None):\n"
        "    found = _stash(request, state, state_id)\n    _kept[found] = state\n    return found\n\n\n"
        "s.stash_state, s.unstash_state = _keep, lambda request, state_id: _kept.get(state_id)",
        f"{SAML}::test_it_counts_in_the_browser_that_asked_and_in_no_other",
    ),
    Defence(
        "SAML: unasked", "answers to questions alone", "apps/organisations/services/sign_in/joining.py",
        '"reject_idp_initiated_sso": True', '"reject_idp_initiated_sso": False',
        f"{SAML}::test_nobody_is_let_in_who_did_not_ask",
    ),
    Defence(
        "Google and the like: an address that is somebody's", "no sign-in by address", SIGN_IN,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION = False", "SOCIALACCOUNT_EMAIL_AUTHENTICATION = True",
        "tests/users/test_social.py::test_an_address_that_it_names_opens_no_account_that_exists",
    ),
)  # fmt: skip
