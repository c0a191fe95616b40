from django.urls import path

from apps.users import views

app_name = "users"
urlpatterns = [
    path("account/name/", views.name, name="name"),
    path("account/data/", views.data, name="data"),
    path("account/data/export/", views.data_export, name="data_export"),
    path("account/data/erase/", views.account_erase, name="account_erase"),
]
