"""Contract of the repository of schedules on every TableStore; a subclass gives `tables`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import ConflictError, PreconditionError
from shared.principal import Creator, PrincipalKind
from shared.schedules.cron import CronTrigger
from shared.schedules.model import PendingRun, RunOutcome, Schedule, ScheduleRun, ScheduleState
from shared.schedules.repository import ScheduleRepository
from shared.storage.ports import TableStore

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
STATE = ScheduleState(NOON + timedelta(hours=1))


def make_schedule(name: str = "nightly", endpoint: str = "Taxi") -> Schedule:
    return Schedule(
        name=name,
        endpoint_name=endpoint,
        id="1",
        endpoint_made=NOON,
        trigger=CronTrigger("0 2 * * *", "Europe/Berlin", NOON),
        create_job={"properties": {"miniBatchSize": 3, "dataset": {"path": "ü/${{x}}"}}},
        created_by=Creator("user-1", "tenant", "Ada", PrincipalKind.USER),
        created_at=NOON,
        updated_at=NOON,
        tags={"team": "risk"},
        places=("azureml://datastores/a/paths/b",),
    )


class ScheduleRepositoryContract:
    @pytest.fixture
    def schedules(self, tables: TableStore) -> ScheduleRepository:
        return ScheduleRepository(tables)

    def test_comes_back_as_it_was_stored(self, schedules: ScheduleRepository):
        run = ScheduleRun(NOON, NOON, RunOutcome.STARTED, "job", "", 3)
        state = replace(STATE, pending=PendingRun(NOON, NOON), runs=(run,), is_paused=True)
        stored = schedules.create(make_schedule(), state)
        assert schedules.find("taxi", "NIGHTLY") == stored
        assert (stored.schedule, stored.state) == (make_schedule(), state)

    def test_a_name_is_taken_once(self, schedules: ScheduleRepository):
        schedules.create(make_schedule(), STATE)
        with pytest.raises(ConflictError):
            schedules.create(make_schedule("Nightly"), STATE)
        schedules.create(make_schedule(endpoint="other"), STATE)

    def test_only_one_of_two_changes_holds(self, schedules: ScheduleRepository):
        stored = schedules.create(make_schedule(), STATE)
        paused = replace(STATE, is_paused=True)
        changed = schedules.replace(stored, stored.schedule, paused)
        with pytest.raises(PreconditionError, match="'nightly' was changed or deleted"):
            schedules.replace(stored, stored.schedule, STATE)
        assert schedules.find("taxi", "nightly") == changed
        schedules.delete(changed)
        with pytest.raises(PreconditionError):
            schedules.replace(changed, stored.schedule, STATE)

    def test_what_is_not_there(self, schedules: ScheduleRepository):
        assert schedules.find("taxi", "nightly") is None
        assert schedules.list("taxi", limit=5, continuation=None) == ([], None)
        assert list(schedules.waiting()) == []

    def test_lists_page_by_page(self, schedules: ScheduleRepository):
        for name in ("c", "a", "B"):
            schedules.create(make_schedule(name), STATE)
        schedules.create(make_schedule("d", "other"), STATE)
        first, continuation = schedules.list("TAXI", limit=2, continuation=None)
        second, end = schedules.list("TAXI", limit=2, continuation=continuation)
        assert [item.schedule.name for item in [*first, *second]] == ["a", "B", "c"]
        assert end is None
        assert {item.schedule.name for item in schedules.all()} == {"a", "B", "c", "d"}

    def test_those_wait_that_have_something_to_do(self, schedules: ScheduleRepository):
        states = {
            "due": STATE,
            "ended": ScheduleState(None),
            "paused": replace(STATE, is_paused=True),
            "pending": ScheduleState(None, pending=PendingRun(NOON, NOON)),
        }
        for name, state in states.items():
            schedules.create(make_schedule(name), state)
        assert [item.schedule.name for item in schedules.waiting()] == ["due", "pending"]

    def test_an_endpoints_schedules_go_together(self, schedules: ScheduleRepository):
        for endpoint in ("taxi", "other"):
            for name in ("a", "b"):
                schedules.create(make_schedule(name, endpoint), STATE)
        schedules.delete_all("Taxi")
        assert [item.schedule.endpoint_name for item in schedules.all()] == ["other", "other"]
        stored = schedules.find("other", "a")
        assert stored is not None
        schedules.delete(stored)
        schedules.delete(stored)
        assert [item.schedule.name for item in schedules.all()] == ["b"]
