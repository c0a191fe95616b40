"""Result patterns: JavaScript regular expressions applied to log lines. Source: network facts, 3.2."""

import re

_NAMED_GROUP = re.compile(r"(?<!\\)\(\?<(?![=!])")


def pattern_compile(regex: str) -> re.Pattern[str]:
    """Return the pattern as Python's; `*` means the whole line. Raises re.error when it is not one."""
    if regex == "*":
        return re.compile(r".+")
    return re.compile(_NAMED_GROUP.sub("(?P<", regex), re.ASCII)


def pattern_matches(pattern: re.Pattern[str], line: str) -> list[str]:
    """Return all matches in the line, each followed by its capture groups that took part."""
    found: list[str] = []
    for match in pattern.finditer(line):
        if match.group(0):
            found += [match.group(0), *(group for group in match.groups() if group is not None)]
    return found
