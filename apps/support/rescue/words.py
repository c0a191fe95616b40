"""What the acts on a job came to, and what the chain shows of it, in sentences for staff."""

from apps.bridge.accounts import Standing
from apps.bridge.services import Collected, Observed
from apps.jobs.models import Want
from apps.jobs.state import State

OUTLOOKS: dict[str, str] = {
    Standing.NEVER: "Nothing of this try was ever sent to the chain.",
    Standing.ABSENT: "There is no account at this address: it was never listed, or it is closed. Its life below tells "
    "by which transaction, and the explorer its history.",
    Standing.QUEUED: "It waits in its market's queue. Ending the job takes it off and brings the whole deposit back.",
    Standing.RUNNING: "A node runs it. Ending the job pays the node for its seconds and brings the rest back.",
    Standing.QUIT: "Its node gave it up and no other runs it: its deposit can be taken back.",
    Standing.DONE: "It is done: its node is paid and the rest of the deposit came back. Its rent stays for now.",
    Standing.RENT: "It is done: its node is paid and the rest of the deposit came back. Its rent can be taken back.",
    Standing.ADRIFT: "No node has it and no queue: nothing of ours can move it or take its deposit back. Once it was "
    "so for a minute it waits among the tries to settle by hand.",
}


def observed_words(seen: Observed) -> str:
    """Return what a look at the chain changed."""
    after = State(seen.after).label.lower()
    if seen.missed:
        return "The chain did not answer about every try; look again in a moment."
    moved = f"It was {State(seen.before).label.lower()} and is {after} now"
    words = moved if seen.before != seen.after else f"It is {after}, as was known"
    if not seen.lines:
        return f"{words}; nothing new in its life."
    return f"{words}; {seen.lines} new line{'' if seen.lines == 1 else 's'} in its life."


def collected_words(got: Collected) -> str:
    """Return what was fetched."""
    lines = f"{got.lines:,} line{'' if got.lines == 1 else 's'} of log"
    if got.result:
        return f"The result is kept now, and {lines} more."
    return f"The result was kept already; {lines} were missing." if got.lines else "Nothing was missing."


def recovered_words(standing: Standing, wanted: str) -> str:
    """Return what is taken back, or why nothing is."""
    if wanted == Want.Kind.RECOVER:
        return "Its deposit is being taken back."
    if wanted == Want.Kind.CLEAN:
        return "Its rent is being taken back."
    return f"Nothing can be taken back. {OUTLOOKS[standing.outlook]}"
