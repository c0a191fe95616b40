"""What endpoints of notices and of channels of chats take and give."""

from typing import Any

from rest_framework import serializers

from apps.core.rest import Body, Flag, Text, Texts
from apps.core.rest.pages import PageQuestion
from apps.notifications.models import Endpoint
from apps.notifications.services.chats import KINDS


class NoticeShape(serializers.Serializer[Any]):
    """A notice: its kind, its words, the page it is about, and whether the caller has not read it yet."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    alarm = serializers.BooleanField(help_text="About security, or money at risk.")
    unread = serializers.BooleanField()
    subject = serializers.CharField()
    url = serializers.CharField()
    at = serializers.DateTimeField()


class ReadShape(serializers.Serializer[Any]):
    """Until when everything is read."""

    read_until = serializers.DateTimeField()


class NoticesQuestion(PageQuestion):
    """Which notices."""

    unread = serializers.BooleanField(default=False)
    kind = Text(max_length=60, required=False)


class KindShape(serializers.Serializer[Any]):
    """A kind of notice, and what the caller chose of it."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    here = serializers.BooleanField(help_text="Whether it is listed.")
    mail = serializers.CharField(help_text="none, now or daily.")
    alarm = serializers.BooleanField(help_text="Whether it does not wait for the end of quiet hours.")


class ChoicesShape(serializers.Serializer[Any]):
    """What a person chose about an organisation's notices; hours are those of `time_zone`, else the organisation's."""

    kinds = KindShape(many=True)
    quiet_from = serializers.IntegerField(allow_null=True)
    quiet_until = serializers.IntegerField(allow_null=True)
    time_zone = serializers.CharField()
    daily_hour = serializers.IntegerField()


class ChoicesChange(Body):
    """What can be chosen; what is left out stays. Quiet hours are given both, or null both."""

    kinds = serializers.DictField(child=serializers.DictField(), required=False)
    quiet_from = serializers.IntegerField(min_value=0, max_value=23, allow_null=True, required=False)
    quiet_until = serializers.IntegerField(min_value=0, max_value=23, allow_null=True, required=False)
    time_zone = Text(max_length=50, allow_blank=True, required=False)
    daily_hour = serializers.IntegerField(min_value=0, max_value=23, required=False)


class ChatShape(serializers.ModelSerializer[Endpoint]):
    """A channel of a chat; `url` names the host of its address, which is never shown whole."""

    types = serializers.ListField(child=serializers.CharField(), help_text="None means all.")
    project = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = Endpoint
        fields = (
            "id",
            "kind",
            "url",
            "description",
            "types",
            "project",
            "quiet_from",
            "quiet_until",
            "failing_since",
            "off_at",
            "off_reason",
            "created_at",
        )


class ChatChange(Body):
    """What can be changed of a channel; what is left out stays. Quiet hours are given both, or null both."""

    url = Text(max_length=500, required=False)
    description = Text(max_length=120, required=False, allow_blank=True)
    types = Texts(each=60, required=False)
    project = Text(max_length=60, required=False, allow_blank=True)
    quiet_from = serializers.IntegerField(min_value=0, max_value=23, allow_null=True, required=False)
    quiet_until = serializers.IntegerField(min_value=0, max_value=23, allow_null=True, required=False)


class ChatNew(ChatChange):
    """A channel to set up; without `types` it hears of everything, without `project` of all of them."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in KINDS])
    url = Text(max_length=500)


class ChatTurn(ChatChange):
    """The same, and whether it is on."""

    on = Flag(required=False)
