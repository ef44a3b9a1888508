"""The inbox in Table Storage: what landed, what waits, and what was gathered for a job.

The table has a partition for each endpoint, so that transactions move files from state to state:

- `seen:KEY`: a version of a file that was noticed, for good;
- `new:KEY`: one that waits to be scored;
- `group:ID`: files that are being gathered for the job ID; once sealed, nothing is added;
- `take:ID:KEY`: one that the group has;
- `marker:KEY`: a marker whose folder was not gathered yet.

The partition `.endpoints` names the endpoints that ever got a file, as their folders spell them.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.errors import ConflictError, PreconditionError
from shared.inbox.model import Arrival, Marker, MarkerKind
from shared.storage.ports import Entity, Operation, OperationKind, Query, TableStore
from shared.storage.table_rules import MAX_OPERATIONS

TABLE = "inbox"
ENDPOINTS = ".endpoints"
SEEN, NEW, GROUP, TAKE, MARKER = "seen:", "new:", "group:", "take:", "marker:"
FILES_AT_ONCE = 30


@dataclass(frozen=True)
class Waiting:
    """A file that waits, and the version of its entity."""

    arrival: Arrival
    etag: str


@dataclass(frozen=True)
class Group:
    """Files that are gathered for one job.

    Attributes:
        id: The job's name.
        folder: The folder whose marker landed, or None for files without one.
        is_sealed: Whether nothing is added any more.
        problem: Why the job could not be made so far.
        etag: The version of its entity.
    """

    id: str
    folder: str | None
    is_sealed: bool
    problem: str
    etag: str


class InboxRepository:
    """Owner of all queries on the inbox."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables
        self._known: set[str] = set()

    def endpoints(self) -> list[str]:
        """The endpoints that ever got a file."""
        return [entity.row for entity in self._tables.query(TABLE, Query(ENDPOINTS))]

    def add(self, endpoint: str, arrival: Arrival) -> bool:
        """Notes that a version of a file landed; False if it was noted before."""
        self._add_endpoint(endpoint)
        steps = [
            Operation(OperationKind.INSERT, Entity(endpoint, SEEN + arrival.key, {})),
            Operation(OperationKind.INSERT, _arrival_entity(endpoint, NEW, arrival)),
        ]
        return self._succeeds(steps)

    def add_marker(self, endpoint: str, marker: Marker, version: str) -> bool:
        """Notes that a marker landed; False if this version of it was noted before."""
        self._add_endpoint(endpoint)
        key = _folder_key(marker.folder)
        data = {"folder": marker.folder, "kind": marker.kind.value, "at": marker.at}
        steps = [
            Operation(OperationKind.INSERT, Entity(endpoint, SEEN + version, {})),
            Operation(OperationKind.UPSERT, Entity(endpoint, MARKER + key, data)),
        ]
        return self._succeeds(steps)

    def _add_endpoint(self, endpoint: str) -> None:
        """Names an endpoint; once in a process is enough, as it is never taken away."""
        if endpoint not in self._known:
            self._tables.upsert(TABLE, Entity(ENDPOINTS, endpoint, {}))
            self._known.add(endpoint)

    def waiting(self, endpoint: str) -> Iterator[Waiting]:
        """Reads the files that wait."""
        for entity in self._rows(endpoint, NEW):
            yield Waiting(_arrival(entity), entity.etag)

    def markers(self, endpoint: str) -> list[Marker]:
        """Reads the markers whose folders were not gathered yet."""
        return [
            Marker(str(entity.data["folder"]), MarkerKind(str(entity.data["kind"])), _time(entity))
            for entity in self._rows(endpoint, MARKER)
        ]

    def remove_marker(self, endpoint: str, marker: Marker) -> None:
        """Forgets a marker whose folder was gathered."""
        self._tables.delete(TABLE, endpoint, MARKER + _folder_key(marker.folder))

    def open_group(self, endpoint: str, name: str, folder: str | None) -> Group:
        """Starts to gather files for a job of that name."""
        group = Group(name, folder, is_sealed=False, problem="", etag="")
        entity = self._tables.insert(TABLE, _group_entity(endpoint, group))
        return _group(entity)

    def groups(self, endpoint: str) -> list[Group]:
        """Reads the groups whose job was not made yet."""
        return [_group(entity) for entity in self._rows(endpoint, GROUP)]

    def take(self, endpoint: str, group: Group, files: Sequence[Waiting]) -> int:
        """Moves files that wait into a group that is still open; gives how many it got.

        Those that another group took first are left out. Nothing is taken for a group that was
        sealed meanwhile.
        """
        taken = 0
        for start in range(0, len(files), FILES_AT_ONCE):
            part = files[start : start + FILES_AT_ONCE]
            if self._take(endpoint, group.id, part):
                taken += len(part)
                continue
            taken += sum(self._take(endpoint, group.id, [file]) for file in part)
        return taken

    def _take(self, endpoint: str, name: str, files: Sequence[Waiting]) -> bool:
        entity = self._tables.get(TABLE, endpoint, GROUP + name)
        if entity is None or entity.data["sealed"]:
            return False
        steps = [Operation(OperationKind.REPLACE, entity)]
        for file in files:
            row = Entity(endpoint, NEW + file.arrival.key, etag=file.etag)
            steps.append(Operation(OperationKind.DELETE, row))
            taken = _arrival_entity(endpoint, f"{TAKE}{name}:", file.arrival)
            steps.append(Operation(OperationKind.INSERT, taken))
        return self._succeeds(steps)

    def seal(self, endpoint: str, group: Group, problem: str = "") -> Group:
        """Adds nothing more to a group, and notes why its job could not be made.

        Raises:
            PreconditionError: Somebody else changed the group meanwhile.
        """
        sealed = Group(group.id, group.folder, is_sealed=True, problem=problem, etag=group.etag)
        return _group(self._tables.replace(TABLE, _group_entity(endpoint, sealed)))

    def taken(self, endpoint: str, group: Group) -> list[Arrival]:
        """Reads the files of a group, ordered by name."""
        files = (_arrival(entity) for entity in self._rows(endpoint, f"{TAKE}{group.id}:"))
        return sorted(files, key=lambda file: file.name)

    def close_group(self, endpoint: str, group: Group) -> None:
        """Forgets a group whose job was made."""
        rows = [
            Operation(OperationKind.DELETE, entity)
            for entity in self._rows(endpoint, f"{TAKE}{group.id}:")
        ]
        for start in range(0, len(rows), MAX_OPERATIONS):
            self._succeeds(rows[start : start + MAX_OPERATIONS])
        self._tables.delete(TABLE, endpoint, GROUP + group.id)

    def _rows(self, endpoint: str, prefix: str) -> Iterator[Entity]:
        query = Query(endpoint, row_from=prefix, row_before=f"{prefix}~")
        return self._tables.query(TABLE, query)

    def _succeeds(self, steps: Sequence[Operation]) -> bool:
        try:
            self._tables.transact(TABLE, steps)
        except (ConflictError, PreconditionError):
            return False
        return True


