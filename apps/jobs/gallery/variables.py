"""What a template asks whoever launches it: typed variables, their values checked with a sentence each.

A variable stands in the definition as the network writes it, `%%global.variables.NAME%%`; a secret as
`%%secret.NAME%%`, which only the platform knows, and which is left out where nobody gave it a value.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.jobs.definitions import MARK, NAME, SECRET_LIMIT

KINDS = {
    "text": "text",
    "number": gettext_lazy("whole number"),
    "choice": "choice",
    "secret": gettext_lazy("secret, sealed and never shown again"),
    "resource": gettext_lazy("model or data, fetched by the node before it starts"),
}
VALUE_LIMIT = 8_000
VARIABLES_LIMIT = 40
SOURCES = {
    "HF": (re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}"), gettext_lazy("owner/name, as on Hugging Face")),
    "Ollama": (
        re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?(:[\w.-]{1,96})?"),
        gettext_lazy("name or name:tag, as in Ollama’s library"),
    ),
    "S3": (re.compile(r"(s3|https)://\S{3,500}"), gettext_lazy("an address that begins with s3:// or https://")),
}
LITERAL = re.compile(r"%%globals?\.variables\.([^%]+)%%")


@dataclass(frozen=True)
class Variable:
    """One thing a template asks for. `least` and `most` bound a number, `source` is where a resource comes from."""

    name: str
    kind: str = "text"
    label: str = ""
    help: str = ""
    default: str = ""
    required: bool = True
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    unit: str = ""
    source: str = ""

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Self:
        """Return the variable that checked facts describe."""
        known = {field.name: facts[field.name] for field in fields(cls) if field.name in facts}
        if "choices" in known:
            known["choices"] = tuple(str(one) for one in known["choices"])
        return cls(**known | {"default": str(known.get("default", ""))})

    @property
    def facts(self) -> dict[str, Any]:
        """Return what was said of it, as JSON keeps it: nothing that is as always."""
        usual = Variable(self.name)
        said = {key: value for key, value in asdict(self).items() if value != getattr(usual, key)}
        if "choices" in said:
            said["choices"] = list(self.choices)
        return {"name": self.name, "kind": self.kind, **said}

    @property
    def title(self) -> str:
        """Return what the form calls it."""
        return self.label or self.name.replace("_", " ").capitalize()

    @property
    def hint(self) -> str:
        """Return the line under its field."""
        return self.help or (SOURCES[self.source][1].capitalize() + "." if self.source in SOURCES else "")

    def clean(self, text: str) -> str:
        """Return the value as the definition takes it. Raises ValueError with a sentence."""
        text = text if self.kind == "secret" else text.strip()
        if not text:
            if self.required:
                raise ValueError(_("%(name)s needs a value.") % {"name": self.title})
            return ""
        if len(text) > (SECRET_LIMIT if self.kind == "secret" else VALUE_LIMIT) or "\0" in text:
            raise ValueError(_("%(name)s is too long.") % {"name": self.title})
        if "%%" in text and self.kind != "secret":
            raise ValueError(_("%(name)s may not contain %%%%: that marks a variable.") % {"name": self.title})
        return {"number": self._number, "choice": self._choice, "resource": self._resource}.get(
            self.kind, lambda same: same
        )(text)

    def _number(self, text: str) -> str:
        if not re.fullmatch(r"-?\d{1,15}", text):
            raise ValueError(_("%(name)s must be a whole number.") % {"name": self.title})
        if (self.least is not None and int(text) < self.least) or (
            self.most is not None and int(text) > self.most
        ):
            raise ValueError(self._bounds)
        return str(int(text))

    @property
    def _bounds(self) -> str:
        least, most = self.least, self.most
        if least is not None and most is not None:
            return _("%(name)s must be between %(least)d and %(most)d.") % {
                "name": self.title, "least": least, "most": most,
            }  # fmt: skip
        if least is not None:
            return _("%(name)s must be at least %(least)d.") % {"name": self.title, "least": least}
        return _("%(name)s must be at most %(most)d.") % {"name": self.title, "most": most}

    def _choice(self, text: str) -> str:
        if text not in self.choices:
            raise ValueError(
                _("%(name)s must be one of %(choices)s.")
                % {"name": self.title, "choices": ", ".join(self.choices)}
            )
        return text

    def _resource(self, text: str) -> str:
        pattern, form = SOURCES[self.source]
        if not pattern.fullmatch(text):
            raise ValueError(_("%(name)s must be %(form)s.") % {"name": self.title, "form": form})
        return text


def variables_check(value: Any) -> list[str]:
    """Return what is wrong with a list of variables, a sentence each."""
    if not isinstance(value, list | tuple):
        return [_("The variables are a list; write each as a map with “name” and “kind”.")]
    if len(value) > VARIABLES_LIMIT:
        return [_("A template asks for at most %(most)d variables.") % {"most": VARIABLES_LIMIT}]
    wrong: list[str] = []
    seen: set[str] = set()
    for number, one in enumerate(value, start=1):
        sentences = _offences(one)
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and name in seen:
            sentences.append(_("another variable has this name already; give each its own."))
        seen.add(str(name))
        shown = name if isinstance(name, str) and name else number
        wrong += [_("Variable %(name)s: %(sentence)s") % {"name": shown, "sentence": s} for s in sentences]
    return wrong


_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,), "kind": (str,), "label": (str,), "help": (str,), "default": (str, int), "required": (bool,),
    "choices": (list, tuple), "least": (int,), "most": (int,), "unit": (str,), "source": (str,),
}  # fmt: skip


def _offences(one: Any) -> list[str]:
    if not isinstance(one, dict):
        return [_("write it as a map with “name” and “kind”.")]
    wrong = [
        _("“%(key)s” is unknown; choose of %(known)s.") % {"key": str(key)[:40], "known": ", ".join(_TYPES)}
        for key in one
        if key not in _TYPES
    ]
    wrong += [
        _("“%(key)s” has a value of the wrong type.") % {"key": key}
        for key, value in one.items()
        if key in _TYPES and not isinstance(value, _TYPES[key])
    ]
    if wrong:
        return wrong
    if not NAME.fullmatch(one.get("name", "")):
        wrong.append(_("a name has letters, digits and _, and no digit first."))
    kind = one.get("kind", "text")
    if kind not in KINDS:
        wrong.append(_("“kind” is one of %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    choices = one.get("choices", ())
    if kind == "choice" and not (choices and all(isinstance(choice, str) and choice for choice in choices)):
        wrong.append(_("a choice needs “choices”, a list of texts."))
    if kind == "resource" and one.get("source") not in SOURCES:
        wrong.append(_("a resource needs “source”, one of %(sources)s.") % {"sources": ", ".join(SOURCES)})
    if kind == "secret" and one.get("default"):
        wrong.append(_("a secret has no default: everybody who sees the template could read it."))
    wrong += [
        _("“%(key)s” is too long.") % {"key": key}
        for key, value in one.items()
        if isinstance(value, str) and len(value) > (VALUE_LIMIT if key == "default" else 500)
    ]
    return wrong or _default_offences(one)


def _default_offences(one: dict[str, Any]) -> list[str]:
    variable = Variable.read(one)
    if not variable.default:
        return []
    try:
        variable.clean(variable.default)
    except ValueError as refusal:
        return [_("its default does not fit: %(sentence)s") % {"sentence": refusal}]
    return []


def variables_filled(
    definition: Mapping[str, Any], variables: Sequence[Variable], values: Mapping[str, str]
) -> dict[str, Any]:
    """Return the definition with these values in its `global.variables`; marks of secrets not given are left out.

    `values` has the value of each variable, "" for none; of a secret it matters only whether there is one.
    """
    plain = {one.name: values.get(one.name, "") for one in variables if one.kind != "secret"}
    absent = {one.name for one in variables if one.kind == "secret" and not values.get(one.name)}
    filled: dict[str, Any] = _without(dict(definition), absent) if absent else dict(definition)
    if plain:
        shared = dict(filled.get("global") or {})
        filled["global"] = {**shared, "variables": {**shared.get("variables", {}), **plain}}
    return filled


def _without(value: Any, names: set[str]) -> Any:
    """Return the value without what is nothing but the mark of one of these secrets."""

    def gone(item: Any) -> bool:
        match = MARK.fullmatch(item) if isinstance(item, str) else None
        return match is not None and match[1] in names

    if isinstance(value, dict):
        return {key: _without(item, names) for key, item in value.items() if not gone(item)}
    if isinstance(value, list):
        return [_without(item, names) for item in value if not gone(item)]
    if isinstance(value, str):
        return MARK.sub(lambda match: "" if match[1] in names else match[0], value)
    return value
