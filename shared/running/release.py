"""Gives back what an ended job had to itself: its output's place, its room, its input's secret."""

from shared.inputs.url_secrets import InputSignatures
from shared.jobs.model import Job, JobStatus
from shared.outputs.files import Outputs
from shared.running.admission import AdmissionService


class JobRelease:
    """Lets go of what others may have once a job has ended; doing it again changes nothing."""

    def __init__(
        self, outputs: Outputs, admission: AdmissionService, signatures: InputSignatures
    ) -> None:
        self._outputs = outputs
        self._admission = admission
        self._signatures = signatures

    def __call__(self, job: Job) -> None:
        """Releases the job's output and its room on the compute."""
        self._outputs.release(job)
        self._admission.release(job)
        if job.status is JobStatus.COMPLETED:
            # Nothing reads its input any more; any other job may be resumed.
            self._signatures.forget(job.name, job.input_key)
