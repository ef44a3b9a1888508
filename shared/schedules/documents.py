"""Turns the documents that users write into schedules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.documents.addressed import check_addressed
from shared.documents.validation import invalid, validate
from shared.errors import ErrorDetail
from shared.schedules.cron import CronTrigger, check_expression
from shared.schedules.model import CREATE_JOB, MissedRuns
from shared.schedules.time_zones import time_zone_name

Document = Mapping[str, Any]


@dataclass(frozen=True)
class ScheduleForm:
    """A schedule as its document has it; see `Schedule` for the meaning."""

    trigger: CronTrigger
    create_job: Document
    missed: MissedRuns
    deployment_name: str | None
    display_name: str
    description: str
    tags: Mapping[str, str]


def read_schedule(document: Document, *, name: str, endpoint: str) -> ScheduleForm:
    """Reads a schedule's YAML form.

    Args:
        document: The form.
        name: What it is addressed as; a name in it must be this one.
        endpoint: The endpoint that it is for; one in it must be this one.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "schedule.json")
    check_addressed(document, name=name, endpoint=endpoint)
    if any(key.lower() == "name" for key in document[CREATE_JOB]):
        reason = "must be left out: each job of a schedule gets a name of its own"
        raise invalid([ErrorDetail(reason, f"{CREATE_JOB}.name")])
    return ScheduleForm(
        trigger=_trigger(document["trigger"]),
        create_job=dict(document[CREATE_JOB]),
        missed=MissedRuns(document.get("missed", MissedRuns.ONCE)),
        deployment_name=document.get("deployment_name"),
        display_name=document.get("display_name", ""),
        description=document.get("description", ""),
        tags=dict(document.get("tags", {})),
    )


def _trigger(given: Document) -> CronTrigger:
    zone = time_zone_name(given.get("time_zone", "UTC"), target="trigger.time_zone")
    trigger = CronTrigger(
        check_expression(given["expression"], target="trigger.expression"),
        zone,
        _time(given.get("start_time"), zone, "trigger.start_time"),
        _time(given.get("end_time"), zone, "trigger.end_time"),
    )
    if trigger.start_time and trigger.end_time and trigger.end_time <= trigger.start_time:
        raise invalid([ErrorDetail("must be after start_time", "trigger.end_time")])
    return trigger


def _time(text: str | None, zone: str, target: str) -> datetime | None:
    """A time in UTC; one without an offset is meant as the clocks of a zone show it."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        reason = f"'{text}' is no time; write one such as 2026-07-10T10:00:00"
        raise invalid([ErrorDetail(reason, target)]) from None
