"""Acts that write people."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict
from apps.core.languages import language_known
from apps.core.seals import Renewed, seal, seal_renewed
from apps.users.factors import PURPOSE
from apps.users.models import SavedView, User
from apps.users.names import name_clean
from apps.users.selectors import user_exists

SEALED, FERNET = ("secret", "seed", "migrated_codes"), "gAAAA"  # what a factor seals, and how sealed texts begin
BANNERS_LIMIT = 50  # put away by one person; older ones are long over
VIEWS_LIMIT = 30  # of one kind of list in one place


def person_rename(*, user: User, name: str) -> None:
    """Call the person so from now on; an empty name lets people read the address instead."""
    User.objects.filter(pk=user.pk).update(name=name_clean(name))


def staff_ensure(*, email: str, password: str) -> User:
    """Return the staff account of that address, made with this password and a confirmed address if there was none."""
    with transaction.atomic():
        known = User.objects.filter(email=email.lower()).first()
        user = known or User.objects.create_superuser(email, password)
        if not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_ins_end(*, user: User) -> int:
    """End every sign-in of the person at once, in browsers and of programs; return how many there were.

    The password stays: whoever else may know it needs a new one.
    """
    with transaction.atomic():
        sessions = UserSession.objects.filter(user=user)
        keys = list(sessions.values_list("session_key", flat=True))
        tokens = Token.objects.filter(user=user)
        count = len(keys) + tokens.filter(type=Token.Type.REFRESH_TOKEN).count()
        Session.objects.filter(session_key__in=keys).delete()
        sessions.delete()
        tokens.delete()
    return count


def unclaimed_take(*, user: User, email: str) -> None:
    """Take an account that nobody ever opened away from whoever made it: its secrets end, its address is confirmed."""
    with transaction.atomic():
        user.set_unusable_password()
        user.save(update_fields=["password"])
        Authenticator.objects.filter(user=user).delete()
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def user_make(*, email: str, name: str, password: str) -> User:
    """Make the account of somebody whose address is proven already, and confirm the address.

    Raises Conflict when somebody has that address.
    """
    taken = Conflict(
        _("%(email)s has an account already: sign in with it.") % {"email": email}, code="user_exists"
    )
    if user_exists(email):
        raise taken
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email, password, name=" ".join(name.split())[:150], language=get_language() or ""
            )
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as error:  # another request made it between the look and the write
        raise taken from error
    return user


def language_choose(*, user: User, language: str) -> None:
    """Keep the language a person wants pages and mails in. Raises AppError for one the platform does not speak."""
    language_check(language)
    User.objects.filter(pk=user.pk).update(language=language)


def banner_put_away(*, user: User, name: str) -> None:
    """Remember that the person wants to see this banner no more; a repeat changes nothing."""
    with transaction.atomic():
        away = User.objects.select_for_update().get(pk=user.pk).banners_away
        if name not in away:
            User.objects.filter(pk=user.pk).update(banners_away=[*away, name][-BANNERS_LIMIT:])


def language_check(language: str) -> None:
    """Raise AppError unless the platform speaks the language of that code."""
    if not language_known(language):
        known = ", ".join(f"{name} ({code})" for code, name in settings.LANGUAGES)
        sentence = _("The platform does not speak this language; choose one of %(known)s.") % {"known": known}
        raise AppError(sentence, code="language_unknown", status=422)


def view_save(*, user: User, area: str, place: UUID, name: str, query: str, now: datetime) -> SavedView:
    """Keep the query of a list under the name; what had the name is replaced, so that a repeat changes nothing.

    Raises AppError for a name or query that cannot be kept, Conflict for one view too many.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= 60:
        raise AppError(_("Give the view a name of 1 to 60 characters."), code="view_name", status=422)
    if len(query) > 1000 or "\x00" in query:
        raise AppError(_("This view has too many filters to be kept."), code="view_query", status=422)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one at a time, so that the limit holds
        kept = SavedView.objects.filter(user=user, area=area, place=place)
        if kept.exclude(name=name).count() >= VIEWS_LIMIT:
            raise Conflict(
                _("You have %(views_limit)s views of this list; delete one first.") % {"views_limit": VIEWS_LIMIT},
                code="view_limit",
            )
        view, _unused = SavedView.objects.update_or_create(
            user=user, area=area, place=place, name=name, defaults={"query": query, "created_at": now}
        )
    return view


def view_delete(*, user: User, area: str, place: UUID, name: str) -> None:
    """Delete a view of the person's own; a repeat changes nothing."""
    SavedView.objects.filter(user=user, area=area, place=place, name=name).delete()


def factors_renew() -> Renewed:
    """Seal the secrets of second factors with the newest key; one from before they were sealed is sealed now."""
    found = Renewed()
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    for pk, data in (
        Authenticator.objects.filter(type__in=kinds).values_list("pk", "data").iterator(chunk_size=500)
    ):
        try:
            renewed = {name: _factor_renewed(value) if name in SEALED else value for name, value in data.items()}
        except InvalidToken:
            found += Renewed(lost=1)
            continue
        if renewed != data:
            found += Renewed(done=Authenticator.objects.filter(pk=pk, data=data).update(data=renewed))
    return found


def _factor_renewed(value: str | list[str]) -> str | list[str]:
    if isinstance(value, list):
        return [str(_factor_renewed(one)) for one in value]
    sealed = value if value.startswith(FERNET) else seal(value, purpose=PURPOSE)
    return seal_renewed(sealed, purpose=PURPOSE)
