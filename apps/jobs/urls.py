from django.urls import path

from apps.jobs import defaults, launch, logs, streams, views
from apps.jobs.gallery import views as gallery

app_name = "jobs"
urlpatterns = [
    path("o/<slug:slug>/jobs/", views.job_list, name="list"),
    path("o/<slug:slug>/jobs/new/", launch.new, name="new"),
    path("o/<slug:slug>/jobs/policy/", defaults.policy, name="policy"),
    path("o/<slug:slug>/jobs/new/estimate/", launch.estimate, name="estimate"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/", views.detail, name="detail"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/stop/", views.stop, name="stop"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/extend/", views.extend, name="extend"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/project/", views.project, name="project"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/stream/", streams.stream, name="stream"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/log.txt", streams.log_text, name="log"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/log.ndjson", streams.log_json, name="log_json"),
    path("o/<slug:slug>/jobs/<uuid:job_id>/log/", logs.search, name="log_search"),
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
