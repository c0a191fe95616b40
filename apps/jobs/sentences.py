"""What is kept of a job in words, for its timeline and its notices: patterns in English, said again by core.retelling.

They are filled in with `%` and kept in English whoever acts, so that every reader can have them in their language.
"""

from django.utils.translation import gettext_noop as _

from apps.core.retelling import sentences_of

# --- asked for
ACCEPTED = _("Accepted for %(market)s; the worst case is held until it ends.")
STOP_ASKED = _("%(who)s asked to stop it.")
STAFF_STOPPED = _("Our staff asked to stop it: %(reason)s")
STAFF_MOVES = _("Our staff move it to %(market)s: %(reason)s")
STOP_FROZEN = _("We froze the organisation and asked to stop its jobs.")
RENAMED = _("%(who)s renamed it from “%(before)s” to “%(after)s”.")
PROJECT_SET = _("%(who)s put it from the project “%(before)s” into “%(after)s”.")
KEY = _("The key “%(name)s”")
POLICY = _("Its policy")
EXTENSION_ASKED = _("%(who)s asked for a time limit of %(limit)s; %(credits)s credits more are held.")
EXTENDED = _("The time limit is %(limit)s now.")
NOT_EXTENDED = _("It could not be extended to %(limit)s: %(why)s")

WORST_CASE = _("The job “%(name)s” runs on %(market)s for at most %(time)s and costs at most %(credits)s credits.")
JOB, MARKET, TIME_LIMIT, PROJECT, VISIBILITY = (
    _("Job"),
    _("Market"),
    _("Time limit"),
    _("Project"),
    _("Visibility"),
)
LABELS, NODE = _("Labels"), _("Node")
DEARER = _("%(market)s became dearer: %(approved)s credits were approved, now the job can cost %(total)s.")
READERS = (_("Private"), _("Public"))

# --- on its way to a node
SHELL_PINNED = _("A shell that says nothing of the job is on IPFS as %(cid)s.")
DEFINITION_PINNED = _("The definition is on IPFS as %(cid)s.")
QUEUE_FULL = _("The queue of %(market)s is full; it is listed as soon as there is room.")
LISTED = _("Listed on the market %(market)s; the deposit is on the chain.")
REPRICED = _("The price rose from %(before)s to %(after)s micro-NOS a second; the hold was made again.")
NOT_REPRICED = _(
    "The price of %(market)s rose from %(before)s to %(after)s micro-NOS a second before the job was listed, and it "
    "could not be held again: %(why)s"
)
WAITED = _("It has waited %(time)s for a node. %(then)s")
WAITS_ON = _("It waits on; stop it if you would rather not wait. Waiting costs nothing.")
NO_OTHER_MARKET = _("No other market has a free node for the same price or less; it waits on.")
WAITED_GIVEN_UP = _("It waited %(time)s without a node, so it is given up.")
WAITED_MOVES = _("It waited %(time)s without a node; %(market)s has a free one, so it moves.")
NOT_TAKEN_MOVES = _("No node took it in time; it moves to another market. Waiting cost nothing.")
TAKEN_OFF_MOVES = _("It was taken off its market and moves to %(market)s. Waiting cost nothing.")
NOT_TAKEN = _("No node took it in time, so it was given up; it never ran and costs nothing.")
RUNS = _("Node %(node)s… runs it.")
DROPPED = _("The network dropped the block in which it was %(before)s; it is %(after)s again.")

STATES = (_("pending"), _("queued"), _("running"), _("done"), _("nothing yet"), _("given up by its node"))

# --- while it runs
NEAR_LIMIT = _("It ends in %(left)s, at its time limit of %(limit)s.")
OVERRAN = _("Its time limit of %(limit)s is over and the node did not end it; it is ended.")
SILENT = _("The node gave no sign of life for %(time)s; it is stopped, and its silence is not paid by you.")
LOG_FULL = _(
    "The log has reached %(megabytes)s MB, the most that is kept of one job. What follows is counted and not kept; "
    "the job itself goes on."
)

