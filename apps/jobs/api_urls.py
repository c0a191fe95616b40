from django.urls import path

from apps.jobs import api

app_name = "jobs_api"
urlpatterns = [
    path("organisations/<slug:slug>/jobs/<uuid:job_id>/log", api.JobLog.as_view(), name="log"),
]
