"""Result of a job, in a form in which a disturbed and an undisturbed run are equal."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from chaos.service import Service

MANIFEST = "predictions.manifest.json"
FAILED_FILES = "predictions.failed.jsonl"


@dataclass(frozen=True)
class Outcome:
    """Results that must not depend on faults meanwhile.

    Attributes:
        status: The job's last.
        error: The code of its error.
        output: Each output file's bytes, the manifest and the failed files apart.
        failed: File and mini-batch of each line of the list of failed files.
        counts: The manifest's counts: of files, of rows, and of each mini-batch.
    """

    status: str
    error: str | None
    output: dict[str, bytes]
    failed: tuple[tuple[str | None, int], ...]
    counts: dict[str, Any]

    def differences(self, right: "Outcome") -> list[str]:
        """Says what is not as it is right."""
        ours, theirs = asdict(self), asdict(right)
        return [
            f"{key}: {ours[key]!r:.2000}, right is {theirs[key]!r:.2000}"
            for key in ours
            if ours[key] != theirs[key]
        ]


def outcome_of(service: Service, job: dict[str, Any]) -> Outcome:
    """Reads what an ended job gave."""
    error = (job.get("error") or {}).get("code")
    written = service.read_all(f"azureml/{job['name']}/score")
    manifest = json.loads(written.pop(MANIFEST, b"{}"))
    lines = [json.loads(line) for line in written.pop(FAILED_FILES, b"").splitlines()]
    counts = {
        "files": manifest.get("files"),
        "rows": manifest.get("rows"),
        "columns": manifest.get("columns"),
        "mini_batches": [
            {key: item[key] for key in ("number", "files", "failed", "rows")}
            for item in manifest.get("mini_batches", [])
        ],
    }
    failed = tuple((line["file"], line["mini_batch"]) for line in lines)
    return Outcome(job["status"], error, written, failed, counts)
