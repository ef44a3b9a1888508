"""Finds out what a job's input is of the options that may name it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchpoint.errors import BatchpointError
from batchpoint.forms.local_paths import is_uri
from batchpoint.models import JsonObject

KINDS = {"uri_file": "UriFile", "uri_folder": "UriFolder"}
_ASSET = re.compile(r"azureml:([^:@/]+)(?::([^:@/]+)|@(latest))")
# How az wrote the type of a path before it had --input-type.
_TYPED = re.compile(r"(file|folder):(?=azureml:|[a-z][a-z0-9+.-]+://)", re.IGNORECASE)


@dataclass(frozen=True)
class JobInput:
    """The input of a job.

    Attributes:
        uri: A URL, an `azureml://` URI, or `azureml:NAME:VERSION`.
        kind: `uri_file` or `uri_folder`; None leaves it to the service to find out.
    """

    uri: str
    kind: str | None = None

    def properties(self) -> JsonObject:
        """Reads the input of an invocation's body."""
        if self.kind:
            named = {"JobInputType": KINDS[self.kind], "Uri": self.uri}
            return {"InputData": {"input": named}}
        asset = _ASSET.fullmatch(self.uri)
        if asset is None:
            return {"dataset": {"dataInputType": "DataUrl", "path": self.uri}}
        version = asset[2] or asset[3]
        source = {"dataInputType": "DataVersion", "datasetName": asset[1]}
        return {"dataset": {**source, "datasetVersion": version}}


@dataclass(frozen=True)
class InputChoice:
    """Options for the input; exactly one kind of them may be given.

    Attributes:
        path: `--input-path`: a URL or URI, or with `datastore` the path in that.
        local_paths: `--input-local-path`.
        data: `--input-data`, as `azureml:NAME:VERSION`.
        datastore: `--input-datastore`.
        anything: `--input`: a data asset, a URL or URI, or a local path.
        kind: `--input-type`.
    """

    path: str | None = None
    local_paths: Sequence[str] = ()
    data: str | None = None
    datastore: str | None = None
    anything: str | None = None
    kind: str | None = None

    def check(self) -> None:
        """Checks that exactly one input is given, and one that can be.

        Raises:
            BatchpointError: None or several are given, or one that cannot be.
        """
        kinds = {
            "--input": bool(self.anything),
            "--input-path": bool(self.path) and not self.datastore,
            "--input-local-path": bool(self.local_paths),
            "--input-data": bool(self.data),
            "--input-datastore": bool(self.datastore),
        }
        given = [kind for kind, present in kinds.items() if present]
        if len(given) != 1:
            said = f"got {' and '.join(given)}" if given else "none is given"
            raise BatchpointError(
                "give exactly one input: --input, --input-path, --input-local-path, --input-data, "
                f"or --input-datastore with --input-path; {said}"
            )
        if self.datastore and not self.path:
            raise BatchpointError("--input-datastore needs --input-path, the path in it")
        self._check_values()

    def _check_values(self) -> None:
        if self.data and not _ASSET.fullmatch(self.data):
            raise BatchpointError(f"--input-data '{self.data}' should be azureml:NAME:VERSION")
        if self.path and not self.datastore and not is_uri(_plain(self.path)[0]):
            raise BatchpointError(
                f"--input-path '{self.path}' is neither a URL nor an azureml:// URI; for a local "
                "file or folder use --input-local-path"
            )

    def check_lasting(self) -> None:
        """Checks that the input is at a place where a later job finds it again.

        Raises:
            BatchpointError: It is uploaded, and to a new place if anything of it has changed.
        """
        uri = _plain(self.anything or "")[0]
        if self.local_paths or (uri and not is_uri(uri)):
            raise BatchpointError(
                "--incremental needs an input that stays where it is: put the files into a "
                "datastore, and name them with --input-datastore and --input-path"
            )

    def find(self, upload: Callable[[Sequence[Path]], str]) -> JobInput:
        """The input.

        Args:
            upload: Uploads local files and folders and answers with their URI.
        """
        if self.local_paths:
            return JobInput(upload([Path(path) for path in self.local_paths]))
        if self.datastore:
            name = self.datastore.removeprefix("azureml:")
            path = (self.path or "").strip("/")
            return JobInput(f"azureml://datastores/{name}/paths/{path}", self.kind)
        uri, kind = _plain(self.anything or self.data or self.path or "")
        if is_uri(uri):
            return JobInput(uri, self.kind or kind)
        # What was uploaded need not be declared: the service sees it.
        return JobInput(upload([Path(uri)]))


def _plain(text: str) -> tuple[str, str | None]:
    """An input without the type that may be written before it, and that type."""
    match = _TYPED.match(text)
    return (text[match.end() :], f"uri_{match[1].lower()}") if match else (text, None)
