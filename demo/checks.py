"""Holds a job's results against the manifest and against what is true."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LEAST_ACCURACY = 0.9

Record = tuple[str, int]
"""A record: the name of its file, and its row in that file, from 0."""


class DemoError(Exception):
    """A step of the demo failed; the message says which and how."""


@dataclass(frozen=True)
class Answer:
    """Truth of a record, and whether the model saw it in training."""

    label: str
    seen: bool


def read_rows(path: Path) -> list[dict[str, str]]:
    """Reads a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_answers(path: Path) -> dict[Record, Answer]:
    """Reads the answers that `material.py` has written beside the data."""
    return {
        (row["file"], int(row["row"])): Answer(row["label"], row["seen"] == "yes")
        for row in read_rows(path)
    }


def check_manifest(path: Path, *, files: int, rows: int) -> str:
    """Checks that the manifest accounts for all files and rows; returns its counts as text.

    Raises:
        DemoError: They are not what they should be.
    """
    manifest = json.loads(path.read_text("utf-8"))
    counts = manifest["files"]
    per_mini_batch = sum(item["rows"] for item in manifest["mini_batches"])
    text = (
        f"files: {counts['in']} in = {counts['scored']} scored + {counts['failed']} failed; "
        f"rows: {manifest['rows']} in {len(manifest['mini_batches'])} mini-batches"
    )
    complete = counts["in"] == counts["scored"] + counts["failed"] == files
    if not complete or counts["failed"] or not manifest["rows"] == per_mini_batch == rows:
        raise DemoError(f"{files} files and {rows} rows were to be scored, but the job has {text}")
    return text


def accuracy(predictions: Mapping[Record, str], answers: Mapping[Record, Answer]) -> float:
    """The share of right predictions among the records that the model had not seen.

    Raises:
        DemoError: There is not one prediction for each record, or too few are right.
    """
    if predictions.keys() != answers.keys():
        raise DemoError(f"{len(answers)} records have {len(predictions)} predictions")
    unseen = [record for record, answer in answers.items() if not answer.seen]
    right = sum(predictions[record] == answers[record].label for record in unseen)
    share = right / len(unseen)
    if share < LEAST_ACCURACY:
        raise DemoError(f"only {right} of {len(unseen)} predictions are right ({share:.3f})")
    return share
