"""Templates compile and obey the content security policy."""

from tests.architecture.templates import REFUSED, TEMPLATES, offences


def test_every_template_compiles_and_holds_nothing_the_policy_refuses() -> None:
    assert list(TEMPLATES.rglob("*.html"))
    assert offences() == []


def test_the_check_sees_what_it_looks_for() -> None:
    bad = '<p style="x" onclick="y"><script>1</script><style></style><a href="javascript:z">'
    assert all(pattern.search(bad) for pattern in REFUSED.values())
    assert not any(pattern.search('<script src="/a.js" defer></script>') for pattern in REFUSED.values())
