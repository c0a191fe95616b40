"""All settings, read from the environment; each module holds those of its subject. Data only, no rules."""

from nosana_web.settings.jobs import *  # noqa: F403
from nosana_web.settings.money import *  # noqa: F403
from nosana_web.settings.process import *  # noqa: F403
from nosana_web.settings.safety import *  # noqa: F403
from nosana_web.settings.sign_in import *  # noqa: F403
from nosana_web.settings.site import *  # noqa: F403
