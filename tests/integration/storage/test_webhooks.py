from dataclasses import replace

from shared.jobs.model import JobError, JobStatus, Notification
from shared.jobs.repository import JobRepository
from tests.contracts.webhook_repository import WebhookRepositoryContract
from tests.unit.factories import START, make_job


class TestWebhooksInAzure(WebhookRepositoryContract):
    pass


def test_what_is_untold_is_found_until_it_is_told(tables):
    jobs = JobRepository(tables)
    error = JobError("Code", "message")
    announcement = Notification("e", JobStatus.FAILED, 1, START, error, ("1", "2"))
    for name in ("a", "b"):
        jobs.create(make_job(name))
    stored = jobs.get("a")
    failed = replace(stored.job, status=JobStatus.FAILED, untold=(announcement,))
    jobs.replace(stored, failed)
    assert list(jobs.untold()) == [failed]
    jobs.replace(jobs.get("a"), replace(failed, untold=()))
    assert list(jobs.untold()) == []
    assert jobs.get("a").job.untold == ()
