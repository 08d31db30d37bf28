from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Who answers for this site, for the footer and the legal pages, and where it is, for what is copied elsewhere."""
    return {
        "site": {
            "publisher": settings.PUBLISHER,
            "contact_email": settings.CONTACT_EMAIL,
            "address": settings.SITE_ADDRESS,
        }
    }
