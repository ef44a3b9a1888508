"""The app's settings, read once from the environment that the host gives it."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from shared.endpoints.time_budget import TimeBudget
from shared.errors import BatchpointError, InvalidError
from shared.host_limits import FUNCTION_TIMEOUT, HostLimits
from shared.inbox.options import InboxOptions, InboxSource
from shared.inputs.public_reader import PublicLimits
from shared.jobs.retention import Retention
from shared.machine import scorers_that_fit, usable_cores, usable_memory
from shared.outbound.address_guard import SETTING as ALLOWED_HOSTS
from shared.outbound.address_guard import AllowedHosts
from shared.signin.settings import SignInSettings, runs_in_azure
from shared.storage.azure.connection import StorageConnection
from shared.storage.containers import SYSTEM_CONTAINER

T = TypeVar("T")
C = TypeVar("C", bound=StrEnum)


@dataclass(frozen=True)
class Settings:
    """What may differ between one installation and another.

    Attributes:
        storage: How the storage account is reached.
        cores: Cores of this machine, fewer where memory is short: the default of
            `max_concurrency_per_instance`.
        default_container: The container behind the datastore `workspaceblobstore`.
        table_prefix: Put before the names of the app's tables.
        scratch_folder: Where models are unpacked and scorers work.
        max_scorers: How many scorer processes may live at once, of this worker process.
        worker_processes: How many worker processes share this instance.
        scorer_idle: How long an unused scorer keeps its model loaded.
        scorer_memory: Limit of one process of a scorer in bytes; None sets none.
        scorer_processes: How many processes and threads a scorer may add.
        scorer_file_size: Limit of a file that a scorer writes, in bytes.
        build_timeout: How long building one environment may take.
        url_lifetime: How long upload and download URLs hold.
        public: What reading URLs for callers is bounded by.
        public_url: What links start with; empty takes it from each request.
        watchdog_schedule: When to look for jobs without an orchestration (NCRONTAB).
        watchdog_grace: How old a job must be before its orchestration counts as missing.
        time_budget: How long scoring a mini-batch may take, by the host's `functionTimeout`.
        retention: How long what is kept.
        allowed_hosts: What may be connected to for users though its address is not public.
        webhook_schedule: When to tell webhooks what was not told at once (NCRONTAB).
        scheduler_schedule: When to look for schedules that are due (NCRONTAB).
        housekeeping_schedule: When to remove what is not kept any longer (NCRONTAB).
        sign_in: Whose tokens are taken; None lets nobody in.
        inbox: How files that land in the inbox are heard of and gathered.
        warnings: What does not fit together, but does no harm to results.
        one_host: Whether this process does all of a job's work, as on a laptop; in Azure other
            instances share it.
    """

    storage: StorageConnection = field(repr=False)
    cores: int
    default_container: str
    table_prefix: str
    scratch_folder: Path
    max_scorers: int
    worker_processes: int
    scorer_idle: timedelta
    scorer_memory: int | None
    scorer_processes: int
    scorer_file_size: int
    build_timeout: timedelta
    url_lifetime: timedelta
    public: PublicLimits
    public_url: str
    sign_in: SignInSettings | None
    one_host: bool
    warnings: tuple[str, ...]
    time_budget: TimeBudget
    watchdog_schedule: str
    watchdog_grace: timedelta
    retention: Retention
    housekeeping_schedule: str
    inbox: InboxOptions
    scheduler_schedule: str
    webhook_schedule: str
    allowed_hosts: AllowedHosts

    @staticmethod
    def from_env(environ: Mapping[str, str]) -> "Settings":
        """Reads and checks the settings.

        Raises:
            InvalidError: Naming all settings that are missing or wrong, together.
        """
        reader = _Reader(environ)
        storage = reader.attempt(lambda: StorageConnection.from_settings(environ))
        if storage is not None and storage.account_key and runs_in_azure(environ):
            reader.problems.append(
                "AzureWebJobsStorage holds an account key, which is for the emulator; in Azure set "
                "AzureWebJobsStorage__accountName and give the app's identity access"
            )
        sign_in = reader.attempt(lambda: SignInSettings.from_env(environ))
        cores, machine_memory = usable_cores(), usable_memory()
        fitting = scorers_that_fit(machine_memory, cores * 2)
        scratch = str(Path(tempfile.gettempdir()) / "batchpoint")
        idle = reader.number("BATCHPOINT_SCORER_IDLE_SECONDS", 300, least=1)
        lifetime = reader.number("BATCHPOINT_URL_LIFETIME_MINUTES", 60, least=1)
        max_scorers = reader.number("BATCHPOINT_MAX_SCORERS", fitting, least=1)
        memory = reader.number("BATCHPOINT_SCORER_MEMORY_MB", 0, least=0)
        processes = reader.number("BATCHPOINT_SCORER_MAX_PROCESSES", 4096, least=1)
        file_size = reader.number("BATCHPOINT_SCORER_FILE_MB", 10240, least=1)
        build = reader.number("BATCHPOINT_BUILD_TIMEOUT_SECONDS", 1200, least=1)
        grace = reader.number("BATCHPOINT_WATCHDOG_GRACE_SECONDS", 30, least=1)
        host = reader.attempt(lambda: HostLimits.from_env(environ))
        budget = TimeBudget(host.function_timeout if host else None)
        if budget.most_run_seconds is not None and budget.most_run_seconds <= 0:
            reader.problems.append(f"{FUNCTION_TIMEOUT} leaves no time for a run()")
        retention = _retention(reader)
        allowed = reader.attempt(lambda: AllowedHosts.read(environ.get(ALLOWED_HOSTS, "")))
        megabytes = reader.number("BATCHPOINT_URL_INPUT_MAX_MB", 1024, least=1)
        seconds = reader.number("BATCHPOINT_URL_INPUT_SECONDS", 600, least=1)
        inbox = _inbox(reader)
        if reader.problems or storage is None or allowed is None or host is None:
            raise InvalidError("the app's settings are not right: " + "; ".join(reader.problems))
        return Settings(
            storage=storage,
            cores=scorers_that_fit(machine_memory, cores),
            default_container=reader.text("BATCHPOINT_DEFAULT_CONTAINER", "workspaceblobstore"),
            table_prefix=reader.text("BATCHPOINT_TABLE_PREFIX", "batchpoint"),
            scratch_folder=Path(reader.text("BATCHPOINT_SCRATCH_FOLDER", scratch)),
            max_scorers=-(-max_scorers // host.processes),
            worker_processes=host.processes,
            scorer_idle=timedelta(seconds=idle),
            scorer_memory=memory * 2**20 or machine_memory,
            scorer_processes=processes,
            scorer_file_size=file_size * 2**20,
            build_timeout=timedelta(seconds=build),
            url_lifetime=timedelta(minutes=lifetime),
            public=PublicLimits(
                # Read without credentials, its own storage shows what it shows to anybody.
                allowed.plus(urlsplit(storage.blob_endpoint).netloc),
                megabytes * 2**20,
                seconds,
            ),
            public_url=reader.text("BATCHPOINT_PUBLIC_URL", "").rstrip("/"),
            sign_in=sign_in,
            watchdog_schedule=reader.text("BATCHPOINT_WATCHDOG_SCHEDULE", "*/15 * * * * *"),
            watchdog_grace=timedelta(seconds=grace),
            time_budget=budget,
            retention=retention,
            housekeeping_schedule=reader.text("BATCHPOINT_HOUSEKEEPING_SCHEDULE", "0 10 * * * *"),
            inbox=inbox,
            scheduler_schedule=reader.text("BATCHPOINT_SCHEDULER_SCHEDULE", "0 * * * * *"),
            webhook_schedule=reader.text("BATCHPOINT_WEBHOOK_SCHEDULE", "*/30 * * * * *"),
            allowed_hosts=allowed,
            one_host=not runs_in_azure(environ),
            warnings=host.warnings(
                max_scorers
                if environ.get("BATCHPOINT_MAX_SCORERS")
                else scorers_that_fit(machine_memory, cores)
            ),
        )


def _retention(reader: "_Reader") -> Retention:
    return Retention(
        records=reader.number("BATCHPOINT_KEEP_RECORDS_DAYS", 7, least=0),
        logs=reader.number("BATCHPOINT_KEEP_LOGS_DAYS", 30, least=0),
        jobs=reader.number("BATCHPOINT_KEEP_JOBS_DAYS", 90, least=0),
        uploads=reader.number("BATCHPOINT_KEEP_UPLOADS_DAYS", 30, least=0),
        history=reader.number("BATCHPOINT_KEEP_HISTORY_DAYS", 7, least=0),
    )


def _inbox(reader: "_Reader") -> InboxOptions:
    container = reader.text("BATCHPOINT_INBOX_CONTAINER", "inbox")
    default = reader.text("BATCHPOINT_DEFAULT_CONTAINER", "workspaceblobstore")
    if container in {default, SYSTEM_CONTAINER}:
        reader.problems.append(
            f"BATCHPOINT_INBOX_CONTAINER must be a container of its own, not '{container}', as "
            "what jobs write there would be scored"
        )
    folder_wait = reader.number("BATCHPOINT_INBOX_FOLDER_WAIT_MINUTES", 60, least=0)
    return InboxOptions(
        container=container,
        source=reader.choice("BATCHPOINT_INBOX_SOURCE", InboxSource.POLLING),
        schedule=reader.text("BATCHPOINT_INBOX_SCHEDULE", "*/5 * * * * *"),
        quiet=timedelta(seconds=reader.number("BATCHPOINT_INBOX_QUIET_SECONDS", 10, least=0)),
        longest=timedelta(
            seconds=reader.number("BATCHPOINT_INBOX_LONGEST_WAIT_SECONDS", 300, least=1)
        ),
        folder_wait=timedelta(minutes=folder_wait) if folder_wait else None,
    )


class _Reader:
    """Reads single settings and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name, "") or default

    def number(self, name: str, default: int, *, least: int) -> int:
        text = self._environ.get(name, "")
        if not text:
            return default
        if not text.isdecimal() or int(text) < least:
            self.problems.append(f"{name} must be a whole number from {least} up, not '{text}'")
            return default
        return int(text)

    def choice(self, name: str, default: C) -> C:
        text = self._environ.get(name, "").lower()
        if not text:
            return default
        for value in type(default):
            if value.value.lower() == text:
                return value
        known = ", ".join(value.value for value in type(default))
        self.problems.append(f"{name} must be one of {known}, not '{text}'")
        return default

    def attempt(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except BatchpointError as error:
            self.problems.append(error.message)
            return None
