from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import NetworkError
from ..models import EntryReport, HistoryEntry
from ..people import Person
from .history import record
from .locking import locked


@transaction.atomic
def handle_report(*, report: EntryReport, answer: str, by: Person) -> EntryReport:
    """Close a report of an error with what was done about it.

    The answer stays with the report, which can be deleted, and not in the history, which cannot. Raises NetworkError
    when someone has handled the report already or the answer is missing.
    """
    if not answer.strip():
        raise NetworkError(_("Say what was done."))
    report = locked(report)
    if report.handled_at:
        raise NetworkError(_("Someone has handled this report already."))
    report.handled_at, report.handled_by, report.answer = timezone.now(), by, answer.strip()
    report.save(update_fields=["handled_at", "handled_by", "answer"])
    record(
        HistoryEntry.Verb.REPORT_HANDLED,
        on=report,
        by=by,
        changes={"handled_at": [None, report.handled_at.isoformat(timespec="seconds")]},
    )
    return report
