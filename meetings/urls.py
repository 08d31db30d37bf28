from django.urls import path

from .views import meeting

app_name = "meetings"

urlpatterns = [
    # /{lang}/meetings/
    path("meetings/", meeting.meeting_list, name="list"),
    path("meetings/<int:edition>/", meeting.meeting, name="meeting"),
]
