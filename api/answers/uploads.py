"""Answers to requests for upload URLs."""

from typing import Literal

from typing_extensions import TypedDict

from api.answers.values import Time, Uri


class UploadSlot(TypedDict):
    """Where one file's bytes go."""

    path: str
    url: Uri | None
    """Where the file's bytes are to be PUT; null: they are there already."""
    method: Literal["PUT"]
    headers: dict[str, str]


class Upload(TypedDict):
    """Where files are to be uploaded to."""

    upload_id: str
    uri: str
    """The folder that the files land in."""
    files: list[UploadSlot]
    expires_at: Time
