"""Acts that write people."""

from apps.users.models import User


def staff_ensure(*, email: str, password: str) -> User:
    """Return the staff account of that address, made with this password if there was none."""
    return User.objects.filter(email=email.lower()).first() or User.objects.create_superuser(email, password)
