"""Limits on what strangers may send, counted in the shared cache."""

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def is_over_limit(name: str, sender: str, *, limit: int, seconds: int) -> bool:
    """Take one of the sender's `limit` slots for `seconds`, and say whether none was left.

    Adding a key that is not there is atomic in every cache, which counting up is not. The cache never sees who the
    sender is, only a keyed hash.
    """
    digest = hashlib.sha256(f"{settings.SECRET_KEY}:{sender}".encode()).hexdigest()
    return not any(cache.add(f"limit:{name}:{digest}:{slot}", 1, seconds) for slot in range(limit))


def sender(request: HttpRequest) -> str:
    """The address a request came from: the connection's own, or the one that the farthest trusted proxy saw."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if 0 < settings.TRUSTED_PROXIES <= len(hops):
        return hops[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")
