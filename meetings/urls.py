from django.urls import path

from .views import ballot, bid, calendar, files, host_call, meeting, programme, registration

app_name = "meetings"

urlpatterns = [
    # /{lang}/meetings/
    path("meetings/", meeting.meeting_list, name="list"),
    path("meetings/feed/", meeting.feed, name="feed"),
    path("meetings/<int:edition>/", meeting.meeting, name="meeting"),
    path("meetings/<int:edition>/documents/<int:pk>/", meeting.document, name="document"),
    # calendars
    path("meetings.ics", calendar.calendar_all, name="calendar_all"),
    # /{lang}/meetings.csv …, but for the calendar above
    path("meetings.<slug:extension>", files.meetings, name="meetings_file"),
    path("meetings/<int:edition>/calendar.ics", calendar.calendar, name="calendar"),
    # programme
    path("meetings/<int:edition>/programme/", programme.programme, name="programme"),
    path(
        "meetings/<int:edition>/programme/<int:pk>/calendar.ics",
        calendar.session_calendar_file,
        name="session_calendar",
    ),
    path("meetings/<int:edition>/programme/<int:pk>/book/", programme.session_book, name="session_book"),
    path("meetings/<int:edition>/programme/<int:pk>/leave/", programme.session_leave, name="session_leave"),
    path("meetings/registration/<str:token>/sessions/", programme.registration_sessions, name="registration_sessions"),
    path("my/registrations/<int:pk>/sessions/", programme.my_registration_sessions, name="my_registration_sessions"),
    # hosting
    path("meetings/<int:edition>/hosting/", host_call.host_call, name="host_call"),
    path("meetings/<int:edition>/hosting/bids/<int:pk>/", host_call.host_call_bid, name="host_call_bid"),
    # ballots
    path("meetings/<int:edition>/ballot/", ballot.ballots, name="ballots"),
    path("meetings/<int:edition>/ballot/<int:number>/", ballot.ballot, name="ballot"),
    path("meetings/<int:edition>/ballot/<int:number>/vote/", ballot.ballot_vote, name="ballot_vote"),
    path("meetings/<int:edition>/ballot/<int:number>/counting.<slug:fmt>", ballot.ballot_file, name="ballot_file"),
    path("meetings/<int:edition>/ballot/<int:number>/check/", ballot.ballot_check, name="ballot_check"),
    # registration
    path("meetings/<int:edition>/register/", registration.register, name="register"),
    path("meetings/<int:edition>/register/<str:token>/", registration.register_with, name="register_with"),
    path("meetings/<int:edition>/participants/", registration.meeting_participants, name="participants"),
    path("meetings/registration/<str:token>/", registration.registration, name="registration"),
    path("meetings/registration/<str:token>/cancel/", registration.registration_cancel, name="registration_cancel"),
    path(
        "meetings/registration/<str:token>/calendar.ics",
        registration.registration_calendar_by_link,
        name="registration_calendar",
    ),
    path("my/meetings/<int:edition>/<slug:city>/", registration.my_registrations, name="my_registrations"),
    path("my/registrations/<int:pk>/", registration.my_registration, name="my_registration"),
    path("my/registrations/<int:pk>/cancel/", registration.my_registration_cancel, name="my_registration_cancel"),
    path(
        "my/registrations/<int:pk>/calendar.ics",
        registration.my_registration_calendar,
        name="my_registration_calendar",
    ),
    # bids to host, in My city
    path("my/hosting/<slug:city>/<int:edition>/", bid.my_bid_begin, name="my_bid_begin"),
    path("my/bids/<int:pk>/", bid.my_bid, name="my_bid"),
    path("my/bids/<int:pk>/form/", bid.my_bid_form, name="my_bid_form"),
    path("my/bids/<int:pk>/submit/", bid.my_bid_submit, name="my_bid_submit"),
    path("my/bids/<int:pk>/take-back/", bid.my_bid_take_back, name="my_bid_take_back"),
    path("my/bids/<int:pk>/withdraw/", bid.my_bid_withdraw, name="my_bid_withdraw"),
    path("my/bids/<int:pk>/cities/", bid.my_bid_city_ask, name="my_bid_city_ask"),
    path("my/bids/<int:pk>/cities/<int:city>/remove/", bid.my_bid_city_remove, name="my_bid_city_remove"),
    path("my/bids/<int:pk>/cities/<int:city>/letter/", bid.my_bid_letter, name="my_bid_letter"),
    path("my/bids/<int:pk>/cities/<int:city>/letter/remove/", bid.my_bid_letter_remove, name="my_bid_letter_remove"),
    path("my/bids/cities/<int:pk>/", bid.my_bid_answer, name="my_bid_answer"),
]
