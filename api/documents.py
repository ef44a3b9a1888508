"""Endpoints, deployments and jobs as the documents that the API answers."""

from datetime import datetime
from urllib.parse import quote

from api.answers import endpoints, job_contents, jobs
from api.answers.principals import Creator
from shared.endpoints.model import (
    CodeConfiguration,
    Deployment,
    Environment,
    Model,
    ProvisioningState,
)
from shared.endpoints.provisioning import BuildLogView
from shared.endpoints.repository import StoredEndpoint
from shared.endpoints.scoring_settings import ScoringSettings
from shared.jobs.events import JobEvent
from shared.jobs.model import Job
from shared.jobs.retention import kept_until
from shared.monitoring.job_reader import JobView
from shared.monitoring.logs import LogEntry
from shared.monitoring.partial_results import ScoredMiniBatch
from shared.monitoring.progress import FirstError
from shared.outputs.files import OutputFile
from shared.principal import Creator as StoredCreator
from shared.uris import shown_uri


def endpoint_document(stored: StoredEndpoint, base: str) -> endpoints.Endpoint:
    """An endpoint with all its deployments."""
    endpoint = stored.endpoint
    url = f"{base}/api/endpoints/{quote(endpoint.name)}"
    states = {item.provisioning_state for item in stored.deployments}
    states -= {ProvisioningState.SUCCEEDED}
    return {
        "name": endpoint.name,
        "type": "batch",
        "description": endpoint.description,
        "tags": dict(endpoint.tags),
        "auth_mode": "aad_token",
        "scoring_uri": f"{url}/jobs",
        "provisioning_state": min(states) if states else ProvisioningState.SUCCEEDED,
        "traffic": {name: 100 if share else 0 for name, share in endpoint.traffic.items()},
        "deployments": [deployment_document(item) for item in stored.deployments],
        "created_at": endpoint.created_at.isoformat(),
        "updated_at": endpoint.updated_at.isoformat(),
    }


def deployment_document(deployment: Deployment) -> endpoints.Deployment:
    """A deployment with all its settings."""
    code, environment = deployment.code_configuration, deployment.environment
    return {
        "name": deployment.name,
        "endpoint_name": deployment.endpoint_name,
        "type": "batch",
        "description": deployment.description,
        "model": _model(deployment.model),
        "code_configuration": _code(code) if code else None,
        "environment": _environment(environment) if environment else None,
        "environment_variables": dict(deployment.environment_variables),
        **settings_document(deployment.settings),
        "output_file_name": deployment.settings.output_file_name,
        "provisioning_state": deployment.provisioning_state,
        "provisioning_error": deployment.provisioning_error,
        "warnings": list(deployment.warnings),
        "created_at": deployment.created_at.isoformat(),
    }


def settings_document(settings: ScoringSettings) -> endpoints.ScoringSettings:
    """Returns scoring settings, but for the name of the output file."""
    compute, retries = settings.compute, settings.retry_settings
    return {
        "compute": {"target": compute.target, "instance_count": compute.instance_count},
        "max_concurrency_per_instance": settings.max_concurrency_per_instance,
        "mini_batch_size": settings.mini_batch_size,
        "max_file_split_size": _number(settings.max_file_split_size),
        "output_action": settings.output_action,
        "retry_settings": {
            "max_retries": retries.max_retries,
            "timeout": _number(retries.timeout),
        },
        "error_threshold": settings.error_threshold,
        "logging_level": settings.logging_level,
    }


def build_log_document(view: BuildLogView) -> endpoints.BuildLog:
    """Output of the building of a deployment's environment."""
    deployment = view.deployment
    return {
        "endpoint": deployment.endpoint_name,
        "deployment": deployment.name,
        "provisioning_state": deployment.provisioning_state,
        "provisioning_error": deployment.provisioning_error,
        "text": view.text,
    }


