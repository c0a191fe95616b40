from django.urls import path

from apps.bridge import views

app_name = "bridge"
urlpatterns = [
    path("jobs/<str:address>/definition", views.definition, name="definition"),
    path("jobs/<str:address>/result", views.result, name="result"),
]
