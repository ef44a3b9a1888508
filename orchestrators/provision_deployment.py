"""Makes one deployment ready to score: builds its environment.

Lifecycle: build_environment, again after a pause where the package index does not answer ->
finish_provisioning.
"""

from collections.abc import Generator
from datetime import timedelta
from typing import Any, cast

import azure.durable_functions as df

from orchestrators.retries import HOST_RETRIES
from shared.domain.orchestration import BUILD_ENVIRONMENT, FINISH_PROVISIONING, ProvisioningWork

Orchestration = Generator[Any, Any, Any]
# Seconds before each further try at a package index that does not answer.
_PAUSES = (15, 60)


def provision_deployment(context: df.DurableOrchestrationContext) -> Orchestration:
    """Provisions one revision of a deployment.

    Returns:
        The deployment's state; None where it was changed or deleted meanwhile.
    """
    work = ProvisioningWork(**cast("dict[str, Any]", context.get_input()))
    error: str | None = None
    try:
        answer = yield context.call_activity_with_retry(
            BUILD_ENVIRONMENT, HOST_RETRIES, work.payload()
        )
        for pause in _PAUSES:
            if not answer["retry"]:
                break
            yield context.create_timer(context.current_utc_datetime + timedelta(seconds=pause))
            answer = yield context.call_activity_with_retry(
                BUILD_ENVIRONMENT, HOST_RETRIES, work.payload()
            )
        error = answer["error"]
    except Exception as failure:  # noqa: BLE001 - whatever gave up, the deployment must not wait
        error = f"the building was given up: {failure}"
    ending = {"work": work.payload(), "error": error}
    state = yield context.call_activity_with_retry(FINISH_PROVISIONING, HOST_RETRIES, ending)
    return state
