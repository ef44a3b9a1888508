"""Assets, datastores and computes as the documents that the API answers."""

from dataclasses import asdict

from shared.assets.model import Resource
from shared.uris import shown_uri

Document = dict[str, object]


def resource_document(resource: Resource) -> Document:
    """A resource with the keys of its YAML form, its id and when it was created."""
    created_at = resource.created_at
    document = asdict(resource)
    if isinstance(document.get("path"), str):
        document["path"] = shown_uri(document["path"])
    return {
        "id": resource.reference,
        **document,
        "created_at": created_at.isoformat() if created_at else None,
    }
