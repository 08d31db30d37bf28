"""What happens beside the requests, run by the worker (at once in the demo and in tests)."""

from django.tasks import task

from .services.sending import send_due


@task
def send_due_mails() -> int:
    """Send what the outbox holds and is due; gives how many were sent."""
    return send_due()