# --- how a try ended
WHOLE_TIME = _("It used its whole time of %(seconds)s s.")
WHOLE_TIME_ENDED = _("It used its whole time of %(seconds)s s and was ended.")
FINISHED = _("The node finished it after %(seconds)s s.")
STOPPED_AFTER = _("Stopped after %(seconds)s s.")
STOPPED_UNLISTED = _("Stopped before it was listed; it costs nothing.")
STOPPED_WAITING = _("Stopped while it waited; it never ran and costs nothing.")
STOPPED_BETWEEN = _("Stopped between two tries; it costs nothing.")
NO_SIGN = _("The node gave no sign of life.")
GIVEN_UP = _("The node gave it up.")
ANOTHER_TRY = _(
    "%(what)s That try costs nothing; as soon as its deposit is back the job is listed again, try %(number)s of "
    "%(most)s."
)
AGAIN = _("Try %(number)s: held again, to be listed on %(market)s under an address of its own.")
NOT_AGAIN = _("It could not be listed again: %(why)s")
FELL_SILENT = _("The node fell silent and was stopped; it costs nothing.")
FELL_SILENT_PAID = _("The node fell silent and was stopped; its first %(time)s are paid.")
QUIT = _("The node gave the job up; it costs nothing and the deposit comes back.")
QUIT_STOPPING = _(
    "The node gave the job up while it was being stopped; it costs nothing and the deposit comes back."
)

# --- its money and its result
SETTLED = _("Settled for %(seconds)s s; the rest of the hold is released.")
SETTLED_SILENT = _(
    "Settled for %(seconds)s s; the node's silent seconds are the platform's. The rest is released."
)
SETTLED_BY_STAFF = _("Settled by our staff for %(seconds)s s: %(note)s")
DEPOSIT_BACK = _("The deposit is back and the whole hold is released; nothing is charged.")
TAKEN_OVER = _("Another node had taken it over before the deposit came back; the platform pays that, not you.")
REMOVED_PARKED = _("The network removed the job; our staff settle it by hand, and nothing is charged until then.")
REMOVED_LATE = _("The network removed the job before it was settled; our staff settle it by hand.")
STRANDED_PARKED = _(
    "The network took the job from its node and out of every queue; our staff settle it by hand, and nothing is "
    "charged until then."
)
STRANDED_LATE = _(
    "The network took the job from its node and out of every queue before it was settled; our staff settle it by hand."
)
RESULT_PUBLIC = _("The result %(cid)s is stored here.")
RESULT_PRIVATE = _("The result is stored here; on the network there is only an empty shell.")
RESULT_NONE = _("The node delivered no result; the log has what was seen while the job ran.")
# why a hold ended without a settlement
RELEASED_UNLISTED = _("stopped before it was listed")
RELEASED_REPRICED = _("held again at another price")

# --- what the chain shows, by the program's instruction
ACTS = {
    "list": _("Its listing is on the chain."),
    "assign": _("Its listing for a chosen node is on the chain."),
    "work": _("A node took it from the queue."),
    "extend": _("Its longer time limit is on the chain."),
    "finish": _("The node's finish is on the chain."),
    "end": _("Its end by the platform is on the chain."),
    "quit": GIVEN_UP,
    "claim": _("Another node took it over."),
    "delist": _("It was taken off its market; the deposit came back."),
    "recover": _("The deposit of the try that was given up came back."),
    "complete": _("The node added its result."),
    "clean": _("The network cleaned its account away; everything is kept here."),
    "quit_admin": _("The network's administrators ended the node's run."),
    "clean_admin": _("The network's administrators removed its account."),
}
ACT = _("The network did “%(act)s”.")

# --- what the bridge says of it
REFUSED = _("The network refused the job: %(why)s")
NO_ROOM = _("the market’s queue is full; launch it in another market.")
MARKET_CLOSED = _("The market %(market)s closed before the job was listed; choose another one.")
NODE_AWAY = _("The node %(node)s… was not free in %(market)s; choose another one, or none.")
HANDED = _("The definition was handed to the node %(node)s, which proved itself.")
DELIVERED = _("The node delivered the result to us.")
LIMIT_REFUSED = _("The network refused the new time limit; it stays %(limit)s, and the hold for more is released.")
LIMIT_LATE = _("The job ended before more time arrived; what was held for it is released.")


def kept_sentences() -> list[str]:
    """Return every sentence that is kept here."""
    return sentences_of(globals())
