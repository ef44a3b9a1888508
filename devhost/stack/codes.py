"""Authorization codes: what a browser gets to fetch its token by, once, soon, and by itself alone.

With PKCE, a code is of use only to who knows the verifier whose hash came with the request for it.
https://www.rfc-editor.org/rfc/rfc7636

Authlib's server would not make it shorter: it has no part for aiohttp, wants its own classes of
clients, codes and requests, and leaves keeping codes to its caller; PKCE itself is ten lines.
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

LIFETIME_SECONDS = 60.0
MOST_AT_ONCE = 1000
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class Grant:
    """Request that a code was issued for.

    Attributes:
        client_id: Which page wants the token.
        redirect_uri: Where the code is sent to.
        challenge: The hash of the verifier (S256).
    """

    client_id: str
    redirect_uri: str
    challenge: str


class Codes:
    """The codes that nobody has redeemed yet."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, tuple[float, Grant]] = {}

    def issue(self, grant: Grant) -> str:
        """Makes a code, and forgets those that nobody came for in time."""
        now = self._clock()
        kept = [item for item in self._open.items() if item[1][0] > now]
        self._open = dict(kept[-(MOST_AT_ONCE - 1) :])
        code = secrets.token_urlsafe(32)
        self._open[code] = (now + LIFETIME_SECONDS, grant)
        return code

    def redeem(self, code: str, client_id: str, redirect_uri: str, verifier: str) -> bool:
        """True if a code is good, for this page and with this verifier; it never is again."""
        until, grant = self._open.pop(code, (0.0, None))
        if grant is None or self._clock() >= until or not _VERIFIER.fullmatch(verifier):
            return False
        is_same = (grant.client_id, grant.redirect_uri) == (client_id, redirect_uri)
        return is_same and hmac.compare_digest(challenge_of(verifier), grant.challenge)


def challenge_of(verifier: str) -> str:
    """The hash of a verifier as requests carry it."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
