"""Acts that write people."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from apps.core.errors import Conflict
from apps.users.models import User
from apps.users.selectors import user_exists


def staff_ensure(*, email: str, password: str) -> User:
    """Return the staff account of that address, made with this password if there was none."""
    return User.objects.filter(email=email.lower()).first() or User.objects.create_superuser(email, password)


def user_make(*, email: str, name: str, password: str) -> User:
    """Make the account of somebody whose address is proven already, and confirm the address.

    Raises Conflict when somebody has that address.
    """
    taken = Conflict(f"{email} has an account already: sign in with it.", code="user_exists")
    if user_exists(email):
        raise taken
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=" ".join(name.split())[:150])
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as error:  # another request made it between the look and the write
        raise taken from error
    return user
