"""Keeps secrets out of what is printed."""

import re

_SECRET_PARAMETERS = re.compile(r"(?i)([?&](?:sig|code)=)[^&\s\"']+")


def redact(text: str) -> str:
    """Hides signatures in the URLs that a text holds."""
    return _SECRET_PARAMETERS.sub(r"\1***", text)
