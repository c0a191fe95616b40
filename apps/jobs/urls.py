from django.urls import path

from apps.jobs import acts, defaults, detail, downloads, launch, lists, live, logs, notes, streams
from apps.jobs.gallery import views as gallery

app_name = "jobs"
urlpatterns = [
    path("o/<slug:slug>/jobs/", lists.job_list, name="list"),
    path("o/<slug:slug>/jobs.csv", lists.list_csv, name="list_csv"),
    path("o/<slug:slug>/jobs/live/", live.list_stream, name="list_stream"),
    path("o/<slug:slug>/jobs/stop/", lists.stop_many, name="stop_many"),
    path("launch/", launch.link, name="launch_link"),
    path("o/<slug:slug>/jobs/new/", launch.new, name="new"),
    path("o/<slug:slug>/jobs/policy/", defaults.policy, name="policy"),
    path("o/<slug:slug>/jobs/new/estimate/", launch.estimate, name="estimate"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/", detail.detail, name="detail"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/stop/", acts.stop, name="stop"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/extend/", acts.extend, name="extend"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/project/", acts.project, name="project"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/relabel/", acts.relabel, name="relabel"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/restart/", acts.restart, name="restart"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/name/", acts.rename, name="rename"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/notes/", notes.add, name="note_add"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/notes/<uuid:note_id>/", notes.edit, name="note_edit"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/notes/<uuid:note_id>/delete/", notes.delete, name="note_delete"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/services/", detail.services, name="services"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/figures/", detail.figures, name="figures"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/definition.json", downloads.definition, name="definition"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/results.zip", downloads.results, name="results"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/results/<int:number>", downloads.result, name="result"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/stream/", streams.stream, name="stream"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/log.txt", streams.log_text, name="log"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/log.ndjson", streams.log_json, name="log_json"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/log/", logs.search, name="log_search"),
    path("o/<slug:slug>/logs/", logs.everywhere, name="logs"),
    path("o/<slug:slug>/settings/logs/", logs.keeping, name="log_keeping"),
    path("o/<slug:slug>/templates/", gallery.gallery, name="templates"),
    path("o/<slug:slug>/templates/new/", gallery.new, name="template_new"),
    path("o/<slug:slug>/templates/<slug:template>/", gallery.template, name="template"),
    path("o/<slug:slug>/templates/<slug:template>/edit/", gallery.edit, name="template_edit"),
    path("o/<slug:slug>/templates/<slug:template>/archive/", gallery.archive, name="template_archive"),
    path("o/<slug:slug>/templates/<slug:template>/unarchive/", gallery.unarchive, name="template_unarchive"),
    path("o/<slug:slug>/templates/<slug:template>/<int:number>/", gallery.version, name="template_version"),
    path(
        "o/<slug:slug>/templates/<slug:template>/<int:number>/restore/", gallery.restore, name="template_restore"
    ),
]
