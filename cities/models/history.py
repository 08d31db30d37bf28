import datetime
import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..constraints import AppendOnly

NO_HASH = "0" * 64
"""What stands before the first entry of the chain."""


class HistoryEntryQuerySet(models.QuerySet["HistoryEntry"]):
    def about(self, obj: models.Model) -> "HistoryEntryQuerySet":
        return self.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))


class HistoryEntry(models.Model):
    """One act, on one object: who, when, what, which fields, from, to, why. Rows are only ever added.

    Each entry holds the hash of the one before it and its own over all its content, so that a row changed, removed
    or moved behind the portal's back shows (`cities.services.history`). Holds ids, field names, hashes and reasons
    in words, never personal values. Whoever can rewrite both the chain and the head kept elsewhere is not stopped.
    """

    class Verb(models.TextChoices):
        IMPORTED = "network.imported", _("network imported")
        FIELD_ADDED = "field.added", _("creative field added")
        ADMITTED = "city.admitted", _("city admitted")
        DESIGNATED = "designation.begun", _("designated")
        ENDED = "designation.ended", _("designation ended")
        CORRECTED = "designation.corrected", _("first day corrected")
        FIELD_CHANGED = "designation.field_changed", _("moved to another field")
        READDRESSED = "city.readdressed", _("address changed")
        REPORT_HANDLED = "report.handled", _("report handled")
        INVITED = "person.invited", _("invited")
        INVITATION_ACCEPTED = "invitation.accepted", _("invitation accepted")
        INVITATION_WITHDRAWN = "invitation.withdrawn", _("invitation withdrawn")
        MANDATE_BEGUN = "mandate.begun", _("mandate begun")
        MANDATE_ENDED = "mandate.ended", _("mandate ended")
        EVALUATOR_DESCRIBED = "mandate.described", _("languages, load or countries of an evaluator changed")
        FOCAL_POINT_REQUESTED = "focal_point.requested", _("change of focal point requested")
        FOCAL_POINT_APPROVED = "focal_point.approved", _("change of focal point approved")
        FOCAL_POINT_REFUSED = "focal_point.refused", _("change of focal point refused")
        FOCAL_POINT_WITHDRAWN = "focal_point.withdrawn", _("change of focal point withdrawn")
        SUBMITTED = "revision.submitted", _("submitted")
        TAKEN_BACK = "revision.taken_back", _("taken back")
        CHANGES_REQUESTED = "revision.changes_requested", _("changes requested")
        REJECTED = "revision.rejected", _("rejected")
        PUBLISHED = "revision.published", _("published")
        RESTORED = "revision.restored", _("earlier text restored")
        CONFIRMED = "profile.confirmed", _("profile confirmed")
        GRANT_NOTED = "photo.grant_noted", _("right to a photo noted")
        GRANT_WITHDRAWN = "photo.grant_withdrawn", _("right to a photo withdrawn")
        PARTNER_ASKED = "partnership.asked", _("partner asked")
        PARTNER_CONFIRMED = "partnership.confirmed", _("partnership confirmed")
        PARTNER_DECLINED = "partnership.declined", _("partnership declined")
        PARTNER_ENDED = "partnership.ended", _("partnership ended")
        MAIL_APPROVED = "mail.approved", _("mail approved")
        MAIL_WITHDRAWN = "mail.withdrawn", _("mail withdrawn")
        MAIL_RETRIED = "mail.retried", _("mail sent again")
        CALL_COPIED = "call.copied", _("call copied from another")
        CALL_DOCUMENT_ADDED = "call.document_added", _("document of the call added")
        CALL_DOCUMENT_REMOVED = "call.document_removed", _("document of the call removed")
        CALL_PUBLISHED = "call.published", _("call published")
        CALL_TAKEN_BACK = "call.taken_back", _("call made a draft again")
        CALL_EXTENDED = "call.extended", _("call extended")
        CALL_RESCHEDULED = "call.rescheduled", _("call rescheduled")
        CALL_CANCELLED = "call.cancelled", _("call cancelled")
        CALL_ANNOUNCED = "call.announced", _("designations announced")
        CALL_ARCHIVED = "call.archived", _("call archived")
        APPLICATION_BEGUN = "application.begun", _("application begun")
        APPLICATION_SHARED = "application.shared", _("application shared with the National Commission")
        APPLICATION_SUBMITTED = "application.submitted", _("application submitted")
        APPLICATION_WITHDRAWN = "application.withdrawn", _("application withdrawn")
        DOCUMENT_ADDED = "application.document_added", _("document added")
        DOCUMENT_REMOVED = "application.document_removed", _("document removed")
        ENDORSED = "endorsement.endorsed", _("application endorsed")
        ENDORSEMENT_DECLINED = "endorsement.declined", _("endorsement declined")
        ENDORSEMENT_WITHDRAWN = "endorsement.withdrawn", _("endorsement withdrawn")
        ENDORSEMENT_REOPENED = "endorsement.reopened", _("endorsement open again")
        EXAMINED = "screening.examined", _("items examined")
        ELIGIBLE = "screening.eligible", _("found eligible")
        INELIGIBILITY_PROPOSED = "screening.ineligibility_proposed", _("ineligibility proposed")
        INELIGIBILITY_REFUSED = "screening.ineligibility_refused", _("ineligibility not agreed")
        INELIGIBLE = "screening.ineligible", _("found ineligible")
        RETURNED = "screening.returned", _("returned for completion")
        ASSIGNED = "assignment.planned", _("evaluator planned")
        EVALUATOR_ASKED = "assignment.invited", _("evaluator asked")
        EVALUATOR_ACCEPTED = "assignment.accepted", _("evaluator accepted")
        EVALUATOR_DECLINED = "assignment.declined", _("evaluator declined")
        EVALUATOR_RECUSED = "assignment.recused", _("evaluator declared a conflict")
        EVALUATOR_ABSTAINED = "assignment.abstained", _("evaluator abstained")
        ASSIGNMENT_TAKEN_BACK = "assignment.replaced", _("assignment taken back")
        ASSIGNMENT_EXPIRED = "assignment.expired", _("assignment expired")
        EVALUATED = "assignment.submitted", _("evaluation submitted")
        EVALUATION_REOPENED = "assignment.reopened", _("evaluation reopened")
        EVALUATION_LOCKED = "assignment.locked", _("evaluation locked")
        OVERRIDE_PROPOSED = "conflict.override_proposed", _("override of a conflict proposed")
        CONFLICT_OVERRIDDEN = "conflict.overridden", _("conflict overridden")
        DECIDED = "decision.recorded", _("decision recorded")
        HOST_CHOSEN = "meeting.host_chosen", _("host of the meeting chosen")
        HOST_GIVEN_UP = "meeting.host_given_up", _("hosting of the meeting given up")
        REGISTRATION_OPENED = "meeting.registration_opened", _("registration opened")
        REGISTRATION_RESCHEDULED = "meeting.registration_rescheduled", _("end of the registration moved")
        REGISTRATION_CLOSED = "meeting.registration_closed", _("registration closed")
        MEETING_HELD = "meeting.held", _("meeting held")
        OUTCOME_PUBLISHED = "meeting.outcome_published", _("outcome of the meeting published")
        MEETING_POSTPONED = "meeting.postponed", _("meeting postponed")
        MEETING_RELOCATED = "meeting.relocated", _("meeting relocated")
        MEETING_CANCELLED = "meeting.cancelled", _("meeting cancelled")
        MEETING_DOCUMENT_ADDED = "meeting.document_added", _("document of the meeting added")
        MEETING_DOCUMENT_OPENED = "meeting.document_opened", _("readers of a document of the meeting changed")
        MEETING_DOCUMENT_REMOVED = "meeting.document_removed", _("document of the meeting removed")
        HOST_CALL_COPIED = "host_call.copied", _("call for hosts copied")
        HOST_CALL_PUBLISHED = "host_call.published", _("call for hosts published")
        HOST_CALL_TAKEN_BACK = "host_call.taken_back", _("call for hosts made a draft again")
        HOST_CALL_RESCHEDULED = "host_call.rescheduled", _("call for hosts rescheduled")
        HOST_CALL_CANCELLED = "host_call.cancelled", _("call for hosts cancelled")
        HOST_CALL_DECIDED = "host_call.decided", _("call for hosts decided")
        AGREEMENT_SIGNED = "host_call.agreement_signed", _("agreement with the host signed")
        BID_BEGUN = "bid.begun", _("bid begun")
        BID_CITY_ASKED = "bid.city_asked", _("city asked to join a bid")
        BID_CITY_JOINED = "bid.city_joined", _("city joined a bid")
        BID_CITY_LEFT = "bid.city_left", _("city left a bid")
        BID_LETTER_ADDED = "bid.letter_added", _("letter of a bid added")
        BID_LETTER_REMOVED = "bid.letter_removed", _("letter of a bid removed")
        BID_SUBMITTED = "bid.submitted", _("bid submitted")
        BID_TAKEN_BACK = "bid.taken_back", _("bid taken back")
        BID_WITHDRAWN = "bid.withdrawn", _("bid withdrawn")
        BID_ELIGIBLE = "bid.eligible", _("bid found eligible")
        BID_INELIGIBLE = "bid.ineligible", _("bid found ineligible")
        BALLOT_OPENED = "ballot.opened", _("ballot opened")
        BALLOT_CLOSED = "ballot.closed", _("ballot closed and counted")
        BALLOT_ANNULLED = "ballot.annulled", _("ballot annulled")
        PLACES_CHANGED = "meeting.places_changed", _("places of the meeting changed")
        PERSONAL_DATA_REMOVED = "meeting.personal_data_removed", _("personal data of a meeting removed")
        REGISTERED = "registration.made", _("registered")
        REGISTRATION_CHANGED = "registration.changed", _("registration changed")
        MOVED_UP = "registration.moved_up", _("moved up from the waiting list")
        REGISTRATION_CANCELLED = "registration.cancelled", _("registration cancelled")
        VISA_LETTER_ISSUED = "registration.visa_letter_issued", _("letter for a visa issued")
        CHECKED_IN = "registration.checked_in", _("checked in")
        SESSION_BOOKED = "session.booked", _("place in a session booked")
        SESSION_LEFT = "session.left", _("place in a session given back")
        CHECK_IN_UNDONE = "registration.check_in_undone", _("check-in undone")
        PERSON_EXPORTED = "person.exported", _("personal data downloaded")
        PERSON_ERASED = "person.erased", _("personal data erased")
        RIGHTS_CHANGED = "person.rights_changed", _("rights changed")
        SECOND_FACTOR_TAKEN = "person.second_factor_taken", _("second factor taken away")
        SNAPSHOT_PUBLISHED = "snapshot.published", _("snapshot of the open data published")

    number = models.PositiveBigIntegerField(_("number"), unique=True)
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("who")
    )
    verb = models.CharField(_("act"), max_length=40, choices=Verb)
    object_type = models.CharField(_("kind of object"), max_length=60)
    object_id = models.CharField(_("object"), max_length=40)
    changes = models.JSONField(_("fields"), default=dict)
    """Field name to [from, to]."""
    reason = models.TextField(_("reason"), blank=True)
    previous_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(_("hash"), max_length=64, unique=True)

    objects = HistoryEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history entries")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="history_of_object"),
            models.Index(fields=["verb"], name="history_of_verb"),
        ]
        constraints = [
            AppendOnly(unique=("number", "previous_hash", "hash"), name="history_only_grows"),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.get_verb_display()}"

    def content(self) -> dict[str, Any]:
        """What the hash covers: every column but the primary key and the hash itself."""
        return {
            "number": self.number,
            "at": self.at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
            "actor": self.actor_id,
            "verb": self.verb,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "changes": self.changes,
            "reason": self.reason,
            "previous_hash": self.previous_hash,
        }

    def computed_hash(self) -> str:
        """SHA-256 over the content as JSON with sorted keys and no spaces, in UTF-8; 64 hexadecimal digits."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