def job_document(job: Job, base: str) -> jobs.JobSummary:
    """A job without its progress."""
    error, base_job, output = job.error, job.incremental, job.output
    return {
        "name": job.name,
        "endpoint": job.endpoint_name,
        "deployment": job.deployment.name,
        "status": job.status,
        "error": {"code": error.code, "message": error.message} if error else None,
        "model": _model(job.deployment.model),
        "input": {"uri": shown_uri(job.input_uri)},
        "incremental": {"base": base_job.base, "note": base_job.note} if base_job else None,
        "output": {
            "datastore": output.datastore,
            "path": output.path,
            "file_name": output.file_name,
            "uri": str(output.file),
        },
        "created_by": creator_document(job.created_by) if job.created_by else None,
        "settings": settings_document(job.settings),
        "timing": _timing(job),
        "interactionEndpoints": {"Studio": {"endpoint": studio_url(job, base)}},
    }


def studio_url(job: Job, base: str) -> str:
    """Returns the address of a job's page."""
    return f"{base}/api/studio/#/jobs/{quote(job.name)}"


def job_view_document(view: JobView, base: str) -> jobs.Job:
    """A job with its live counts, speed and first errors."""
    job, progress = view.job, view.progress
    counts = progress.counts
    return {
        **job_document(job, base),
        "counts": {
            "files": _file_counts(view),
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
        "first_errors": [_file_error(error) for error in view.first_errors],
        "kept_until": {
            "records": _time(kept_until(job, view.retention.records_kept)),
            "logs": _time(kept_until(job, view.retention.logs_kept)),
            "job": _time(kept_until(job, view.retention.jobs_kept)),
        },
    }


def output_document(file: OutputFile) -> job_contents.OutputFile:
    """A file that a job wrote."""
    return {"name": file.name, "kind": file.kind, "size": file.size, "url": file.url}


def log_document(entry: LogEntry) -> job_contents.Log:
    """Output of one attempt at a mini-batch."""
    return {
        "name": entry.name,
        "mini_batch": entry.mini_batch,
        "attempt": entry.attempt,
        "written_at": entry.written_at.isoformat(),
        "text": entry.text,
    }


def event_document(event: JobEvent) -> job_contents.JobEvent:
    """Something that happened to a job."""
    return {"at": event.at.isoformat(), "text": event.text}


def scored_document(item: ScoredMiniBatch) -> job_contents.ScoredMiniBatch:
    """A mini-batch with the URL of its record, and those of the files that the script wrote."""
    return {
        "mini_batch": item.number,
        "size": item.size,
        "url": item.url,
        "files": [{"name": file.name, "url": file.url} for file in item.files],
    }


def _file_counts(view: JobView) -> jobs.FileCounts:
    plan, counts = view.job.plan, view.progress.counts
    files: jobs.FileCounts = {
        "total": plan.files,
        "scored": counts.files_scored,
        "failed": counts.files_failed,
    }
    if view.job.incremental:
        files["skipped"] = plan.skipped
    return files


def _file_error(error: FirstError) -> jobs.FileError:
    return {
        "file": error.failure.file,
        "files": error.files,
        "message": error.failure.message,
        "mini_batch": error.mini_batch,
        "attempts": error.attempts,
    }


def _timing(job: Job) -> jobs.JobTiming:
    return {
        "created_at": job.created_at.isoformat(),
        "started_at": _time(job.started_at),
        "ended_at": _time(job.ended_at),
    }


def creator_document(creator: StoredCreator) -> Creator:
    """Returns who made something."""
    return {
        "id": creator.id,
        "tenant": creator.tenant,
        "name": creator.name,
        "kind": creator.kind,
    }


def _model(model: Model) -> endpoints.DeployedModel:
    return {"name": model.name, "version": model.version, "path": model.path}


def _code(code: CodeConfiguration) -> endpoints.CodeConfiguration:
    return {"code": code.code, "scoring_script": code.scoring_script}


def _environment(environment: Environment) -> endpoints.DeployedEnvironment:
    """Returns what the user gave of an environment."""
    found: endpoints.DeployedEnvironment = {}
    if environment.name is not None:
        found["name"] = environment.name
    if environment.version is not None:
        found["version"] = environment.version
    if environment.conda_file is not None:
        found["conda_file"] = dict(environment.conda_file)
    if environment.image is not None:
        found["image"] = environment.image
    return found


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _number(value: float) -> float:
    """Returns a whole number without a point, as it was given."""
    return int(value) if value == int(value) else value
