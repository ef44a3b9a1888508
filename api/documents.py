"""Endpoints, deployments and jobs as the documents that the API answers."""

from dataclasses import asdict
from datetime import datetime
from urllib.parse import quote

from shared.endpoints.deployment_form import deployment_form, settings_form
from shared.endpoints.model import Deployment
from shared.endpoints.provisioning import BuildLogView
from shared.endpoints.repository import StoredEndpoint
from shared.jobs.events import JobEvent
from shared.jobs.model import Job
from shared.jobs.retention import kept_until
from shared.monitoring.job_reader import JobView
from shared.monitoring.logs import LogEntry
from shared.monitoring.partial_results import ScoredMiniBatch
from shared.outputs.files import OutputFile
from shared.uris import shown_uri

Document = dict[str, object]


def endpoint_document(stored: StoredEndpoint, base: str) -> Document:
    """An endpoint with all its deployments."""
    endpoint = stored.endpoint
    url = f"{base}/api/endpoints/{quote(endpoint.name)}"
    states = {str(item.provisioning_state) for item in stored.deployments} - {"Succeeded"}
    return {
        "name": endpoint.name,
        "type": "batch",
        "description": endpoint.description,
        "tags": dict(endpoint.tags),
        "auth_mode": "aad_token",
        "scoring_uri": f"{url}/jobs",
        "provisioning_state": min(states) if states else "Succeeded",
        "traffic": dict(endpoint.traffic),
        "deployments": [deployment_document(item) for item in stored.deployments],
        "created_at": _time(endpoint.created_at),
        "updated_at": _time(endpoint.updated_at),
    }


def deployment_document(deployment: Deployment) -> Document:
    """A deployment with all its settings."""
    return {
        **deployment_form(deployment),
        "provisioning_state": deployment.provisioning_state.value,
        "provisioning_error": deployment.provisioning_error,
        "warnings": list(deployment.warnings),
        "created_at": _time(deployment.created_at),
    }


def build_log_document(view: BuildLogView) -> Document:
    """What was printed while a deployment's environment was built."""
    deployment = view.deployment
    return {
        "endpoint": deployment.endpoint_name,
        "deployment": deployment.name,
        "provisioning_state": deployment.provisioning_state.value,
        "provisioning_error": deployment.provisioning_error,
        "text": view.text,
    }


def job_document(job: Job, base: str) -> Document:
    """What a job is, without its progress."""
    return {
        "name": job.name,
        "endpoint": job.endpoint_name,
        "deployment": job.deployment.name,
        "status": job.status.value,
        "error": asdict(job.error) if job.error else None,
        "model": asdict(job.deployment.model),
        "input": {"uri": shown_uri(job.input_uri)},
        "incremental": asdict(job.incremental) if job.incremental else None,
        "output": {**asdict(job.output), "uri": str(job.output.file)},
        "created_by": asdict(job.created_by) if job.created_by else None,
        "settings": settings_form(job.settings),
        "timing": _timing(job),
        "interactionEndpoints": {"Studio": {"endpoint": studio_url(job, base)}},
    }


def studio_url(job: Job, base: str) -> str:
    """Where a job's page is."""
    return f"{base}/api/studio/#/jobs/{quote(job.name)}"


def job_view_document(view: JobView, base: str) -> Document:
    """A job with its live counts, speed and first errors."""
    job, progress = view.job, view.progress
    counts = progress.counts
    document = job_document(job, base)
    document |= {
        "counts": {
            "files": {
                "total": job.plan.files,
                "scored": counts.files_scored,
                "failed": counts.files_failed,
                **({"skipped": job.plan.skipped} if job.incremental else {}),
            },
            "mini_batches": {
                "total": job.plan.mini_batches,
                "done": counts.mini_batches_done,
                "failed": counts.mini_batches_failed,
                "retried": counts.mini_batches_retried,
            },
            "rows": counts.rows,
            "planning_complete": job.plan.complete,
        },
        "timing": {**_timing(job), "elapsed_seconds": _rounded(progress.elapsed)},
        "rate": {
            "files_per_second": _rounded(progress.files_per_second),
            "rows_per_second": _rounded(progress.rows_per_second),
        },
        "estimated_seconds_left": _rounded(progress.seconds_left),
        "first_errors": [
            {
                "file": error.failure.file,
                "files": error.files,
                "message": error.failure.message,
                "mini_batch": error.mini_batch,
                "attempts": error.attempts,
            }
            for error in view.first_errors
        ],
        "kept_until": {
            "records": _time(kept_until(job, view.retention.records_kept)),
            "logs": _time(kept_until(job, view.retention.logs_kept)),
            "job": _time(kept_until(job, view.retention.jobs_kept)),
        },
    }
    return document


def output_document(file: OutputFile) -> Document:
    """A file that a job wrote."""
    return {"name": file.name, "kind": file.kind.value, "size": file.size, "url": file.url}


def log_document(entry: LogEntry) -> Document:
    """What was printed during one attempt at a mini-batch."""
    return {**asdict(entry), "written_at": _time(entry.written_at)}


def event_document(event: JobEvent) -> Document:
    """Something that happened to a job."""
    return {"at": _time(event.at), "text": event.text}


def scored_document(item: ScoredMiniBatch) -> Document:
    """A mini-batch with the URL of its record, and those of the files that the script wrote."""
    return {
        "mini_batch": item.number,
        "size": item.size,
        "url": item.url,
        "files": [{"name": file.name, "url": file.url} for file in item.files],
    }


def _timing(job: Job) -> Document:
    return {
        "created_at": _time(job.created_at),
        "started_at": _time(job.started_at),
        "ended_at": _time(job.ended_at),
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
