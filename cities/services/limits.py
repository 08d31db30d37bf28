"""Limits on what strangers may send, counted in the shared cache."""

import hashlib
import time
from ipaddress import IPv6Network, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def is_over_limit(name: str, sender: str, *, limit: int, seconds: int) -> bool:
    """Take one of the sender's `limit` slots for `seconds`, and say whether none was left.

    Adding a key that is not there is atomic in every cache, which counting up is not. The cache never sees who the
    sender is, only a keyed hash.
    """
    key = _key(name, sender)
    return not any(cache.add(f"{key}:{slot}", 1, seconds) for slot in range(limit))


def seconds_to_wait(name: str, sender: str, *, limit: int, seconds: int) -> int:
    """Count one more request of a sender, and say how many seconds it came too early: 0 up to `limit` in a span.

    For limits that are too high for a key each. Spans follow one another on the clock. Requests at the same moment may
    count as one; what is refused is not counted.
    """
    now = int(time.time())
    key = f"{_key(name, sender)}:{now // seconds}"
    counted = cache.get(key, 0)
    if counted >= limit:
        return seconds - now % seconds
    cache.set(key, counted + 1, seconds)
    return 0


def _key(name: str, sender: str) -> str:
    return f"limit:{name}:{hashlib.sha256(f'{settings.SECRET_KEY}:{sender}'.encode()).hexdigest()}"


def sender(request: HttpRequest) -> str:
    """The address a request came from: the connection's own, or the one that the farthest trusted proxy saw.

    Of IPv6 the first address of its network, since one client has all addresses of a /64 to itself.
    """
    address = _address(request)
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if known.version == 4 or known.ipv4_mapped:
        return address
    return str(IPv6Network((int(known), 64), strict=False).network_address)


def _address(request: HttpRequest) -> str:
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if 0 < settings.TRUSTED_PROXIES <= len(hops):
        return hops[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")
