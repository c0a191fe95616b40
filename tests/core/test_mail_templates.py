"""Every mail is whole: a subject, words in text and in HTML, and nothing that needs an image."""

import re
from pathlib import Path

import pytest

MAILS = sorted(path for path in (Path(__file__).parents[2] / "templates" / "emails").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", MAILS, ids=lambda folder: folder.name)
def test_a_mail_has_a_subject_and_says_in_text_what_it_says_in_html(folder: Path) -> None:
    subject, text, html = ((folder / part).read_text() for part in ("subject.txt", "body.txt", "body.html"))
    assert subject.strip()
    assert "<img" not in html
    assert "background-image" not in html
    assert re.match(
        r"(\{% load [\w ]+ %\})?\{% autoescape off %\}", text
    )  # names with an ampersand are no HTML there
    links = re.findall(r'href="{{([^}|]+)', html) + re.findall(r"button.html\" with url=([\w.]+)", html)
    assert {
        link.strip() for link in links if link.strip() not in text
    } == set()  # who reads the text follows them too


@pytest.mark.parametrize("folder", MAILS, ids=lambda folder: folder.name)
def test_a_mail_leads_to_one_act_at_most_by_a_button(folder: Path) -> None:
    html = (folder / "body.html").read_text()
    for words in re.split(r"{% (?:elif|else)\b[^%]*%}", html):
        assert words.count("emails/button.html") <= 1
    assert not re.search(
        r"<p><a [^>]*>{% translate [^%]+%}</a></p>", html
    )  # a link alone in a paragraph is an act
