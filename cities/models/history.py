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
        PERSON_EXPORTED = "person.exported", _("personal data downloaded")
        PERSON_ERASED = "person.erased", _("personal data erased")
        RIGHTS_CHANGED = "person.rights_changed", _("rights changed")
        SECOND_FACTOR_TAKEN = "person.second_factor_taken", _("second factor taken away")

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
        indexes = [models.Index(fields=["object_type", "object_id"], name="history_of_object")]
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
