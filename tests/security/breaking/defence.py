"""What one row is: a text of the code that defends, what takes its place, and the test that must tell."""

from dataclasses import dataclass

ATTACKS, DOOR = "tests/security/test_attacks.py", "tests/users/test_attacks.py"
FIELDS, HEADERS = "tests/security/test_fields.py", "tests/security/test_headers.py"
SSO, SAML = "tests/organisations/test_sso.py", "tests/organisations/test_saml.py"
OUTBOUND, VISITS = "tests/core/test_outbound.py", "tests/support/test_visits.py"
PROCESS, SAFETY = "nosana_web/settings/process.py", "nosana_web/settings/safety.py"
SIGN_IN, SITE = "nosana_web/settings/sign_in.py", "nosana_web/settings/site.py"
APPENDED = ""  # no text to find: what takes its place is added at the end, where a library does the work for us


@dataclass(frozen=True)
class Defence:
    """`attack` that comes through without `away`: once `old` is `new` in the file; `test` (path::name) must fail."""

    attack: str
    away: str
    file: str
    old: str
    new: str
    test: str
