"""What is wrong with a definition, in sentences."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]
Step = str | int

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where (`ops[0].args.image`, empty for the whole), what and how to mend it, how grave."""

    path: str
    sentence: str
    level: Level = "error"

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


class DefinitionInvalid(ValueError):
    """A definition no node would run; `problems` says why, errors first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.level != "error")
        super().__init__("\n".join(str(problem) for problem in self.problems))


def path_of(steps: Iterable[Step]) -> str:
    """Return steps as one path: `("ops", 0, "args", "env", "A B")` gives `ops[0].args.env["A B"]`."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            path += f".{step}" if path else step
        else:
            path += '["' + shorten(step) + '"]'
    return path


def shorten(text: str, limit: int = 60) -> str:
    """Return `text` fit for a sentence: printable, and cut at `limit` characters."""
    shown = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[: limit + 1]
    )
    return shown if len(shown) <= limit else shown[:limit] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "x"?` for a near miss of a known word, else nothing."""
    choices = sorted(known)
    lowered = {choice.lower().replace("_", "").replace("-", ""): choice for choice in choices}
    squeezed = word.lower().replace("_", "").replace("-", "")
    near = difflib.get_close_matches(squeezed, lowered, n=1, cutoff=0.6)
    if not near:
        near = [short for short in lowered if len(short) > 2 and (short in squeezed or squeezed in short)][:1]
    return f' Did you mean "{lowered[near[0]]}"?' if near and squeezed else ""


def words(items: Iterable[str], joint: str = "or") -> str:
    """Return `"a", "b" or "c"` for a sentence."""
    quoted = [f'"{item}"' for item in items]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}"
