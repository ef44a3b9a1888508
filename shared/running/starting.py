"""Starts the orchestration of a stored job, from wherever the job was made."""

import logging
from typing import Protocol

from shared.jobs.model import Job
from shared.jobs.work import SCORE_JOB, first_job_work
from shared.messages import Payload

logger = logging.getLogger(__name__)


class OrchestrationClient(Protocol):
    """The part of the durable client that is needed."""

    async def start_new(
        self,
        orchestration_function_name: str,
        instance_id: str | None = None,
        client_input: Payload | None = None,
    ) -> str:
        """Starts an orchestration and gives its instance's id."""
        ...


async def start_job(client: OrchestrationClient, job: Job) -> None:
    """Starts a job's orchestration; if that fails, the watchdog does it later."""
    try:
        await client.start_new(SCORE_JOB, job.instance_id, first_job_work(job))
    except Exception:
        logger.exception("the orchestration of job %s did not start", job.name)
