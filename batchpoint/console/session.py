"""Context of one run of a command: the service, the output and the terminal."""

import logging
import os
import sys
import time
import webbrowser
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from batchpoint.console.rendering import Query, render
from batchpoint.errors import ApiError, BatchpointError

if TYPE_CHECKING:
    # Importing the client takes longer than the commands that need none, such as --version.
    from batchpoint.client import Client
    from batchpoint.signin import Token
    from batchpoint.transfer.local_files import UploadPlan


def _azure_token(resource: str) -> "Token":
    from batchpoint.signin import azure_token  # noqa: PLC0415 - few commands need it

    return azure_token(resource)


@dataclass(frozen=True)
class Host:
    """The parts of the machine that commands use, so that tests can replace them."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    open_browser: Callable[[str], bool] = webbrowser.open
    get_token: Callable[[str], "Token"] = _azure_token
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass(frozen=True)
class CommonOptions:
    """The values of the options that every command takes.

    Attributes:
        query: What to pick of the result.
        output: The format, or None where the user named none.
        url: The service's address, where the user named one.
        log_level: Of what goes to stderr about requests.
    """

    query: Query | None = None
    output: str | None = None
    url: str | None = None
    log_level: int = logging.WARNING


class Session:
    """One run of a command.

    Attributes:
        host: The machine.
        options: The common options.
    """

    def __init__(self, options: CommonOptions, host: Host) -> None:
        self.options = options
        self.host = host
        self._client: Client | None = None

    @property
    def client(self) -> "Client":
        """The client of the service; connects at first use."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    @property
    def service(self) -> str:
        """The address of the service."""
        from batchpoint.stacks import find_service  # noqa: PLC0415 - slow to import

        return find_service(self.host.environment, self.options.url)

    def get_token(self, resource: str | None = None) -> "Token":
        """Gets a token: of the local stack's issuer, or of whoever is signed in to Azure.

        Args:
            resource: What it is for, where that is not a local stack; the service otherwise.

        Raises:
            BatchpointError: There is none to get, or nobody knows for what.
        """
        from batchpoint.signin import local_token  # noqa: PLC0415 - slow to import
        from batchpoint.stacks import find_sign_in  # noqa: PLC0415

        environment = self.host.environment
        sign_in = find_sign_in(environment, self.service)
        if sign_in is not None:
            return local_token(sign_in, time.time())
        wanted = resource or environment.get("BATCHPOINT_AUDIENCE")
        if not wanted:
            raise BatchpointError(
                f"set BATCHPOINT_AUDIENCE to the application id URI of the service at "
                f"{self.service}, such as api://CLIENT-ID; it is no local stack that runs, and "
                "wants a token of Microsoft Entra ID"
            )
        return self.host.get_token(wanted.rstrip("/"))

    def _connect(self) -> "Client":
        from batchpoint.client import Client  # noqa: PLC0415 - slow to import
        from batchpoint.http.retrying import RetryPolicy  # noqa: PLC0415
        from batchpoint.signin import TokenSource  # noqa: PLC0415

        retry = RetryPolicy(sleep=self.host.sleep)
        return Client(self.service, TokenSource(self.get_token), retry=retry)

    def close(self) -> None:
        """Closes what was opened."""
        if self._client is not None:
            self._client.close()

    @cached_property
    def wants_result(self) -> bool:
        """True if the user asked for a result in a certain form."""
        return self.options.output is not None or self.options.query is not None

    def emit(self, value: object) -> None:
        """Prints a result to stdout in the form that the user wants; nothing for None."""
        if self.options.query is not None:
            value = self.options.query(value)
        if value is None:
            return
        text = render(value, self.options.output or "json", colour=sys.stdout.isatty())
        if text or not isinstance(value, list):
            click.echo(text)

    @contextmanager
    def progress(self, title: str, size: int) -> Generator[Callable[[int], None], None, None]:
        """Shows a bar of bytes on stderr while it is a terminal.

        Args:
            title: What is going on.
            size: All bytes.

        Yields:
            What is to be told of each piece of bytes.
        """
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        from batchpoint.console.progress import byte_bar  # noqa: PLC0415 - slow to import

        with byte_bar(title, size) as advance:
            yield advance

    def upload(self, plan: "UploadPlan", concurrency: int) -> str:
        """Uploads files with a progress bar, and answers with their URI."""
        from batchpoint.transfer.contents import read_content  # noqa: PLC0415 - slow to import
        from batchpoint.transfer.uploads import Uploader  # noqa: PLC0415

        title = plan.root or "files"
        with self.progress(f"Reading {title}", plan.size) as advance:
            content = read_content(plan, advance)
        uploader = Uploader(self.client.uploads, self.client.blobs, concurrency)
        with self.progress(f"Uploading {title}", plan.size) as advance:
            uploaded = uploader.upload(plan, content, advance)
        if uploaded.reused and (self.options.log_level < logging.WARNING or sys.stderr.isatty()):
            click.echo(
                f"{title}: {uploaded.reused} of {uploaded.files} files were there already", err=True
            )
        return uploaded.uri

    def upload_paths(self, paths: Sequence[Path], concurrency: int) -> str:
        """Uploads local files and folders; see `upload`."""
        from batchpoint.transfer.local_files import plan_upload  # noqa: PLC0415

        return self.upload(plan_upload(paths), concurrency)


@contextmanager
def told_when_absent(what: str) -> Generator[None, None, None]:
    """Says so where the service is older than a command.

    Args:
        what: What it cannot do, as in "this service cannot … yet".
    """
    try:
        yield
    except ApiError as error:
        if not error.lacks_route:
            raise
        raise BatchpointError(f"this service cannot {what} yet") from error
