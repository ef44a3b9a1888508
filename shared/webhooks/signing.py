"""Signs what webhooks are told, so that receivers know who sent it, and that it is whole and new.

The way of https://github.com/standard-webhooks/standard-webhooks (spec/standard-webhooks.md), whose
library signs. It reads any base64 as a secret; the form and the length are checked here.
"""

import base64
from datetime import UTC, datetime

from standardwebhooks import Webhook

from shared.documents.validation import invalid
from shared.errors import ErrorDetail

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64


def make_secret(key: bytes) -> str:
    """A secret in its written form."""
    return PREFIX + base64.b64encode(key).decode()


def check_secret(secret: str, *, target: str) -> None:
    """Refuses what is no secret, without repeating it.

    Args:
        secret: As the user wrote it.
        target: Where it stands in the document, for the error.

    Raises:
        InvalidError: It is not of the right form.
    """
    try:
        if secret.startswith(PREFIX) and MIN_BYTES <= len(_key(secret)) <= MAX_BYTES:
            return
    except ValueError:
        pass
    reason = (
        f"must be '{PREFIX}' and {MIN_BYTES} to {MAX_BYTES} random bytes in base64; leave it "
        "out, and one is made"
    )
    raise invalid([ErrorDetail(reason, target, "InvalidSecret")])


def signed_headers(secret: str, event_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers that prove a body: its id, the time of sending, and the signature of all three.

    Args:
        secret: In its written form.
        event_id: The same each time that an event is sent.
        now: When it is sent, with its zone.
        body: Text in UTF-8.
    """
    # The library takes a time for one of UTC, whatever its zone.
    moment = now.astimezone(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, moment, body.decode()),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
