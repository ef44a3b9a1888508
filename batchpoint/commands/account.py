"""`batchpoint account`: access tokens."""

import time

import click

from batchpoint.commands.base import BatchpointGroup
from batchpoint.commands.session import Session

group = BatchpointGroup("account", help="Access tokens for calls of the API without this command.")


@group.command("get-access-token")
@click.option("--resource", help="What the token is for; https://management.azure.com otherwise.")
def get_access_token(session: Session, resource: str | None) -> object:
    """Prints an access token.

    For a local stack, which checks none, it is made up here; for any other service it is that of
    whoever is signed in to Azure.
    """
    from batchpoint.signin import DEFAULT_RESOURCE, is_local, local_token, shown  # noqa: PLC0415

    around = session.surroundings
    if is_local(session.service):
        return shown(local_token(time.time()), around.environment)
    wanted = (resource or DEFAULT_RESOURCE).rstrip("/")
    return shown(around.get_token(wanted), around.environment)
