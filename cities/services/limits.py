"""Limits on what strangers may send, counted in the shared cache."""

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The sender's address: the connection's own, or the one that the nearest trusted proxy saw."""
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            return hops[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")


def is_over_limit(request: HttpRequest, name: str, *, limit: int, seconds: int) -> bool:
    """Count one try of the sender's, and say whether it is one too many. The cache never sees the address itself."""
    digest = hashlib.sha256(f"{settings.SECRET_KEY}:{client_address(request)}".encode()).hexdigest()
    key = f"limit:{name}:{digest}"
    cache.add(key, 0, seconds)
    return cache.incr(key) > limit
