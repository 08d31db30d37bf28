from django.urls import path

from . import views

app_name = "meetings"

urlpatterns = [
    # /{lang}/meetings/
    path("meetings/", views.meeting_list, name="list"),
    path("meetings/<int:edition>/", views.meeting, name="meeting"),
]
