"""All rows, as data and as the table of docs/security.md."""

from tests.security.breaking import door, inside, organisations, outside
from tests.security.breaking.defence import Defence

DEFENCES: tuple[Defence, ...] = (
    *door.DEFENCES,
    *organisations.DEFENCES,
    *outside.DEFENCES,
    *inside.DEFENCES,
)


def table() -> str:
    """Return the rows as a table in Markdown."""
    lines = ["| attack | comes through without | the test that tells |", "|---|---|---|"]
    for one in DEFENCES:
        path, _, name = one.test.partition("::")
        lines.append(
            f"| {one.attack} | {one.away} | `{path.removeprefix('tests/')}` {name.removeprefix('test_')} |"
        )
    return "\n".join(lines) + "\n"
