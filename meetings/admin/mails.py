"""What the mails of annual meetings are called in the list of mails, which does not know of them itself."""

from django.utils.translation import gettext_lazy

from cities.admin.outbox import KINDS

KINDS.update(
    {
        "ballot-annulled": gettext_lazy("ballot: annulled"),
        "ballot-bid-lost": gettext_lazy("ballot: bid withdrawn"),
        "ballot-not-ready": gettext_lazy("ballot: not ready, to staff"),
        "ballot-opened": gettext_lazy("ballot: open"),
        "ballot-reminder": gettext_lazy("reminder: vote"),
        "ballot-result": gettext_lazy("ballot: result"),
        "ballot-result-to-staff": gettext_lazy("ballot: result, to staff"),
        "ballot-runoff": gettext_lazy("ballot: run-off"),
        "bid-city-asked": gettext_lazy("bid: city asked"),
        "bid-city-confirmed": gettext_lazy("bid: city confirmed"),
        "bid-city-declined": gettext_lazy("bid: city declined"),
        "bid-city-left": gettext_lazy("bid: city left"),
        "bid-city-removed": gettext_lazy("bid: city removed"),
        "bid-eligible": gettext_lazy("bid: eligible"),
        "bid-ineligible": gettext_lazy("bid: not eligible"),
        "bid-submitted": gettext_lazy("bid: submitted"),
        "bid-submitted-to-staff": gettext_lazy("bid: submitted, to staff"),
        "bid-withdrawn": gettext_lazy("bid: withdrawn"),
        "bid-withdrawn-to-staff": gettext_lazy("bid: withdrawn, to staff"),
        "host-call-cancelled": gettext_lazy("call for hosts: cancelled"),
        "host-call-published": gettext_lazy("call for hosts: published"),
        "host-call-rescheduled": gettext_lazy("call for hosts: other dates"),
        "meeting-changed": gettext_lazy("meeting: changed"),
        "meeting-registration-open": gettext_lazy("meeting: registration open"),
        "registration-cancelled": gettext_lazy("registration: cancelled"),
        "registration-changed": gettext_lazy("registration: changed"),
        "registration-form": gettext_lazy("registration: link to the form"),
        "registration-link": gettext_lazy("registration: new link"),
        "registration-made": gettext_lazy("registration: made"),
        "registration-moved-up": gettext_lazy("registration: moved up from the waiting list"),
        "registration-waiting": gettext_lazy("registration: on the waiting list"),
        "session-moved": gettext_lazy("session: moved"),
    }
)
