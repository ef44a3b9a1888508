"""Removes uploads that nothing has referred to for long: models, code and inputs.

Only what was uploaded through the service is known here, and so only that is removed.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, islice

from shared.assets.datastores import Datastores
from shared.assets.upload_names import UPLOAD_FOLDER
from shared.assets.upload_repository import StoredUpload, UploadRepository
from shared.clock import Clock
from shared.errors import NotFoundError
from shared.housekeeping.expired_jobs import ExpiredJobs
from shared.housekeeping.usage import Usage, deployment_places
from shared.jobs.model import Job
from shared.jobs.repository import JobRepository
from shared.storage.bulk_delete import BlobRemover, Budget
from shared.uris import (
    DEFAULT_DATASTORE,
    DatastorePath,
    is_datastore_uri,
    parse_datastore_uri,
)

logger = logging.getLogger(__name__)
AT_ONCE = 100
EVERYTHING = "*"
IN_A_URL = re.compile(rf"/{UPLOAD_FOLDER}/([^/?#]+)")


class UploadUsers:
    """Finds the uploads that deployments, assets and jobs refer to."""

    def __init__(
        self, usage: Usage, jobs: JobRepository, expired_jobs: ExpiredJobs, datastores: Datastores
    ) -> None:
        self._usage = usage
        self._jobs = jobs
        self._expired_jobs = expired_jobs
        self._datastores = datastores

    def used(self) -> frozenset[str]:
        """Ids of the uploads in use; `EVERYTHING` is among them if some may not be told apart."""
        uris = chain((uri for _, uri in self._usage.places()), self._of_jobs())
        return frozenset(upload for uri in uris for upload in self._uploads(uri))

    def _of_jobs(self) -> Iterator[str]:
        """Finds the data of jobs that run or can be resumed, also those without a deployment."""
        for job in chain(self._jobs.active(), self._expired_jobs.resumable()):
            yield from _job_places(job)

    def _uploads(self, uri: str) -> Iterator[str]:
        if not is_datastore_uri(uri):
            yield from IN_A_URL.findall(uri)
            return
        try:
            container, path = self._datastores.locate(parse_datastore_uri(uri))
        except NotFoundError:
            return
        home, folder = self._datastores.locate(DatastorePath(DEFAULT_DATASTORE, UPLOAD_FOLDER))
        parts = path.removeprefix(f"{folder}/").split("/")
        if container == home and path.startswith(f"{folder}/"):
            yield parts[0]
        elif container == home and f"{folder}/".startswith(f"{path}/" if path else ""):
            yield EVERYTHING


class UploadRemoval:
    """The part of housekeeping that looks after uploads."""

    def __init__(
        self,
        uploads: UploadRepository,
        users: UploadUsers,
        datastores: Datastores,
        blobs: BlobRemover,
        keep: timedelta | None,
        clock: Clock,
    ) -> None:
        """`keep` is how long an upload stays that nothing refers to; None is forever."""
        self._uploads = uploads
        self._users = users
        self._datastores = datastores
        self._blobs = blobs
        self._keep = keep
        self._clock = clock

    def run(self, budget: Budget, removed: Counter[str]) -> None:
        """Removes what was not used for long enough, until the budget is spent."""
        if self._keep is None:
            return
        before = self._clock() - self._keep
        used = self._users.used()
        due = (
            upload
            for upload in self._uploads.all()
            if upload.used_at <= before and not {upload.upload_id, EVERYTHING} & used
        )
        while not budget.is_spent and (some := list(islice(due, AT_ONCE))):
            self._remove_some(some, budget, removed)

    def _remove_some(
        self, uploads: list[StoredUpload], budget: Budget, removed: Counter[str]
    ) -> None:
        now = self._clock()
        marked = [self._uploads.start_removal(upload, now) for upload in uploads]
        # Once more: what was referred to until the marks were set is to stay.
        used = self._users.used()
        for upload in filter(None, marked):
            if {upload.upload_id, EVERYTHING} & used:
                self._uploads.stop_removal(upload)
            elif not budget.is_spent:
                self._remove(upload, budget, removed)

    def _remove(self, upload: StoredUpload, budget: Budget, removed: Counter[str]) -> None:
        before = removed["blobs"]
        place = DatastorePath(DEFAULT_DATASTORE, f"{UPLOAD_FOLDER}/{upload.upload_id}")
        container, folder = self._datastores.locate(place)
        if not self._blobs.remove(container, f"{folder}/", budget, removed):
            return
        self._uploads.forget(upload)
        removed["uploads"] += 1
        count = removed["blobs"] - before
        logger.info("removed the upload %s, which nothing used: %d blobs", upload.upload_id, count)


def _job_places(job: Job) -> Iterator[str]:
    yield job.input_uri
    yield from deployment_places(job.deployment)
