"""Passwords made of what everybody here would think of first."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.users.models import User

LEFT = 8  # characters that must be left when the words are taken away


class OwnWordsValidator:
    """Refuses a password that is little more than the platform's own words (settings.PASSWORD_WORDS)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Pass a password with enough of its own. Raises ValidationError with a sentence."""
        rest = password.lower()
        for word in sorted(
            (*settings.PASSWORD_WORDS, *settings.PLATFORM_NAME.lower().split()), key=len, reverse=True
        ):
            rest = rest.replace(word.lower(), "")
        if rest != password.lower() and len(rest) < LEFT:
            raise ValidationError(
                _("This password is little more than a word of ours, which strangers try first; choose another."),
                code="password_own_words",
            )

    def get_help_text(self) -> str:
        """Return the rule as a sentence."""
        return str(gettext_lazy("Your password must not be made of our own words."))
