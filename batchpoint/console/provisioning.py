"""Waits on the terminal until deployments are provisioned, showing how they are built."""

from collections.abc import Sequence

import click

from batchpoint.console.harmless_text import harmless
from batchpoint.console.session import Session
from batchpoint.errors import ApiError, BatchpointError
from batchpoint.models import BuildLog, Deployment

CREATING, FAILED = "Creating", "Failed"


class ProvisioningFailedError(BatchpointError):
    """A deployment cannot score."""


def wait_until_provisioned(
    session: Session, endpoint: str, deployments: Sequence[Deployment]
) -> bool:
    """Waits for those of an endpoint's deployments that are being provisioned.

    Returns:
        Whether there was anything to wait for.

    Raises:
        ProvisioningFailedError: One has failed; what was printed before ends with its log.
    """
    creating = [item["name"] for item in deployments if _state(item) == CREATING]
    for name in creating:
        _wait(session, endpoint, name)
    return bool(creating)


def _state(deployment: Deployment) -> str:
    return deployment.get("provisioning_state", "")


def _wait(session: Session, endpoint: str, name: str) -> None:
    from batchpoint.following import Pace, follow_until  # noqa: PLC0415 - slow to import

    around = session.host
    resource = session.client.deployments
    click.echo(f"Building the environment of the deployment '{name}' ...", err=True)
    printed = 0
    log: BuildLog | None = None
    for log in follow_until(
        lambda: resource.build_log(endpoint, name),
        lambda shown: f"'{name}' is Creating" if shown["provisioning_state"] == CREATING else None,
        Pace(sleep=around.sleep, clock=around.clock),
        lambda reason: click.echo(f"The connection is lost, trying again: {reason}", err=True),
    ):
        lines = log["text"].splitlines()
        for line in lines[printed:]:
            click.echo(harmless(f"  {line}"), err=True)
        printed = max(printed, len(lines))
    if log is not None and log["provisioning_state"] == FAILED:
        raise ProvisioningFailedError(
            f"the deployment '{name}' of '{endpoint}' has failed: {log['provisioning_error']}"
        )


def show_build_log(session: Session, endpoint: str, name: str, lines: int | None) -> None:
    """Prints a deployment's build log, or the end of it."""
    try:
        log = session.client.deployments.build_log(endpoint, name)
    except ApiError as error:
        if not error.lacks_route:
            raise
        raise BatchpointError("this service cannot show build logs yet") from error
    kept = log["text"].splitlines()[-lines if lines else 0 :]
    if session.wants_result:
        session.emit({**log, "text": "\n".join(kept)})
    elif kept:
        click.echo(harmless("\n".join(kept)))
    else:
        click.echo(f"nothing was built for '{name}': {log['provisioning_state']}", err=True)
