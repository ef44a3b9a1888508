"""The app's settings, read once from the environment that the host gives it."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
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
from shared.storage.names import StorageNames
from shared.variables import Variables

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """Settings of an installation.

    Attributes:
        storage: How the storage account is reached.
        cores: Cores of this machine, fewer where memory is short: the default of
            `max_concurrency_per_instance`.
        names: What is called how in the storage account.
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
    names: StorageNames
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
        problems = _Problems()
        variables = problems.attempt(lambda: Variables.from_env(environ))
        storage = problems.attempt(lambda: _storage(environ))
        sign_in = problems.attempt(lambda: SignInSettings.from_env(environ))
        host = problems.attempt(lambda: HostLimits.from_env(environ))
        budget = problems.attempt(lambda: _time_budget(host))
        allowed = problems.attempt(lambda: AllowedHosts.read(environ.get(ALLOWED_HOSTS, "")))
        names = problems.attempt(lambda: StorageNames.from_env(environ))
        source = problems.attempt(lambda: _inbox_source(variables, environ))
        if problems.found or not (
            variables and storage and host and budget and allowed and names and source
        ):
            raise InvalidError("the app's settings are not right: " + "; ".join(problems.found))
        cores, memory = usable_cores(), usable_memory()
        max_scorers = variables.max_scorers or scorers_that_fit(memory, cores * 2)
        expected_scorers = variables.max_scorers or scorers_that_fit(memory, cores)
        scratch = variables.scratch_folder or Path(tempfile.gettempdir()) / "batchpoint"
        return Settings(
            storage=storage,
            cores=scorers_that_fit(memory, cores),
            names=names,
            scratch_folder=Path(scratch),
            max_scorers=-(-max_scorers // host.processes),
            worker_processes=host.processes,
            scorer_idle=timedelta(seconds=variables.scorer_idle_seconds),
            scorer_memory=variables.scorer_memory_mb * 2**20 or memory,
            scorer_processes=variables.scorer_max_processes,
            scorer_file_size=variables.scorer_file_mb * 2**20,
            build_timeout=timedelta(seconds=variables.build_timeout_seconds),
            url_lifetime=timedelta(minutes=variables.url_lifetime_minutes),
            public=PublicLimits(
                # Read without credentials, its own storage shows what it shows to anybody.
                allowed.plus(urlsplit(storage.blob_endpoint).netloc),
                variables.url_input_max_mb * 2**20,
                variables.url_input_seconds,
            ),
            public_url=variables.public_url.rstrip("/"),
            sign_in=sign_in,
            watchdog_schedule=variables.watchdog_schedule,
            watchdog_grace=timedelta(seconds=variables.watchdog_grace_seconds),
            time_budget=budget,
            retention=_retention(variables),
            housekeeping_schedule=variables.housekeeping_schedule,
            inbox=_inbox(variables, names, source),
            scheduler_schedule=variables.scheduler_schedule,
            webhook_schedule=variables.webhook_schedule,
            allowed_hosts=allowed,
            one_host=not runs_in_azure(environ),
            warnings=host.warnings(expected_scorers),
        )


def _storage(environ: Mapping[str, str]) -> StorageConnection:
    storage = StorageConnection.from_settings(environ)
    if storage.account_key and runs_in_azure(environ):
        raise InvalidError(
            "AzureWebJobsStorage holds an account key, which is for the emulator; in Azure set "
            "AzureWebJobsStorage__accountName and give the app's identity access"
        )
    return storage


def _time_budget(host: HostLimits | None) -> TimeBudget:
    budget = TimeBudget(host.function_timeout if host else None)
    if budget.most_run_seconds is not None and budget.most_run_seconds <= 0:
        raise InvalidError(f"{FUNCTION_TIMEOUT} leaves no time for a run()")
    return budget


def _retention(variables: Variables) -> Retention:
    return Retention(
        records=variables.keep_records_days,
        logs=variables.keep_logs_days,
        jobs=variables.keep_jobs_days,
        uploads=variables.keep_uploads_days,
        history=variables.keep_history_days,
    )


def _inbox_source(variables: Variables | None, environ: Mapping[str, str]) -> InboxSource:
    # https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#considerations
    is_flex = environ.get("WEBSITE_SKU") == "FlexConsumption"
    source = variables.inbox_source if variables else None
    if is_flex and source is InboxSource.POLLING:
        raise InvalidError(
            "BATCHPOINT_INBOX_SOURCE is 'polling', which the plan Flex Consumption does not have; "
            "set it to eventgrid or off"
        )
    return source or (InboxSource.EVENT_GRID if is_flex else InboxSource.POLLING)


def _inbox(variables: Variables, names: StorageNames, source: InboxSource) -> InboxOptions:
    folder_wait = variables.inbox_folder_wait_minutes
    return InboxOptions(
        container=names.inbox_container,
        queue=names.inbox_queue,
        source=source,
        schedule=variables.inbox_schedule,
        quiet=timedelta(seconds=variables.inbox_quiet_seconds),
        longest=timedelta(seconds=variables.inbox_longest_wait_seconds),
        folder_wait=timedelta(minutes=folder_wait) if folder_wait else None,
    )


class _Problems:
    """Gathers what is wrong with the settings."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def attempt(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except BatchpointError as error:
            self.found.append(error.message)
            return None