def _arrival_entity(endpoint: str, prefix: str, arrival: Arrival) -> Entity:
    data = {
        "name": arrival.name,
        "size": arrival.size,
        "version": arrival.etag,
        "at": arrival.at,
    }
    return Entity(endpoint, prefix + arrival.key, data)


def _arrival(entity: Entity) -> Arrival:
    data = entity.data
    return Arrival(str(data["name"]), int(str(data["size"])), str(data["version"]), _time(entity))


def _group_entity(endpoint: str, group: Group) -> Entity:
    data = {
        "folder": group.folder or "",
        "whole": group.folder is not None,
        "sealed": group.is_sealed,
        "problem": group.problem[:1000],
    }
    return Entity(endpoint, GROUP + group.id, data, group.etag)


def _group(entity: Entity) -> Group:
    data = entity.data
    return Group(
        id=entity.row.removeprefix(GROUP),
        folder=str(data["folder"]) if data["whole"] else None,
        is_sealed=bool(data["sealed"]),
        problem=str(data["problem"]),
        etag=entity.etag,
    )


def _time(entity: Entity) -> datetime:
    moment = entity.data["at"]
    assert isinstance(moment, datetime)  # noqa: S101 - this module wrote it
    return moment


def _folder_key(folder: str) -> str:
    return hashlib.sha256(folder.encode()).hexdigest()
