from tests.contracts.schedule_repository import ScheduleRepositoryContract


class TestSchedulesInAzure(ScheduleRepositoryContract):
    pass
