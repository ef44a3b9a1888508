"""Names of the folders that uploads are put into."""

import hashlib

from shared.principal import Principal, Role

UPLOAD_FOLDER = "LocalUpload"


def upload_name(upload_id: str, caller: Principal) -> str:
    """The folder of an upload among the uploads.

    Models and code come from contributors' uploads. An invoker has a folder of their own, so that
    nobody who may only bring inputs can add a file to somebody else's model.
    """
    if caller.may(Role.CONTRIBUTOR):
        return upload_id
    owner = hashlib.sha256(f"{caller.tenant}/{caller.id}".encode()).hexdigest()[:32]
    return f"by-{owner}-{upload_id}"
