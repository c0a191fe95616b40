"""Settings from the environment; any of them may lie in a file instead, named by NAME_FILE."""

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

SECRET_LETTERS = 50  # of a SECRET_KEY, at least
DEVELOPMENT = "sandbox-only-secret-key"


class _Files(FileAwareMapping):
    """The environment, in which NAME_FILE stands before NAME; a file's last line end is not part of the value."""

    def __getitem__(self, name: str) -> str:
        path = self.env.get(f"{name}_FILE")
        try:
            value = str(super().__getitem__(name))
        except (OSError, UnicodeDecodeError) as error:
            told = getattr(error, "strerror", None) or "it is no text"
            raise ImproperlyConfigured(
                f"The file that {name}_FILE names cannot be read: {told}. Mend it, or set {name} itself."
            ) from None
        if path and not value.strip():
            raise ImproperlyConfigured(
                f"The file that {name}_FILE names is empty; write the value of {name} there."
            )
        return value.rstrip("\r\n") if path else value


class Environment(environ.FileAwareEnv):
    """Reads settings from variables or, for each of them, from the file that NAME_FILE names."""

    ENVIRON = _Files()


def secret_key(env: Environment, *, environment: str) -> str:
    """Return Django's secret key; only the sandbox has one of its own.

    Raises ImproperlyConfigured where it is missing, too short, or that of the sandbox.
    """
    key: str = env.str("DJANGO_SECRET_KEY", default="")
    if environment == "sandbox":
        return key or DEVELOPMENT * 3
    if not key or DEVELOPMENT in key or len(key) < SECRET_LETTERS or len(set(key)) < 5:
        told = "The sandbox's secret key" if DEVELOPMENT in key else "This secret key" if key else "No secret key"
        raise ImproperlyConfigured(
            f"{told} does not do for “{environment}”: set DJANGO_SECRET_KEY, or DJANGO_SECRET_KEY_FILE, to"
            f" {SECRET_LETTERS} random letters or more."
        )
    return key
