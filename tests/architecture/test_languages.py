"""Every text can be translated, and is."""

from pathlib import Path

from tests.architecture.languages import bare_sentences, bare_texts, holes, offences


def test_nothing_is_said_in_one_language_only() -> None:
    assert offences([]) == []


def test_the_check_sees_bare_texts_of_templates(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '{% load i18n %}<p title="Hello there">{{ name }}{% translate "Fine" %}</p><code>left</code> Nosana Web\n'
        '{% include "x.html" with hint="Say more" text=_("Fine") %}{% blocktranslate %}Fine{% endblocktranslate %}\n'
        '<b aria-label="{% translate "Fine" %}">three job{{ n|pluralize }}</b>'
        '{{ at|date:"j M" }}{{ at|date:"c" }}'
    )
    assert [text for _, text in bare_texts(page)] == [
        '"Say more"',
        "|pluralize:",
        '|date:"j M"',
        "Hello there",
        "three job",
    ]


def test_the_check_sees_bare_sentences_of_python(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text('"""A docstring, not said."""\nraise E(f"You have {n} jobs.")\nraise E(_("All is well."))\n')
    assert list(bare_sentences(code)) == [(2, "You have {…} jobs.")]


def test_holes_are_found_in_both_ways_of_writing_them() -> None:
    assert holes("%(name)s has {count} of 100 %%") == {"name", "count"}
