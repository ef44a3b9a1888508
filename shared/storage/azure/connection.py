"""Address and credentials of the storage account, from the settings that Azure Functions reads.

https://learn.microsoft.com/azure/azure-functions/functions-reference#connections
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.errors import ErrorDetail, InvalidError

DEFAULT_SETTING = "AzureWebJobsStorage"

_EMULATOR = {
    "accountname": "devstoreaccount1",
    # The emulator's documented key, public by design:
    # https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
    "accountkey": "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
    "K1SZFPTOtr/KBHBeksoGMGw==",
    "blobendpoint": "http://127.0.0.1:10000/devstoreaccount1",
    "tableendpoint": "http://127.0.0.1:10002/devstoreaccount1",
}
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")


@dataclass(frozen=True)
class StorageConnection:
    """Address of the account, and the identity that uses it.

    Attributes:
        account_name: The storage account.
        blob_endpoint: URL without a trailing slash.
        table_endpoint: URL without a trailing slash.
        account_key: Base64; None to use the app's identity.
        managed_identity: Only the managed identity, rather than whatever identity is found.
        client_id: Of a user-assigned managed identity.
    """

    account_name: str
    blob_endpoint: str
    table_endpoint: str
    account_key: str | None = field(default=None, repr=False)
    managed_identity: bool = False
    client_id: str | None = None

    @classmethod
    def from_settings(
        cls, settings: Mapping[str, str], name: str = DEFAULT_SETTING
    ) -> "StorageConnection":
        """Reads the setting `name`, or those that start with `name__` for an identity.

        Raises:
            InvalidError: With one detail for each setting that is missing or wrong.
        """
        problems: list[ErrorDetail] = []
        if text := settings.get(name, "").strip():
            connection = _from_connection_string(text, name, problems)
        else:
            connection = _from_identity(settings, name, problems)
        if problems:
            summary = " ".join(f"{problem.target}: {problem.message}" for problem in problems)
            raise InvalidError(
                f"the storage connection cannot be used. {summary}", target=name, details=problems
            )
        return connection


def _from_connection_string(text: str, name: str, problems: list[ErrorDetail]) -> StorageConnection:
    values = _parts(text, name, problems)
    if values.get("usedevelopmentstorage", "").lower() == "true":
        values = _EMULATOR
    account = values.get("accountname", "")
    key = values.get("accountkey", "")
    if not account:
        problems.append(ErrorDetail("AccountName is missing.", name))
    if not key:
        problems.append(ErrorDetail("AccountKey is missing; a SAS cannot sign URLs.", name))
    elif not _is_base64(key):
        problems.append(ErrorDetail("AccountKey is not base64.", name))
    blob, table = (
        _endpoint(_service_url(values, service), name, f"{service}endpoint", problems)
        for service in ("blob", "table")
    )
    return StorageConnection(account, blob, table, key)


def _parts(text: str, name: str, problems: list[ErrorDetail]) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, separator, value = part.partition("=")
        if not separator:
            # The part itself may be a piece of a key: not for a message.
            problems.append(ErrorDetail("It must be 'Key=value' pairs with ';' between.", name))
            break
        values[key.strip().lower()] = value.strip()
    return values


def _service_url(values: Mapping[str, str], service: str) -> str:
    if url := values.get(f"{service}endpoint"):
        return url
    protocol = values.get("defaultendpointsprotocol", "https")
    suffix = values.get("endpointsuffix", "core.windows.net")
    return f"{protocol}://{values.get('accountname', '')}.{service}.{suffix}"


def _from_identity(
    settings: Mapping[str, str], name: str, problems: list[ErrorDetail]
) -> StorageConnection:
    account = settings.get(f"{name}__accountName", "").strip()
    urls = {
        service: settings.get(f"{name}__{service}ServiceUri", "").strip()
        for service in ("blob", "table")
    }
    if not account and not any(urls.values()):
        missing = f"neither it nor {name}__accountName is set."
        problems.append(
            ErrorDetail(f"{missing} For the emulator: UseDevelopmentStorage=true", name)
        )
        return StorageConnection("", "", "")
    if account and not _ACCOUNT.fullmatch(account):
        message = "it takes 3 to 24 lower-case letters and digits."
        problems.append(ErrorDetail(message, f"{name}__accountName"))
    for service, url in urls.items():
        default = f"https://{account}.{service}.core.windows.net" if account else ""
        target = f"{name}__{service}ServiceUri"
        urls[service] = _endpoint(url or default, target, "the URL", problems, secure=True)
    account = account or (urlsplit(urls["blob"]).hostname or "").partition(".")[0]
    managed, client_id = _identity(settings, name, problems)
    return StorageConnection(
        account, urls["blob"], urls["table"], managed_identity=managed, client_id=client_id
    )


def _identity(
    settings: Mapping[str, str], name: str, problems: list[ErrorDetail]
) -> tuple[bool, str | None]:
    credential = settings.get(f"{name}__credential", "").strip().lower()
    if credential not in ("", "managedidentity"):
        message = "only 'managedidentity' is known; leave it out for the default identity."
        problems.append(ErrorDetail(message, f"{name}__credential"))
    return credential == "managedidentity", settings.get(f"{name}__clientId", "").strip() or None


def _endpoint(
    url: str, target: str, label: str, problems: list[ErrorDetail], *, secure: bool = False
) -> str:
    schemes = ("https",) if secure else ("http", "https")
    try:
        parts = urlsplit(url)
        valid = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        problems.append(ErrorDetail(f"{label} is missing or not {wanted}.", target))
    return url.rstrip("/")


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False
