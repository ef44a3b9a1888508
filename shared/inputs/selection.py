"""A written-down list of files, for jobs that do not score all that lies below a place.

One JSON array a line: name, location, size in bytes, etag; ordered by name.
"""

import json
from collections.abc import Iterable

from shared.jobs.plan import PlannedFile


def encode_selection(files: Iterable[PlannedFile]) -> bytes:
    """Writes files down in order of their names."""
    ordered = sorted(files, key=lambda file: file.name)
    lines = (json.dumps([f.name, f.location, f.size, f.etag], ensure_ascii=False) for f in ordered)
    return "".join(f"{line}\n" for line in lines).encode()


def decode_selection(lines: bytes) -> tuple[PlannedFile, ...]:
    """Reads whole lines of what `encode_selection` wrote."""
    return tuple(PlannedFile(*json.loads(line)) for line in lines.splitlines())
