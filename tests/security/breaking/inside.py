"""What people write and others read, what members and staff may, and what must not leak."""

from tests.security.breaking.defence import APPENDED, ATTACKS, FIELDS, HEADERS, SAFETY, VISITS, Defence

SCRUBBING, LEAKS = "tests/security/test_scrubbing.py", "tests/security/test_leaks.py"
MATRIX, REACH = "tests/permissions/test_matrix.py", "tests/organisations/test_reach.py"
BROWSER = "tests/journeys/test_hostile.py::test_nothing_that_was_written_runs_in_a_browser"
SHOWN = f"{FIELDS}::test_nothing_that_people_wrote_runs_on_any_page_or_counts_in_any_table"

DEFENCES = (
    Defence(
        "HTML in a name", "the escaping of texts", "templates/organisations/members.html",
        "<strong>{{ one.user }}", "<strong>{{ one.user|safe }}", SHOWN,
    ),
    Defence(
        "HTML in what the palette finds", "the escaping of hits", "templates/console/search_results.html",
        "{{ hit.label }}", "{{ hit.label|safe }}", BROWSER,
    ),
    Defence(
        "HTML in lines that a script draws", "text that stays text", "static/js/log/lines.js",
        "    piece.textContent = text;", "    piece.innerHTML = text;", BROWSER,
    ),
    Defence(
        "HTML in a row that changes", "the escaping of names", "templates/jobs/row.html",
        'job.id %}">{{ row.job.name }}</a>', 'job.id %}">{{ row.job.name|safe }}</a>', BROWSER,
    ),
    Defence(
        "HTML in a log", "the escaping of lines", "apps/jobs/templatetags/job_page.py",
        '    return format_html_join("", "{}", marked)', '    return SafeString("".join(piece for (piece,) in marked))',
        "tests/jobs/test_log_pages.py::test_a_search_finds_lines_in_any_case_and_shows_them_as_text",
    ),
    Defence(
        "formulas in tables", "the apostrophe", "apps/core/csv.py", "not text.lstrip().startswith(FORMULA)",
        "True", SHOWN,
    ),
    Defence(
        "formulas in a cell", "the apostrophe", "apps/core/csv.py", "text.lstrip().startswith(FORMULA)",
        "text.startswith(FORMULA)", "tests/core/test_csv.py::test_no_cell_can_become_a_formula",
    ),
    Defence(
        "zero bytes in forms", "Django's look at texts", "apps/core/apps.py", APPENDED,
        "from django.core import validators as v\nv.ProhibitNullCharactersValidator.__call__ = lambda *_: None",
        f"{FIELDS}::test_no_text_in_any_field_of_a_form_is_our_failure",
    ),
    Defence(
        "line ends in the subject of a mail", "one line a subject", "apps/core/mail.py",
        '" ".join(subject.split())[:250]', "subject[:250]", f"{ATTACKS}::test_no_name_adds_a_header_to_a_mail",
    ),
    Defence(
        "a mail past the one door", "the list of who writes mails", "apps/core/csv.py", "import csv\n",
        "import asyncio\n\nfrom django.core.mail import send_mail\n",
        "tests/security/test_outbound_calls.py::"
        "test_every_mail_leaves_by_the_one_door_that_keeps_line_ends_out_of_its_subject",
    ),
    Defence(
        "scripts within a page", "none in templates", "templates/base.html", "</body>", "<script>1</script></body>",
        f"{HEADERS}::test_no_page_of_ours_has_code_or_style_within",
    ),
    Defence(
        "scripts of others", "the policy of pages", "apps/core/headers.py", '    "script-src": [SELF],',
        '    "script-src": [SELF, UNSAFE_INLINE],', f"{HEADERS}::test_every_page_says_the_strict_policy",
    ),
    Defence(
        "our pages within others", "no frames", "apps/core/headers.py", '    "frame-ancestors": [NONE],',
        '    "frame-ancestors": [SELF],', f"{HEADERS}::test_every_page_says_the_strict_policy",
    ),
    Defence(
        "the policy of the admin, wider", "one exception", "apps/core/headers.py",
        'ADMIN: Directives = {**BASE,', 'ADMIN: Directives = {**BASE, "img-src": ["*"],',
        f"{HEADERS}::test_the_policies_differ_in_what_the_admin_needs_alone",
    ),
    Defence(
        "pages that stay in a browser", "no-store", "apps/core/headers.py",
        'if "Cache-Control" not in response.headers and _somebody(request):', "if False:",
        f"{HEADERS}::test_nothing_of_somebodys_own_pages_stays_in_a_browser",
    ),
    Defence(
        "a session that scripts read", "HttpOnly", SAFETY, "SESSION_COOKIE_HTTPONLY = True",
        "SESSION_COOKIE_HTTPONLY = False", f"{HEADERS}::test_the_session_is_no_scripts_and_no_other_sites",
    ),
    Defence(
        "a number of a card in a log", "the check digits", "apps/core/scrubbing.py",
        "    return CARD.sub(lambda found: _card_masked(found.group()), text)", "    return text",
        f"{SCRUBBING}::test_a_number_of_a_card_is_masked",
    ),
    Defence(
        "a secret in a log", "the patterns", "apps/core/scrubbing.py", "        text = pattern.sub(_masked, text)",
        "        pass", f"{SCRUBBING}::test_a_secret_is_masked_wherever_it_stands",
    ),
    Defence(
        "a secret in a trace", "masking of whole records", "apps/core/scrubbing.py",
        "        return scrub(super().format(record))", "        return super().format(record)",
        f"{SCRUBBING}::test_arguments_and_traces_are_masked_too",
    ),
    Defence(
        "forged lines of logs", "one line a record", "apps/core/scrubbing.py",
        "        return line_kept(super().formatMessage(record))", "        return super().formatMessage(record)",
        f"{SCRUBBING}::test_no_value_begins_a_line_of_its_own_or_speaks_to_a_terminal",
    ),
    Defence(
        "a number of a card on a page", "the last four digits alone", "templates/payments/cards.html",
        "{% block content %}", "{% block content %}4242424242424242",
        f"{LEAKS}::test_no_page_and_no_answer_holds_a_number_of_a_card",
    ),
    Defence(
        "foreign ids", "looking inside the organisation", "apps/jobs/selectors/jobs.py",
        'jobs_of(grant).select_related("secrets", "book")', '_whole().select_related("secrets", "book")',
        f"{MATRIX}::test_what_another_organisation_has_is_not_found_from_here",
    ),
    Defence(
        "members whose role does not allow it", "the look at the role", "apps/organisations/selectors/memberships.py",
        "    membership.require(permission)\n", "", f"{MATRIX}::test_everybody_is_answered_as_the_table_says",
    ),
    Defence(
        "outsiders", "finding is permitting", "apps/organisations/selectors/memberships.py",
        ".filter(user_id=user.pk or 0, organisation__slug=slug)", ".filter(organisation__slug=slug)",
        f"{MATRIX}::test_everybody_is_answered_as_the_table_says",
    ),
    Defence(
        "a role in a project that widens", "the lesser of both", "apps/organisations/reach.py",
        "pk: allowed & ROLE_PERMISSIONS[inside] & PROJECT_PERMISSIONS",
        "pk: ROLE_PERMISSIONS[inside] & PROJECT_PERMISSIONS",
        f"{REACH}::test_a_project_role_never_widens_a_role",
    ),
    Defence(
        "a visit nobody approved", "the organisation's yes", "apps/support/services/visits.py",
        "        if found.approved_at is None:", "        if False:",
        f"{VISITS}::test_without_the_organisations_yes_nothing_begins",
    ),
    Defence(
        "a visit that writes", "methods of reading", "apps/support/visiting.py",
        "        if request.method not in READS:", "        if False:",
        f"{VISITS}::test_nothing_can_be_written_by_any_method",
    ),
    Defence(
        "a visit to keys and webhooks", "the reach of a visit", "apps/organisations/models/organisations.py",
        "return whole.narrowed(READING) if self.visited else whole", "return whole",
        f"{VISITS}::test_no_page_writes_or_breaks_and_keys_and_webhooks_stay_shut",
    ),
    Defence(
        "a visit whose page writes", "the database held to reading", "apps/support/visiting.py",
        '                    cursor.execute("SET TRANSACTION READ ONLY")\n', "                    pass\n",
        f"{VISITS}::test_a_page_that_would_write_on_a_visit_is_refused_by_the_database",
    ),
    Defence(
        "a visit to another organisation", "the visited one alone", "apps/support/visiting.py",
        'if visit is None or kwargs.get("slug") != visit.organisation.slug:', "if visit is None:",
        f"{VISITS}::test_only_the_visited_organisation_opens",
    ),
    Defence(
        "a visit after its end", "the look at its time", "apps/support/visiting.py",
        "if visit is not None and visit.live(now) and request.user.is_staff:", "if visit is not None:",
        f"{VISITS}::test_its_time_ends_it_also_without_another_request",
    ),
    Defence(
        "a visit in another browser", "the session that began it", "apps/support/visiting.py",
        "        visit_id = request.session.get(SESSION_KEY)\n",
        "        open_ones = Visit.objects.filter(staff_id=request.user.pk, ended_at=None).exclude(began_at=None)\n"
        "        visit_id = request.session[SESSION_KEY] = open_ones.values_list('pk', flat=True).first()\n",
        f"{VISITS}::test_another_browser_of_the_same_person_sees_nothing",
    ),
    Defence(
        "an approval used twice", "one visit an approval", "apps/support/services/visits.py",
        "        if found.ended_at is not None:", "        if False:",
        f"{VISITS}::test_an_approval_is_good_for_a_day_and_one_visit",
    ),
    Defence(
        "glass broken by other staff", "superusers alone", "apps/support/services/visits.py",
        "    if not staff.is_superuser:", "    if False:",
        f"{VISITS}::test_who_may_ask_may_not_break_the_glass",
    ),
    Defence(
        "staff pages without a second factor", "the door to them", "apps/support/door.py",
        "        if not has_second_factor(user):", "        if True:\n            return None\n        if False:",
        "tests/support/test_roles.py::test_staff_without_a_second_factor_reach_only_the_way_to_one",
    ),
    Defence(
        "a person who was erased, in some table", "wiping letters", "apps/users/personal.py",
        '        letters.update(to=_nobody(user), subject="", text="", html="")\n', "",
        f"{FIELDS}::test_an_erased_person_is_found_in_no_table",
    ),
    Defence(
        "secrets of a job in a table", "the seal", "apps/jobs/vault.py", "    return number, nonce + sealed",
        "    return number, nonce + sealed + json.dumps(dict(values)).encode()",
        "tests/jobs/test_secrets.py::test_a_secret_is_in_no_table_and_only_the_node_gets_it",
    ),
)  # fmt: skip
