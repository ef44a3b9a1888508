"""Makes one deployment ready to score: builds its environment.

Lifecycle: build_environment, again after a pause where the package index does not answer ->
finish_provisioning.
"""

from datetime import timedelta
from typing import Any, cast

import azure.durable_functions as df

from orchestrators.calls import Orchestration, call, told
from shared.endpoints.provisioning_work import (
    BUILD_ENVIRONMENT,
    FINISH_PROVISIONING,
    BuiltEnvironment,
    ProvisioningEnd,
    ProvisioningWork,
)

# Seconds before each further try at a package index that does not answer.
_PAUSES = (15, 60)


def provision_deployment(context: df.DurableOrchestrationContext) -> Orchestration:
    """Provisions one revision of a deployment.

    Returns:
        The deployment's state; None where it was changed or deleted meanwhile.
    """
    work = ProvisioningWork.read(cast("dict[str, Any]", context.get_input()))
    error: str | None = None
    try:
        answer = yield from call(context, BUILD_ENVIRONMENT, work)
        for pause in _PAUSES:
            if not BuiltEnvironment.read(answer).retry:
                break
            yield context.create_timer(context.current_utc_datetime + timedelta(seconds=pause))
            answer = yield from call(context, BUILD_ENVIRONMENT, work)
        error = BuiltEnvironment.read(answer).error
    except Exception as failure:  # noqa: BLE001 - whatever gave up, the deployment must not wait
        error = f"the building was given up: {told(failure)['message']}"
    ending = ProvisioningEnd(work.payload(), error)
    state = yield from call(context, FINISH_PROVISIONING, ending)
    return state
