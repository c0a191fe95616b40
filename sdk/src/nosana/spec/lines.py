"""Where in a text, JSON or YAML, the parts of a definition stand, so that a problem can name its line."""

import re
from collections.abc import Mapping

import yaml

from nosana.spec.problems import Step, path_of

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LAST_STEP = re.compile(r'(\.[^.\[\]]*|\[\d+\]|\["[^"]*"\]|^[^.\[\]]*)$')


def definition_lines(text: str) -> dict[str, int]:
    """Return the line, from 1, on which each part begins, by its path; "" is the whole.

    For a text that `definition_read` could read. What the YAML reader cannot place (JSON is nearly YAML) has no line.
    """
    try:
        # Tabs between the parts of JSON are no YAML; inside its texts there are none.
        root = yaml.compose(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").replace("\t", " "), _Loader)
    except yaml.YAMLError:
        return {}
    lines: dict[str, int] = {}
    waiting: list[tuple[tuple[Step, ...], yaml.Node | None, int]] = [((), root, 0)]
    while waiting:
        steps, node, line = waiting.pop()
        lines[path_of(steps)] = line + 1
        if isinstance(node, yaml.MappingNode):
            waiting += [((*steps, str(key.value)), value, key.start_mark.line) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*steps, index), item, item.start_mark.line) for index, item in enumerate(node.value)]
    return lines


def line_of(lines: Mapping[str, int], path: str) -> int | None:
    """Return the line of a path, or of the nearest part around it that stands in the text; None where nothing does."""
    while path and path not in lines:
        path = _LAST_STEP.sub("", path)
    return lines.get(path)
