"""`batchpoint account`: access tokens."""

import click

from batchpoint.console.base import BatchpointGroup
from batchpoint.console.session import Session

group = BatchpointGroup("account", help="Access tokens for calls of the API without this command.")


@group.command("get-access-token")
@click.option(
    "--resource", help="What the token is for; the service, BATCHPOINT_AUDIENCE, otherwise."
)
def get_access_token(session: Session, resource: str | None) -> object:
    """Prints an access token.

    For a local stack it is one of the stack's own issuer; for any other service it is that of
    whoever is signed in to Azure.
    """
    from batchpoint.signin import shown  # noqa: PLC0415 - slow to import

    return shown(session.get_token(resource), session.host.environment)
