"""A notice as a message of a chat: the JSON that incoming webhooks of Slack, Discord and Teams take."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.languages import plainly
from apps.notifications.models import Endpoint, Event
from apps.notifications.types import TEST, notice_kinds
from apps.notifications.words import notice_path, notice_words

GREEN, AMBER = 0x0A6B43, 0xB45309
TITLE, TEXT = 250, 2_000  # letters, below what each of them takes


def chat_body(endpoint: Endpoint, event: Event) -> str:
    """Return what is posted to the chat, the same to the byte at each try."""
    organisation = endpoint.organisation
    with plainly():
        if event.type == TEST.name:
            title, text = _("A test from {name}").format(name=organisation.name), _("It works.")
        else:
            title, text = notice_words(event)
        alarm = event.type in notice_kinds() and notice_kinds()[event.type].alarm
        url = settings.BASE_URL + notice_path(event, organisation.slug)
        make = {Endpoint.Kind.SLACK: _slack, Endpoint.Kind.DISCORD: _discord, Endpoint.Kind.TEAMS: _teams}
        words = title[:TITLE], text[:TEXT], url, organisation.name
        return json.dumps(make[Endpoint.Kind(endpoint.kind)](*words, alarm), separators=(",", ":"))


def _slack(title: str, text: str, url: str, name: str, alarm: bool) -> dict[str, Any]:
    title, text, name = (_slack_escape(words) for words in (title, text, name))
    sign = ":warning: " if alarm else ""
    lines = [f"{sign}*{title}*", text, f"<{url}|{_('See it')}>"]
    return {
        "text": f"{name}: {title}",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(filter(None, lines))}},
            {"type": "context", "elements": [{"type": "plain_text", "text": name[:150]}]},
        ],
        "unfurl_links": False,
    }


def _slack_escape(words: str) -> str:
    """Return the words so that they call nobody and link nowhere."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _discord(title: str, text: str, url: str, name: str, alarm: bool) -> dict[str, Any]:
    embed = {
        "title": title,
        "description": text,
        "url": url,
        "color": AMBER if alarm else GREEN,
        "footer": {"text": name},
    }
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _teams(title: str, text: str, url: str, name: str, alarm: bool) -> dict[str, Any]:
    head = {"type": "TextBlock", "text": title, "weight": "Bolder", "size": "Medium", "wrap": True}
    if alarm:
        head["color"] = "Warning"
    body = [head, {"type": "TextBlock", "text": text, "wrap": True}] if text else [head]
    body.append({"type": "TextBlock", "text": name, "isSubtle": True, "size": "Small", "wrap": True})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": _("See it"), "url": url}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}
