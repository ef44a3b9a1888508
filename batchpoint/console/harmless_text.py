"""Makes text of jobs harmless for terminals: what user code prints, and what inputs are called.

A terminal takes control characters for orders: to set its title, to fill the clipboard, to clear
what was printed before. Marks of direction make text read otherwise than it is.
"""

import re

# All of C0 and C1 but tabs and line ends, halves of characters, line separators and directions.
_ODD = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb]|[\U000e0000-\U000e007f]"
)


def harmless(text: str) -> str:
    r"""Returns text for people, with odd characters written as `\x1b` or `\u202e`."""
    return _ODD.sub(_python_escape, text)


def harmless_json(text: str) -> str:
    r"""Returns a JSON document of the same value, with odd characters written as `\u202e`."""
    return _ODD.sub(_json_escape, text)


def is_harmless(text: str) -> bool:
    """True if a text has no odd characters."""
    return _ODD.search(text) is None


def _python_escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _json_escape(found: re.Match[str]) -> str:
    data = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))
