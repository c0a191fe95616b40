"""The ledger's work in the background."""

from django.utils import timezone

from apps.core import queue
from apps.ledger import services


@queue.periodic("ledger.digests_close", every=600)
def digests_close() -> None:
    services.digests_close(now=timezone.now())
