from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from cities.services.limits import seconds_to_wait, sender


class PerClient(SimpleRateThrottle):
    """So many answers in a span of time for each client, as API_RATE says; a 304 by the ETag is none of them."""

    waits = 0

    def get_rate(self) -> str:
        return settings.API_RATE

    def allow_request(self, request: Request, view: object) -> bool:
        self.waits = seconds_to_wait("api", sender(request), limit=self.num_requests, seconds=self.duration)
        return not self.waits

    def wait(self) -> int:
        return self.waits
