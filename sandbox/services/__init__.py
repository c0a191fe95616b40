"""PostgreSQL and Redis for machines that have neither, on Unix sockets in a private folder."""

from sandbox.services.postgres import Postgres
from sandbox.services.redis import Redis

__all__ = ["Postgres", "Redis"]
