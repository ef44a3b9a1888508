"""Makes jobs of the files that land in the inbox, each version of a file in one job.

Events come late, twice and in any order, and a process may die between any two steps. So an event
only notes what landed, and looking at the inbox, again and again, does the rest: what waits is
moved into a group, the group is sealed, the job that is named after it is made, the group is
forgotten. Each step may be done again by whoever looks next.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from uuid import uuid4

from shared.clock import Clock
from shared.endpoints.repository import EndpointRepository
from shared.errors import (
    BatchpointError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    StorageError,
)
from shared.inbox.model import (
    OWNER,
    Arrival,
    InboxPath,
    Marker,
    MarkerKind,
    is_below,
    read_manifest,
)
from shared.inbox.options import InboxOptions
from shared.inbox.repository import Group, InboxRepository, Waiting
from shared.jobs.model import Job
from shared.jobs.plan import PlannedFile
from shared.running.drafts import InvocationDraft
from shared.running.invocation import InvocationService, Invoked, InvokeRequest
from shared.storage.pagination import list_all
from shared.storage.ports import BlobInfo, BlobStore
from shared.uris import INBOX_DATASTORE, DatastorePath, parse_datastore_uri

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class InboxView:
    """Files that wait in an endpoint's inbox.

    Attributes:
        files: How many files wait.
        markers: Folders that are complete and not gathered yet.
        groups: Jobs that are being made, with why they could not be made so far.
    """

    files: int
    markers: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]


class InboxService:
    """The use cases around files that land."""

    def __init__(
        self,
        repository: InboxRepository,
        endpoints: EndpointRepository,
        blobs: BlobStore,
        invocations: InvocationService,
        clock: Clock,
        options: InboxOptions,
    ) -> None:
        self._repository = repository
        self._endpoints = endpoints
        self._blobs = blobs
        self._invocations = invocations
        self._clock = clock
        self._options = options

    def arrive(self, blob: str) -> bool:
        """Notes that a blob landed in the inbox's container, however often this is said.

        Returns:
            Whether this version of it is news, and something to score or a marker.
        """
        path = InboxPath.parse(blob)
        if path is None or not (path.marker or path.is_input):
            return False
        info = self._blobs.info(self._options.container, blob)
        if info is None:
            return False
        arrival = Arrival(path.name, info.size, info.etag, self._clock())
        if path.marker is None:
            return self._repository.add(path.endpoint, arrival)
        marker = Marker(path.folder, path.marker, arrival.at)
        return self._repository.add_marker(path.endpoint, marker, arrival.key)

    def look(self) -> Iterator[Job]:
        """Makes the jobs that are due; the caller starts their orchestrations."""
        for endpoint in self._repository.endpoints():
            try:
                self._endpoints.get(endpoint)
                yield from self._look_at(endpoint)
            except NotFoundError:
                logger.debug("the inbox has files for %s, which does not exist", endpoint)
            except BatchpointError:
                logger.exception("the inbox of %s could not be looked at", endpoint)

    def view(self, endpoint: str) -> InboxView:
        """Tells what waits for an endpoint.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        name = self._endpoints.get(endpoint).endpoint.name
        groups = self._repository.groups(name)
        return InboxView(
            sum(1 for _ in self._repository.waiting(name)),
            tuple(marker.folder for marker in self._repository.markers(name)),
            tuple((group.id, group.problem) for group in groups),
        )

    def _look_at(self, endpoint: str) -> Iterator[Job]:
        for group in self._repository.groups(endpoint):
            yield from self._finish(endpoint, group)
        for marker in self._repository.markers(endpoint):
            yield from self._take_folder(endpoint, marker)
        waiting = list(self._repository.waiting(endpoint))
        loose = [file for file in waiting if not file.arrival.folder]
        if self._is_due(loose, self._options.quiet, self._options.longest):
            yield from self._gather(endpoint, loose, None)
        in_folders = [file for file in waiting if file.arrival.folder]
        wait = self._options.folder_wait
        if wait is not None and self._is_due(in_folders, wait, None):
            yield from self._gather(endpoint, in_folders, None)

    def _is_due(
        self, files: Sequence[Waiting], quiet: timedelta, longest: timedelta | None
    ) -> bool:
        if not files:
            return False
        times = [file.arrival.at for file in files]
        now = self._clock()
        return now - max(times) >= quiet or (longest is not None and now - min(times) >= longest)

    def _take_folder(self, endpoint: str, marker: Marker) -> Iterator[Job]:
        try:
            belongs = self._members(endpoint, marker)
        except BatchpointError as error:
            if isinstance(error, StorageError):
                raise
            logger.warning("the folder %r of %s: %s", marker.folder, endpoint, error.message)
            self._repository.remove_marker(endpoint, marker)
            return
        if belongs is None:
            return
        self._note_missed(endpoint, marker, belongs)
        waiting = [w for w in self._repository.waiting(endpoint) if belongs(w.arrival.name)]
        yield from self._gather(endpoint, waiting, marker.folder)
        self._repository.remove_marker(endpoint, marker)

    def _members(self, endpoint: str, marker: Marker) -> Callable[[str], bool] | None:
        """Returns a marker's files; None while some of its manifest are missing."""
        if marker.kind is MarkerKind.SUCCESS:
            return lambda name: is_below(name, marker.folder)
        place = "/".join(part for part in (endpoint, marker.folder, marker.kind.value) if part)
        listed = read_manifest(self._blobs.read(self._options.container, place), marker.folder)
        hidden = [name for name in listed if not InboxPath(endpoint, *_split(name)).is_input]
        if hidden:
            raise InvalidError(f"its manifest lists '{hidden[0]}', which is never input")
        there = {
            blob.name.removeprefix(f"{endpoint}/") for blob in self._below(endpoint, marker.folder)
        }
        return listed.__contains__ if listed <= there else None

    def _note_missed(self, endpoint: str, marker: Marker, belongs: Callable[[str], bool]) -> None:
        """Notes what lies in a folder although no event has told of it yet."""
        known = {(w.arrival.name, w.arrival.etag) for w in self._repository.waiting(endpoint)}
        for blob in self._below(endpoint, marker.folder):
            path = InboxPath.parse(blob.name)
            if path is None or not path.is_input or not belongs(path.name):
                continue
            if (path.name, blob.etag) not in known:
                arrival = Arrival(path.name, blob.size, blob.etag, self._clock())
                self._repository.add(endpoint, arrival)

    def _below(self, endpoint: str, folder: str) -> Iterator[BlobInfo]:
        prefix = f"{endpoint}/{folder}/" if folder else f"{endpoint}/"
        return list_all(self._blobs, self._options.container, prefix)

    def _gather(self, endpoint: str, files: Sequence[Waiting], folder: str | None) -> Iterator[Job]:
        if not files:
            return
        group = self._repository.open_group(endpoint, str(uuid4()), folder)
        self._repository.take(endpoint, group, files)
        for stored in self._repository.groups(endpoint):
            if stored.id == group.id:
                yield from self._finish(endpoint, stored)

    def _finish(self, endpoint: str, group: Group) -> Iterator[Job]:
        """Makes the job of a group, unless somebody else is at it."""
        try:
            sealed = group if group.is_sealed else self._repository.seal(endpoint, group)
            files = self._repository.taken(endpoint, sealed)
            made = self._make_job(endpoint, sealed, files) if files else None
        except PreconditionError:
            return
        except StorageError:
            raise
        except BatchpointError as error:
            self._note_problem(endpoint, group, error)
            return
        if made is not None and made.is_new:
            logger.info("job %s scores %d files of the inbox", made.job.name, len(files))
            yield made.job
        self._repository.close_group(endpoint, sealed)

    def _note_problem(self, endpoint: str, group: Group, error: BatchpointError) -> None:
        if error.message == group.problem:
            return
        logger.warning("files in the inbox of %s cannot be scored: %s", endpoint, error.message)
        for stored in self._repository.groups(endpoint):
            if stored.id == group.id:
                self._repository.seal(endpoint, stored, error.message)

    def _make_job(self, endpoint: str, group: Group, files: Sequence[Arrival]) -> Invoked:
        folder = f"{endpoint}/{group.folder}" if group.folder else endpoint
        prefix = f"{group.folder}/" if group.folder else ""
        place = parse_datastore_uri(str(DatastorePath(INBOX_DATASTORE, folder)))
        selection = [
            PlannedFile(f.name.removeprefix(prefix), f"{endpoint}/{f.name}", f.size, f.etag)
            for f in self._newest(endpoint, files)
        ]
        request = InvokeRequest(
            endpoint,
            InvocationDraft(str(place), job_name=group.id),
            caller=OWNER,
            idempotency_key=f"inbox:{group.id}",
            selection=selection,
        )
        return self._invocations.invoke(request)

    def _newest(self, endpoint: str, files: Sequence[Arrival]) -> Iterator[Arrival]:
        """Of several versions of a file, the one that is there: the others cannot be read."""
        for name, found in groupby(files, lambda file: file.name):
            versions = list(found)
            if len(versions) == 1:
                yield versions[0]
                continue
            info = self._blobs.info(self._options.container, f"{endpoint}/{name}")
            current = info.etag if info else None
            yield max(versions, key=lambda file: (file.etag == current, file.at))


def _split(name: str) -> tuple[str, str]:
    folder, _, file = name.rpartition("/")
    return folder, file
