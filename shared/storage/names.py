"""The names of the app's tables, containers and queue in its storage account.

In Azure, those that no setting gives end with characters made of the app's name and slot, so that
several apps, and the slots of one, can share an account. Elsewhere each stack has its own storage.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import ErrorDetail, InvalidError
from shared.storage.blob_rules import check_container
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.table_rules import check_table


@dataclass(frozen=True)
class StorageNames:
    """Names in the storage account.

    Attributes:
        table_prefix: Put before the names of the app's tables.
        system_container: Where the app keeps its own records.
        default_container: The container behind the datastore `workspaceblobstore`.
        inbox_container: The container whose files are scored as they land.
        inbox_queue: The queue into which Event Grid delivers what landed there.
    """

    table_prefix: str
    system_container: str
    default_container: str
    inbox_container: str
    inbox_queue: str

    @staticmethod
    def from_env(environ: Mapping[str, str]) -> "StorageNames":
        """Reads the names.

        Raises:
            InvalidError: With one detail for each setting that is wrong.
        """
        suffix = _suffix(environ)
        names = StorageNames(
            environ.get("BATCHPOINT_TABLE_PREFIX") or f"batchpoint{suffix}",
            *(
                environ.get(setting) or (f"{default}-{suffix}" if suffix else default)
                for setting, default in (
                    ("BATCHPOINT_SYSTEM_CONTAINER", SYSTEM_CONTAINER),
                    ("BATCHPOINT_DEFAULT_CONTAINER", "workspaceblobstore"),
                    ("BATCHPOINT_INBOX_CONTAINER", "inbox"),
                    ("BATCHPOINT_INBOX_QUEUE", "inbox-events"),
                )
            ),
        )
        if problems := _problems(names):
            summary = "; ".join(f"{problem.target} {problem.message}" for problem in problems)
            raise InvalidError(summary, details=problems)
        return names


def _suffix(environ: Mapping[str, str]) -> str:
    site, slot = environ.get("WEBSITE_SITE_NAME", ""), environ.get("WEBSITE_SLOT_NAME", "")
    if not site:
        return ""
    app = f"{site}/{slot or 'production'}".lower()
    return hashlib.sha256(app.encode()).hexdigest()[:8]


def _problems(names: StorageNames) -> list[ErrorDetail]:
    problems: list[ErrorDetail] = []
    for setting, name, check in (
        ("BATCHPOINT_TABLE_PREFIX", names.table_prefix, check_table),
        ("BATCHPOINT_SYSTEM_CONTAINER", names.system_container, check_container),
        ("BATCHPOINT_DEFAULT_CONTAINER", names.default_container, check_container),
        ("BATCHPOINT_INBOX_CONTAINER", names.inbox_container, check_container),
        # Queues take the names that containers take.
        ("BATCHPOINT_INBOX_QUEUE", names.inbox_queue, check_container),
    ):
        try:
            check(name)
        except InvalidError as error:
            problems.append(ErrorDetail(f"is wrong: {error.message}", setting))
    if names.inbox_container in {names.default_container, names.system_container, SYSTEM_CONTAINER}:
        message = (
            f"must be a container of its own, not '{names.inbox_container}', as what jobs write "
            "there would be scored"
        )
        problems.append(ErrorDetail(message, "BATCHPOINT_INBOX_CONTAINER"))
    if names.default_container in {names.system_container, SYSTEM_CONTAINER}:
        message = f"must be another container than the app's own '{names.default_container}'"
        problems.append(ErrorDetail(message, "BATCHPOINT_DEFAULT_CONTAINER"))
    return problems
