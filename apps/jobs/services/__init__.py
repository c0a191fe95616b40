"""Acts that write jobs, one module per act; import them from here."""

from apps.jobs.services.again import job_rename, job_restart
from apps.jobs.services.approvals import job_approved, job_launch
from apps.jobs.services.attempts import ApprovalNeeded
from apps.jobs.services.changes import job_change
from apps.jobs.services.defaults import policy_set
from apps.jobs.services.estimates import Estimate, job_estimate
from apps.jobs.services.extension import (
    ExtensionCost,
    extension_estimate,
    extension_landed,
    extension_refused,
    job_extend,
)
from apps.jobs.services.figures import Figures, figures_of
from apps.jobs.services.keeping import log_keeping_set, logs_expire
from apps.jobs.services.labels import LabelsRefused, labels_read
from apps.jobs.services.log_pages import logs_page
from apps.jobs.services.logs import Batch, LogEntry, batch_of, loglines_add, loglines_store, text_kept
from apps.jobs.services.markets import (
    ListedMarket,
    MarketFacts,
    market_close,
    market_curate,
    market_observe,
    markets_figure,
    markets_list,
)
from apps.jobs.services.moves import event_write, job_lock, job_move, job_notify, jobs_lock
from apps.jobs.services.moving import job_shift, markets_for
from apps.jobs.services.notes import note_add, note_delete, note_edit
from apps.jobs.services.observation import (
    attempt_cancelled,
    attempt_clean,
    attempt_failed,
    attempt_recover,
    attempt_repriced,
    attempt_withdrawn,
    want_close,
    wants_close,
)
from apps.jobs.services.parking import attempt_afloat, attempt_park, attempt_resolve, attempt_strand, resolve_check
from apps.jobs.services.placing import Landed, Place, attempts_addressed, attempts_listed, attempts_wait_for_room
from apps.jobs.services.projects import job_project_set
from apps.jobs.services.rehearsal import Rehearsal, job_rehearse
from apps.jobs.services.relabelling import job_relabel
from apps.jobs.services.results import result_missed, result_store
from apps.jobs.services.secrets import (
    Mask,
    Privacy,
    SecretsMissing,
    definition_whole,
    mask_of,
    secrets_rotate,
    secrets_wipe,
)
from apps.jobs.services.settlement import attempt_refund, attempt_settle
from apps.jobs.services.sightings import Act, Observation, attempt_acts_tell, job_observe
from apps.jobs.services.spenders import Spender
from apps.jobs.services.stopping import JOBS_AT_ONCE, job_end, job_stop, jobs_stop, jobs_stop_all
from apps.jobs.services.submission import job_submit
from apps.jobs.services.templates import (
    template_archive,
    template_create,
    template_restore,
    template_unarchive,
    template_version,
)
from apps.jobs.services.watching import attempt_silent, attempts_heard, jobs_watch
from apps.jobs.state import Seen

__all__ = [
    "JOBS_AT_ONCE",
    "jobs_stop",
    "jobs_stop_all",
    "Act",
    "ApprovalNeeded",
    "Batch",
    "Estimate",
    "ExtensionCost",
    "Landed",
    "ListedMarket",
    "LogEntry",
    "MarketFacts",
    "Figures",
    "LabelsRefused",
    "Mask",
    "Observation",
    "Privacy",
    "Rehearsal",
    "SecretsMissing",
    "Place",
    "Seen",
    "Spender",
    "attempt_acts_tell",
    "attempt_afloat",
    "attempt_cancelled",
    "attempt_clean",
    "attempt_failed",
    "attempt_park",
    "attempt_recover",
    "attempt_refund",
    "attempt_repriced",
    "attempt_resolve",
    "attempt_settle",
    "attempt_silent",
    "attempt_strand",
    "attempt_withdrawn",
    "batch_of",
    "definition_whole",
    "attempts_heard",
    "attempts_addressed",
    "attempts_listed",
    "attempts_wait_for_room",
    "event_write",
    "extension_estimate",
    "extension_landed",
    "extension_refused",
    "figures_of",
    "job_approved",
    "job_change",
    "job_estimate",
    "job_end",
    "job_extend",
    "job_launch",
    "job_lock",
    "job_move",
    "job_notify",
    "job_observe",
    "job_project_set",
    "job_rehearse",
    "job_relabel",
    "job_rename",
    "job_restart",
    "job_shift",
    "job_stop",
    "job_submit",
    "labels_read",
    "log_keeping_set",
    "jobs_watch",
    "jobs_lock",
    "loglines_add",
    "loglines_store",
    "logs_expire",
    "logs_page",
    "market_close",
    "market_curate",
    "market_observe",
    "markets_figure",
    "markets_for",
    "markets_list",
    "mask_of",
    "note_add",
    "note_delete",
    "note_edit",
    "policy_set",
    "resolve_check",
    "result_missed",
    "result_store",
    "secrets_rotate",
    "secrets_wipe",
    "template_archive",
    "template_create",
    "template_restore",
    "template_unarchive",
    "template_version",
    "text_kept",
    "want_close",
    "wants_close",
]
