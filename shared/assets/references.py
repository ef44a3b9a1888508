"""References to registered assets, datastores and computes, as users of Azure ML write them."""

import re
from dataclasses import dataclass

from shared.assets.model import LATEST, ResourceKind
from shared.errors import InvalidError

NAME = re.compile(r"[a-zA-Z0-9][-_.a-zA-Z0-9]{0,254}")
VERSION = re.compile(r"[a-zA-Z0-9][-_.a-zA-Z0-9]{0,29}")
SHORT_FORM = re.compile(r"azureml:(?P<name>[^:@/]+)(?::(?P<version>[^:@/]+)|@(?P<label>[^:@/]+))?")
RESOURCE_ID = re.compile(
    r"(?:azureml:/{0,2})?/?subscriptions/[^/]+/resourcegroups/[^/]+/"
    r"(?:providers/microsoft\.machinelearningservices/)?workspaces/[^/]+/"
    r"(?P<collection>[a-z]+)/(?P<name>[^/]+)"
    r"(?:/versions/(?P<version>[^/]+)|/labels/(?P<label>[^/]+))?/?",
    re.IGNORECASE,
)


# Data assets were called datasets in 2021, and their resource ids still come in both forms.
COLLECTIONS = {
    "models": ResourceKind.MODEL,
    "environments": ResourceKind.ENVIRONMENT,
    "data": ResourceKind.DATA,
    "datasets": ResourceKind.DATA,
    "datastores": ResourceKind.DATASTORE,
    "computes": ResourceKind.COMPUTE,
}


@dataclass(frozen=True)
class Reference:
    """A name and a version; `latest` where none was given, and for what has no versions."""

    name: str
    version: str = LATEST


def name_in(text: str) -> str:
    """Returns the name in `azureml:NAME`, in an Azure resource id, or the text; not checked."""
    return text.rstrip("/").rsplit("/", 1)[-1].removeprefix("azureml:")


def is_reference(text: str) -> bool:
    """True if this looks like a reference to an asset rather than a path or a URI of a place."""
    return RESOURCE_ID.fullmatch(text) is not None or (
        text.startswith("azureml:") and not text.startswith("azureml:/")
    )


def parse_reference(text: str, kind: ResourceKind, *, target: str | None = None) -> Reference:
    """Reads a reference to an asset, a datastore or a compute.

    Args:
        text: `azureml:NAME`, `azureml:NAME:VERSION`, `azureml:NAME@latest`, a full resource id,
            with or without `azureml:` before it; for a datastore or a compute the name alone, too.
        kind: What it has to refer to.
        target: Where it stands in the request, for the error.

    Raises:
        InvalidError: It is none of these, or refers to something else.
    """
    match = SHORT_FORM.fullmatch(text) or RESOURCE_ID.fullmatch(text)
    if match is None:
        if not kind.is_versioned and NAME.fullmatch(text):
            return Reference(text)
        raise _refused(text, kind, f"write {_example(kind)}", target)
    parts = match.groupdict()
    if "collection" in parts and COLLECTIONS.get(parts["collection"].lower()) is not kind:
        raise _refused(text, kind, f"it names one of the {parts['collection']}", target)
    name, version, label = parts["name"], parts["version"], parts["label"]
    if not NAME.fullmatch(name) or (version and not VERSION.fullmatch(version)):
        allowed = "names and versions have letters, digits, '-', '_' and '.'"
        raise _refused(text, kind, allowed, target)
    if not kind.is_versioned and (version or label):
        raise _refused(text, kind, f"it has no versions; write {_example(kind)}", target)
    if label is not None and label != LATEST:
        raise _refused(text, kind, f"the only label is '{LATEST}'", target)
    return Reference(name, version or LATEST)


def _example(kind: ResourceKind) -> str:
    if kind.is_versioned:
        return "azureml:NAME:VERSION, azureml:NAME@latest or the full resource id"
    return "azureml:NAME or the full resource id"


def _refused(text: str, kind: ResourceKind, reason: str, target: str | None) -> InvalidError:
    article = "an" if kind is ResourceKind.ENVIRONMENT else "a"
    return InvalidError(
        f"'{text[:300]}' does not refer to {article} {kind}: {reason}", target=target
    )
