"""Schedules as the documents that the API answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from api.answers import schedules
from api.documents import creator_document
from shared.jobs.model import Job
from shared.schedules.model import Schedule, ScheduleRun, ScheduleState
from shared.schedules.service import ScheduleView
from shared.uris import shown_uri


def schedule_document(view: ScheduleView) -> schedules.Schedule:
    """A schedule with the keys of its YAML form, and how far it has come."""
    schedule, state = view.schedule, view.state
    return {
        "name": schedule.name,
        "endpoint_name": schedule.endpoint_name,
        "display_name": schedule.display_name,
        "description": schedule.description,
        "tags": dict(schedule.tags),
        "trigger": _trigger(schedule),
        "missed": schedule.missed,
        "deployment_name": schedule.deployment_name,
        "create_job": {key: _shown(item) for key, item in schedule.create_job.items()},
        "created_by": creator_document(schedule.created_by),
        "is_paused": state.is_paused,
        "next_due": None if state.is_paused else _time(_next_due(state)),
        "last_job": _last_job(view.last_job),
        "runs": [_run(run) for run in state.runs],
        "created_at": schedule.created_at.isoformat(),
        "updated_at": schedule.updated_at.isoformat(),
    }


def _shown(value: object) -> object:
    """Returns a user's text without the signatures of web addresses."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {key: _shown(item) for key, item in items}
    if isinstance(value, list):
        return [_shown(item) for item in cast("list[object]", value)]
    return shown_uri(value) if isinstance(value, str) else value


def _trigger(schedule: Schedule) -> schedules.CronTrigger:
    trigger = schedule.trigger
    return {
        "type": "cron",
        "expression": trigger.expression,
        "time_zone": trigger.time_zone,
        "start_time": _time(trigger.start_time),
        "end_time": _time(trigger.end_time),
    }


def _next_due(state: ScheduleState) -> datetime | None:
    return state.next_due if state.pending is None else state.pending.due_at


def _last_job(job: Job | None) -> schedules.LastJob | None:
    return None if job is None else {"name": job.name, "status": job.status}


def _run(run: ScheduleRun) -> schedules.ScheduleRun:
    return {
        "due_at": run.due_at.isoformat(),
        "settled_at": run.at.isoformat(),
        "outcome": run.outcome,
        "job": run.job,
        "message": run.message,
        "count": run.count,
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
