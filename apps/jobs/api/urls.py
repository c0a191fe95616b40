from django.urls import path

from apps.jobs.api import files, jobs, logs, markets, notes, results, services, settings, templates

app_name = "jobs_api"
O = "organisations/<slug:slug>/"  # noqa: E741
J = O + "jobs/<uuid:job_id>"
T = O + "templates/<slug:template>"
urlpatterns = [
    path("markets", markets.Markets.as_view(), name="markets"),
    path("markets/<slug:market>", markets.OneMarket.as_view(), name="market"),
    path(O + "jobs", jobs.Jobs.as_view(), name="jobs"),
    path(J, jobs.OneJob.as_view(), name="job"),
    path(J + "/stop", jobs.JobStop.as_view(), name="stop"),
    path(J + "/extend", jobs.JobMoreTime.as_view(), name="extend"),
    path(J + "/restart", jobs.JobRestart.as_view(), name="restart"),
    path(J + "/relabel", jobs.JobRelabel.as_view(), name="relabel"),
    path(J + "/notes", notes.Notes.as_view(), name="notes"),
    path(J + "/notes/<uuid:note_id>", notes.OneNote.as_view(), name="note"),
    path(J + "/events", jobs.JobEvents.as_view(), name="events"),
    path(J + "/attempts", jobs.JobAttempts.as_view(), name="attempts"),
    path(J + "/result", results.JobResult.as_view(), name="result"),
    path(J + "/result.json", results.JobResultFile.as_view(), name="result_file"),
    path(J + "/services", services.JobServices.as_view(), name="services"),
    path(J + "/figures", services.JobFigures.as_view(), name="figures"),
    path(J + "/log", logs.JobLog.as_view(), name="log"),
    path(J + "/log.txt", files.log_text, name="log_text"),
    path(J + "/log.ndjson", files.log_json, name="log_json"),
    path(J + "/log/stream", files.log_stream, name="log_stream"),
    path(O + "templates", templates.Templates.as_view(), name="templates"),
    path(T, templates.OneTemplate.as_view(), name="template"),
    path(T + "/versions", templates.Versions.as_view(), name="template_versions"),
    path(T + "/versions/<int:number>", templates.OneVersion.as_view(), name="template_version"),
    path(T + "/versions/<int:number>/restore", templates.Restore.as_view(), name="template_restore"),
    path(T + "/archive", templates.Archive.as_view(), name="template_archive"),
    path(T + "/unarchive", templates.Unarchive.as_view(), name="template_unarchive"),
    path(O + "job-policy", settings.JobPolicy.as_view(), name="policy"),
    path(O + "log-keeping", settings.LogKeeping.as_view(), name="log_keeping"),
]
