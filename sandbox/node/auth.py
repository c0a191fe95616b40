"""Who may ask a node about a job: whoever signs the network's own header with the key of the job's project."""

from datetime import UTC, datetime, timedelta

from nosana.chain import header_read


def is_signed_by(header: str, signer: str, seconds: int) -> bool:
    """Return whether the header is the signer's; one that carries a time must not be older than `seconds`."""
    said = header_read(header)
    if said is None or (
        said.at is not None and not said.fresh(datetime.now(UTC), timedelta(seconds=max(seconds, 1)))
    ):
        return False
    return said.signed_by(signer)
