"""Keeps secrets out of what is printed."""

import re

_WEBHOOK_SECRET = re.compile(r'(whsec_|"secret"\s*:\s*")[^\s"]+')
_SECRET_PARAMETERS = re.compile(r"(?i)([?&](?:sig|code)=)[^&\s\"']+")


def redact(text: str) -> str:
    """Hides signatures in the URLs that a text holds, and what signs webhooks' events."""
    return _WEBHOOK_SECRET.sub(r"\1***", _SECRET_PARAMETERS.sub(r"\1***", text))
