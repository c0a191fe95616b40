"""What is asked about people: which addresses are theirs, which views they saved, whether there is staff."""

from uuid import UUID

from allauth.account.models import EmailAddress

from apps.users.models import SavedView, User


def user_has_address(user: User, email: str) -> bool:
    """Return whether the address is the person's: one they have confirmed, or the one they sign in by."""
    found = EmailAddress.objects.filter(user=user, email__iexact=email).first()
    return found.verified if found is not None else user.email.lower() == email.lower()


def user_exists(email: str) -> bool:
    """Return whether somebody signs in by that address, or has confirmed it."""
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True)
    return User.objects.filter(email=email.lower()).exists() or confirmed.exists()


def views_of(user: User, *, area: str, place: UUID) -> list[SavedView]:
    """Return the person's saved views of that kind of list there, by name."""
    return list(SavedView.objects.filter(user=user, area=area, place=place).order_by("name"))


def staff_exist() -> bool:
    """Return whether anybody may open the admin site."""
    return User.objects.filter(is_staff=True, is_active=True).exists()
