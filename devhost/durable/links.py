"""The URLs of the management API that clients are given."""

_OPERATIONS = {
    "sendEventPostUri": "/raiseEvent/{eventName}",
    "terminatePostUri": "/terminate?reason={text}",
    "rewindPostUri": "/rewind?reason={text}",
    "restartPostUri": "/restart",
    "suspendPostUri": "/suspend?reason={text}",
    "resumePostUri": "/resume?reason={text}",
}


def client_links(base: str, instance_id: str) -> dict[str, str]:
    """Gives the URLs for one orchestration, below the API's own URL."""
    instance = f"{base}/instances/{instance_id}"
    return {
        "id": instance_id,
        "statusQueryGetUri": instance,
        "purgeHistoryDeleteUri": instance,
        **{name: instance + path for name, path in _OPERATIONS.items()},
    }
